import { UsageError } from '../command/errors.js';
import { type CommandTable, jsonRow } from '../command/table.js';

export const demoTable = {
  about: 'A tunnel that heals itself, on this machine alone, in half a minute.',
  options: {
    seed: { value: 'N', read: readSeed, help: 'Other times for the faults' },
    json: { ...jsonRow, help: 'One JSON object per line on stdout' },
  },
} as const satisfies CommandTable;

function readSeed(text: string, option: string): number {
  const seed = Number(text);
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(seed)) return seed;
  throw new UsageError(`${option}: ${JSON.stringify(text)} is no whole number`);
}
