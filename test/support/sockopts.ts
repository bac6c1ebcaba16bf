/** What the kernel says of a TCP socket, asked by perl: somebody else than its holder. */
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { program } from './parts.js';
import { here } from './place.js';

const script = fileURLToPath(new URL('./sockopts.pl', import.meta.url));

export interface KernelSays {
  readonly keepAlive: number;
  readonly idle: number;
  readonly interval: number;
  readonly probes: number;
  readonly userTimeoutMs: number;
  readonly notsentLowat: number;
}

function parse(text: string): KernelSays {
  const [keepAlive = 0, idle = 0, interval = 0, probes = 0, userTimeoutMs = 0, notsentLowat = 0] = text
    .trim()
    .split(' ')
    .map(Number);
  return { keepAlive, idle, interval, probes, userTimeoutMs, notsentLowat };
}

/** Of the first socket of that process whose peer has this port. Root, Linux 5.6 on. */
export async function socketOf(pid: number | undefined, port: number): Promise<KernelSays> {
  return parse(await here.must(program('perl'), [script, String(pid), String(port)]));
}

/** Of a socket of this process. */
export function ofSocket(socket: Socket): Promise<KernelSays> {
  const child = here.spawn(program('perl'), [script], { stdio: [socket, 'pipe', 'inherit'] });
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(parse(said)) : reject(new Error(`perl: ${code}`))));
  });
}
