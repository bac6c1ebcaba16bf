/** Is a server there: one TCP connection, and what it says before any login? How far away: by the tools of the system. */
import net from 'node:net';
import { type Hops, hopsFromPing, hopsFromTracepath, hopsFromTraceroute } from '../core/doctor/routehops.js';
import { runProgram } from './base/program.js';

export interface Reached {
  readonly remote: string;
  readonly local: string;
  readonly roundTripMs: number;
  /** Its identification, `SSH-2.0-...`; null: none came. */
  readonly banner: string | null;
  /** What came before it, or instead. */
  readonly said: string;
}

export type Reach =
  | { readonly ok: true; readonly reached: Reached }
  | { readonly ok: false; readonly code: string };

export interface ReachOptions {
  readonly address: string;
  readonly port: number;
  readonly bindAddress: string | null;
  readonly now: () => number;
  /** Ends it: as ETIMEDOUT while it connects, and without an identification after that. */
  readonly signal: AbortSignal;
}

/** RFC 4253, 4.2: lines may come before the identification. More than this is no ssh server. */
const maxBytes = 16_384;

/**
 * Connects, waits for the identification and closes. Nothing is sent. sshd logs it as a connection that closed before the
 * login; since 9.8 that counts a second towards PerSourcePenalties, which begin at 15.
 */
export function reach({ address, port, bindAddress, now, signal }: ReachOptions): Promise<Reach> {
  return new Promise((settle) => {
    const beganAt = now();
    const socket = net.connect({
      host: address,
      port,
      ...(bindAddress === null ? {} : { localAddress: bindAddress }),
    });
    let reached: Reached | null = null;
    let text = '';
    const done = (answer: Reach) => {
      signal.removeEventListener('abort', late);
      settle(answer);
      socket.destroy();
    };
    const end = () => {
      if (reached !== null) done({ ok: true, reached: { ...reached, said: text.trim() } });
    };
    const late = () => (reached === null ? done({ ok: false, code: 'ETIMEDOUT' }) : end());
    signal.addEventListener('abort', late, { once: true });
    if (signal.aborted) late();
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (reached === null) done({ ok: false, code: error.code ?? 'EIO' });
      else end();
    });
    socket.once('connect', () => {
      const { localAddress: local = '', remoteAddress: remote = address } = socket;
      reached = { remote, local, roundTripMs: now() - beganAt, banner: null, said: '' };
    });
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const [, said = '', banner] = /^((?:.*\n)*?)(SSH-.*)\r?\n/.exec(text) ?? [];
      if (banner !== undefined && reached !== null) {
        done({ ok: true, reached: { ...reached, banner: banner.trimEnd(), said: said.trim() } });
      } else if (text.length > maxBytes) end();
    });
    socket.once('close', end);
  });
}

/** Each tool has so long; what it printed by then counts. */
const pingMs = 1_500;
const traceMs = 4_000;

/**
 * Asks `ping` for one answer, and else `tracepath` and `traceroute` together. null: none of them is there, or nothing came
 * back in six seconds.
 */
export async function askHops(address: string, system: string): Promise<Hops | null> {
  const one = system === 'win32' ? ['-n', '1', '-w', '1000'] : ['-n', '-c', '1'];
  const echoed = hopsFromPing(await printed('ping', [...one, address], pingMs));
  if (echoed !== null) return echoed;
  const [path, route] = await Promise.all([
    printed('tracepath', ['-n', address], traceMs),
    printed('traceroute', ['-n', '-q', '1', '-w', '1', address], traceMs),
  ]);
  return hopsFromTracepath(path) ?? hopsFromTraceroute(route, address);
}

async function printed(command: string, args: readonly string[], limitMs: number): Promise<string> {
  const { stdout } = await runProgram(command, args, { limitMs, maxBytes: 65_536, encoding: 'utf8' });
  return stdout;
}
