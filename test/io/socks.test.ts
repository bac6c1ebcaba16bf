import { once } from 'node:events';
import { createServer as createWeb } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSocksRequest, type SocksFailure, type SocksRequest } from '../../src/io/socks.js';
import { needs, program } from '../support/machine.js';
import { here } from '../support/place.js';

/** A client's stream without a network: what is pushed arrives, what is answered is kept. */
class Line extends Duplex {
  readonly #answers: Buffer[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#answers.push(chunk);
    done();
  }

  get answered(): string {
    return Buffer.concat(this.#answers).toString('hex');
  }
}

const bytes = (...parts: (string | number | readonly number[] | Buffer)[]): Buffer =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part as string | Buffer))),
  );

const hello = [5, 1, 0];
const port80 = [0, 80];
const name5 = (name: string) => bytes([5, 1, 0, 3, name.length], name, port80);

/** Sends the bytes in pieces of a size and gives what came of it. */
async function ask(
  request: Buffer,
  size = request.length,
  line = new Line(),
): Promise<SocksRequest | SocksFailure> {
  const result = readSocksRequest(line);
  for (let at = 0; at < request.length; at += size) line.push(request.subarray(at, at + size));
  return await result;
}

const requests: [string, Buffer, string][] = [
  ['4', bytes([4, 1], port80, [192, 0, 2, 7], 'me', 0), '192.0.2.7:80'],
  ['4 without a user', bytes([4, 1, 1, 0, 127, 0, 0, 1, 0]), '127.0.0.1:256'],
  ['4 to 0.0.0.0, which marks no name', bytes([4, 1], port80, [0, 0, 0, 0, 0]), '0.0.0.0:80'],
  ['4a', bytes([4, 1], port80, [0, 0, 0, 1], 'me', 0, 'db.example', 0), 'db.example:80'],
  ['5, IPv4', bytes(hello, [5, 1, 0, 1, 192, 0, 2, 7], port80), '192.0.2.7:80'],
  ['5, a name', bytes(hello, name5('db.example')), 'db.example:80'],
  ['5, a long name', bytes(hello, name5('n'.repeat(255))), `${'n'.repeat(255)}:80`],
  ['5, several methods', bytes([5, 3, 1, 2, 0], name5('db')), 'db:80'],
  [
    '5, IPv6',
    bytes(hello, [5, 1, 0, 4, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], [1, 187]),
    '2001:db8::1:443',
  ],
  [
    '5, IPv4 in IPv6',
    bytes(hello, [5, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 1, 2, 3, 4], port80),
    '::ffff:1.2.3.4:80',
  ],
];

describe('a request of SOCKS', () => {
  it.each(requests)(
    '%s, at once and byte by byte, with and without data behind it',
    async (_, request, target) => {
      for (const data of ['', '\0GET / HTTP/1.1']) {
        const whole = Buffer.concat([request, Buffer.from(data)]);
        for (const size of [whole.length, 1, 3]) {
          const line = new Line();
          const result = await ask(whole, size, line);
          if (!result.ok) throw new Error(result.message);
          expect(`${result.host}:${result.port}`).toBe(target);
          // The greeting of SOCKS 5 is answered, and nothing is granted yet.
          expect(line.answered).toBe(request[0] === 5 ? '0500' : '');
          expect(line.isPaused()).toBe(true);
          const later = await drain(line);
          expect(Buffer.concat([result.rest, later]).toString()).toBe(data);
        }
      }
    },
  );

  it('leaves no listener on the stream', async () => {
    const line = new Line();
    const before = line.eventNames();
    await ask(bytes(hello, name5('db')), 4, line);
    expect(line.eventNames()).toEqual(before);
  });

  it('waits for the client, who may take its time', async () => {
    const line = new Line();
    let settled = false;
    const result = readSocksRequest(line).finally(() => (settled = true));
    const request = bytes(hello, name5('db'));
    for (const byte of request.subarray(0, -1)) {
      line.push(Buffer.from([byte]));
      await new Promise(setImmediate);
      expect(settled).toBe(false);
    }
    line.push(request.subarray(-1));
    expect(await result).toMatchObject({ ok: true, host: 'db', port: 80 });
  });
});

