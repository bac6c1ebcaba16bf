import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

/**
 * bcrypt_pbkdf, the key derivation of OpenSSH's encrypted key files (PROTOCOL.key, OpenBSD's bcrypt_pbkdf(3)).
 * In plain JavaScript it computes for 0.3 s (16 rounds) to 2 s (100 rounds), so it runs in a thread of its own:
 * the heartbeats of other tunnels go on meanwhile.
 *
 * The thread's program is a string, so that it is the same from dist and from the sources in tests.
 */
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const { pbkdf } = require(workerData.module);
const { passphrase, salt, rounds, length } = workerData;
const out = new Uint8Array(length);
const failed = pbkdf(passphrase, passphrase.length, salt, salt.length, out, length, rounds) !== 0;
parentPort.postMessage(failed ? null : out);
`;

/**
 * Derives `length` bytes. Null where the parameters make no sense (an empty passphrase or salt, no rounds).
 * Rejects when the signal is aborted first.
 */
export function bcryptPbkdf(
  passphrase: Uint8Array,
  salt: Uint8Array,
  rounds: number,
  length: number,
  signal?: AbortSignal,
): Promise<Buffer | null> {
  const module = createRequire(import.meta.url).resolve('bcrypt-pbkdf');
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const worker = new Worker(program, {
      eval: true,
      // The thread needs nothing of ours: no loaders of a test runner, no environment.
      execArgv: [],
      env: {},
      workerData: { module, passphrase, salt, rounds, length },
    });
    const abort = () => {
      reject(signal?.reason);
      void worker.terminate();
    };
    signal?.addEventListener('abort', abort, { once: true });
    worker.once('message', (out: Uint8Array | null) => resolve(out && Buffer.from(out)));
    worker.once('error', reject);
    worker.once('exit', () => {
      signal?.removeEventListener('abort', abort);
      reject(new Error('the thread that derives keys ended without an answer'));
    });
  });
}
