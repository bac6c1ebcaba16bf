/** A small web server on loopback and a client that asks it, for `holdfast demo`. */
import http from 'node:http';
import { listenOnLoopback } from './base/loopback.js';

export interface Web {
  readonly port: number;
  close(): void;
}

/** Answers `/page/7` with `page 7`. Rejects with the system's error when it cannot listen. */
export async function serveWeb(): Promise<Web> {
  const server = http.createServer((request, response) => {
    response.end(pageOf(Number(/\d+$/.exec(request.url ?? '')?.[0])));
  });
  return {
    port: await listenOnLoopback(server),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function pageOf(number: number): string {
  return `page ${number}\n`;
}

export interface PageResult {
  /** null when the whole page came, else what went wrong. Never rejects; waits as long as it takes. */
  readonly answer: Promise<string | null>;
  /** Ends it; the answer is then that it was ended. */
  end(): void;
}

/** Asks for page `number` on a connection of its own, so that the loss of one connection costs one request. */
export function fetchPage(port: number, number: number): PageResult {
  const request = http.get({ host: '127.0.0.1', port, path: `/page/${number}`, agent: false });
  const answer = new Promise<string | null>((resolve) => {
    request.on('error', (error) => resolve(error.message));
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('error', (error) => resolve(error.message));
      response.on('end', () => resolve(text === pageOf(number) ? null : `got ${JSON.stringify(text)}`));
    });
  });
  return { answer, end: () => void request.destroy(new Error('the caller gave up')) };
}
