/** Runs once before all tests: brings the parts that live tests need, where this machine lacks them. */
import { fetchParts, lack, programs } from './parts.js';

const ran = 'HOLDFAST_TEST_SETUP';

/** vitest calls it once per project, each time in a fresh module; the environment is what they share. */
export default function setup(): void {
  if (process.env[ran] === String(process.pid)) return;
  process.env[ran] = String(process.pid);
  const say = (line: string) => process.stderr.write(`test set-up: ${line}\n`);
  fetchParts(say);
  const missing = [...programs, 'netns' as const].flatMap((part) => lack(part) ?? []);
  if (missing.length > 0)
    say(`not on this machine: ${missing.join('; ')}. Tests that need them are skipped.`);
}
