// Starts programs for a process with much memory, whose own fork would take longer than most of them run. One message each:
// { id, words, env } -> { id, code, stdout, stderr }; code null: it did not end by itself.
import { execFile } from 'node:child_process';

process.on('message', ({ id, words: [first, ...words], env }) => {
  const options = {
    env,
    encoding: 'latin1',
    timeout: 30_000,
    killSignal: 'SIGKILL',
    maxBuffer: 16 * 1_024 * 1_024,
  };
  const child = execFile(first, words, options, (error, stdout, stderr) => {
    const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
    process.send({ id, code, stdout, stderr: code === null ? String(error) : stderr });
  });
  child.stdin?.on('error', () => {});
  child.stdin?.end();
});
process.on('disconnect', () => process.exit());
