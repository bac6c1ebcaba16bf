/** How far away an address is, by the tools of the system: no raw socket of ours, and no root. */
import { type Hops, hopsFromPing, hopsFromTracepath, hopsFromTraceroute } from '../core/doctor/routehops.js';
import { runProgram } from './base/program.js';

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