/** What the stream still holds: a paused stream keeps what came after the request. */
async function drain(line: Line): Promise<Buffer> {
  line.push(null);
  const chunks: Buffer[] = [];
  for await (const chunk of line) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('the answers', () => {
  const four = (code: number) => `00${code.toString(16)}000000000000`;
  const five = (code: number) => `050${code}0001000000000000`;

  it.each([
    [1, 2],
    [2, 5],
    [3, 7],
    [4, 1],
    ['ECONNREFUSED', 5],
    ['EHOSTUNREACH', 4],
    ['ENETUNREACH', 3],
    ['ETIMEDOUT', 4],
    ['ENOTFOUND', 4],
    ['EACCES', 2],
    ['EPIPE', 1],
    [99, 1],
    ['constructor', 1],
  ])('a refusal for %j is %i in SOCKS 5', async (reason, code) => {
    const result = await ask(bytes(hello, name5('db')));
    if (!result.ok) throw new Error(result.message);
    expect(result.refused(reason).toString('hex')).toBe(five(code));
    expect(result.granted().toString('hex')).toBe(five(0));
  });

  it('of SOCKS 4 are 90 and 91', async () => {
    const result = await ask(bytes([4, 1], port80, [192, 0, 2, 7, 0]));
    if (!result.ok) throw new Error(result.message);
    expect(result.granted().toString('hex')).toBe(four(90));
    expect(result.refused('ECONNREFUSED').toString('hex')).toBe(four(91));
  });

  it.each([
    ['HTTP', bytes('GET / HTTP/1.1\r\n\r\n'), /first byte is 71, want 4 or 5 \(an HTTP proxy/, ''],
    ['TLS', bytes([22, 3, 1]), /first byte is 22, want 4 or 5$/, ''],
    ['5 with a password only', bytes([5, 1, 2]), /no way without authentication/, '05ff'],
    ['5 with no method', bytes([5, 0]), /no way without authentication/, '05ff'],
    ['5, then 4', bytes(hello, [4, 1, 0, 1, 1, 2, 3, 4], port80), /begins with 5, not with 4/, five(1)],
    ['BIND in 5', bytes(hello, [5, 2, 0, 1, 1, 2, 3, 4], port80), /BIND, only CONNECT/, five(7)],
    ['UDP in 5', bytes(hello, [5, 3, 0, 1, 0, 0, 0, 0], port80), /UDP ASSOCIATE, only CONNECT/, five(7)],
    ['an unknown command', bytes(hello, [5, 0xf0, 0, 3, 1], 'a', port80), /command 240/, five(7)],
    ['an unknown address type', bytes(hello, [5, 1, 0, 2, 1]), /address type 2/, five(8)],
    ['an empty name', bytes(hello, [5, 1, 0, 3, 0], port80), /empty or no text/, five(1)],
    ['a name with a line end', bytes(hello, name5('a\nb')), /empty or no text/, five(1)],
    ['a name with a NUL', bytes(hello, name5('a\0b')), /empty or no text/, five(1)],
    ['a name that is no text', bytes(hello, [5, 1, 0, 3, 1, 0xff], port80), /empty or no text/, five(1)],
    ['BIND in 4', bytes([4, 2], port80, [1, 2, 3, 4, 0]), /BIND, only CONNECT/, four(91)],
    [
      'a user without an end',
      bytes([4, 1], port80, [1, 2, 3, 4], 'u'.repeat(256)),
      /longer than 255/,
      four(91),
    ],
    [
      'a name of 4a without an end',
      bytes([4, 1], port80, [0, 0, 0, 1, 0], 'n'.repeat(256)),
      /longer than 255/,
      four(91),
    ],
    ['an empty name of 4a', bytes([4, 1], port80, [0, 0, 0, 1, 0, 0]), /empty or no text/, four(91)],
  ])('%s is refused', async (_, request, message, farewell) => {
    for (const size of [request.length, 1]) {
      const line = new Line();
      const result = await ask(request, size, line);
      if (result.ok) throw new Error('not refused');
      expect(result.message).toMatch(message);
      expect(result.farewell.toString('hex')).toBe(farewell);
      expect(line.isPaused()).toBe(true);
    }
  });

  it('whatever comes, it ends within the bound or waits, and never throws', async () => {
    const start = fc.constantFrom(bytes([4, 1]), bytes([5, 1, 0, 5, 1, 0]), bytes());
    await fc.assert(
      fc.asyncProperty(
        start,
        fc.uint8Array({ maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        async (head, tail, size) => {
          const line = new Line();
          const whole = Buffer.concat([head, tail]);
          const result = readSocksRequest(line);
          for (let at = 0; at < whole.length; at += size) line.push(whole.subarray(at, at + size));
          line.push(null);
          const { ok } = await result;
          expect(typeof ok).toBe('boolean');
        },
      ),
      { numRuns: 500 },
    );
    // Nothing that grows: 600 bytes of any beginning are either a request or refused.
    for (const head of [
      [4, 1],
      [4, 1, 0, 80, 0, 0, 0, 1],
      [5, 255],
      [5, 1, 0, 5, 1, 0, 3, 255],
    ]) {
      const line = new Line();
      const result = readSocksRequest(line);
      line.push(bytes(head, 'x'.repeat(600)));
      await result;
      line.destroy();
    }
  });
});

describe('a client that leaves', () => {
  it.each([
    ['ends', (line: Line) => line.push(null), /left before/],
    ['is destroyed', (line: Line) => line.destroy(), /left before/],
    ['fails', (line: Line) => line.destroy(new Error('ECONNRESET of it')), /left before.*ECONNRESET of it/],
  ])('%s', async (_, leave, message) => {
    const line = new Line();
    const result = readSocksRequest(line);
    line.push(Buffer.from([5]));
    leave(line);
    expect(await result).toMatchObject({ ok: false, message: expect.stringMatching(message) as string });
  });

  it('before we looked', async () => {
    const line = new Line();
    line.destroy();
    expect(await readSocksRequest(line)).toMatchObject({ ok: false, message: 'the client has left already' });
  });
});

needs('curl').describe('curl', () => {
  const web = createWeb((request, response) => response.end(`web says ${request.url}`));
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  let proxy: Server;

  /** Serves SOCKS in earnest: grants after it has connected, as -D does after the channel is confirmed. */
  async function serve(client: Socket): Promise<void> {
    client.on('error', () => {});
    const request = await readSocksRequest(client);
    if (!request.ok) return void client.end(request.farewell);
    asked.push(`${request.host}:${request.port}`);
    const target = connect({ host: request.host, port: request.port });
    sockets.add(target);
    target.once('error', (error: NodeJS.ErrnoException) => client.end(request.refused(error.code ?? '')));
    target.once('connect', () => {
      client.write(request.granted());
      target.write(request.rest);
      client.pipe(target).pipe(client);
    });
  }

  const portOf = (server: Server) => (server.address() as AddressInfo).port;

  beforeAll(async () => {
    proxy = createServer({ pauseOnConnect: true }, (client) => {
      sockets.add(client);
      void serve(client);
    });
    for (const server of [web, proxy]) await once(server.listen(0, '127.0.0.1'), 'listening');
  });

  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    for (const server of [web, proxy]) await new Promise((resolve) => server.close(resolve));
  });

  const curl = (option: string, url: string) =>
    here.exec(program('curl'), [
      '-sS',
      '-m',
      '10',
      '--noproxy',
      '',
      option,
      `127.0.0.1:${portOf(proxy)}`,
      url,
    ]);

  it.each([
    ['--socks4', '127.0.0.1', '127.0.0.1'],
    ['--socks4a', 'localhost', 'localhost'],
    ['--socks5', '127.0.0.1', '127.0.0.1'],
    ['--socks5-hostname', 'localhost', 'localhost'],
  ])('%s', async (option, host, target) => {
    const { stdout, stderr } = await curl(option, `http://${host}:${portOf(web)}/${option}`);
    expect(stdout || stderr).toBe(`web says /${option}`);
    expect(asked.at(-1)).toBe(`${target}:${portOf(web)}`);
  });

  it('is told when there is no way', async () => {
    const closed = createServer();
    await once(closed.listen(0, '127.0.0.1'), 'listening');
    const port = portOf(closed);
    await new Promise((resolve) => closed.close(resolve));
    // curl has 97 for "the proxy refused", and prints the reply code.
    expect(await curl('--socks5', `http://127.0.0.1:${port}/`)).toMatchObject({
      code: 97,
      stderr: expect.stringMatching(/\(5\)/) as string,
    });
    expect(await curl('--socks4', `http://127.0.0.1:${port}/`)).toMatchObject({
      code: 97,
      stderr: expect.stringMatching(/\(91\)/) as string,
    });
  });
});
