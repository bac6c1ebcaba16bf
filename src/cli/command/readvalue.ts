/** Values of options, read from their texts. */
import { parseTime } from '../../core/times.js';
import { UsageError } from './errors.js';

/** A time as ssh writes it, in s: `600`, `10m`. */
export function readSeconds(text: string, option: string): number {
  const ms = parseTime(text);
  if (ms !== null) return ms / 1_000;
  throw new UsageError(`${option}: ${JSON.stringify(text)} is no time; want as 600, 90s or 10m`);
}

/** A whole number of up to ten digits. */
export function readWhole(text: string, option: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new UsageError(`${option}: ${JSON.stringify(text)} is no whole number`);
}

/** A TCP port, from 1 to 65535. */
export function readPort(text: string, option: string): number {
  const port = readWhole(text, option);
  if (port >= 1 && port <= 65_535) return port;
  throw new UsageError(`${option}: ${port} is out of range; want a number from 1 to 65535`);
}
