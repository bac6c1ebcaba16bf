import type { OpenKey } from '../io/identity/keyfile.js';

/**
 * Keys whose passphrase a person typed, for as long as the process lives, so that a reconnect needs no person.
 * A replaced file has another stamp and needs its passphrase again. Nothing here is ever written anywhere.
 */
export class KeyMemory {
  readonly #keys = new Map<string, { readonly stamp: string; readonly key: OpenKey }>();
  readonly #busy = new Map<string, Promise<unknown>>();

  get(path: string, stamp: string): OpenKey | null {
    const kept = this.#keys.get(path);
    return kept?.stamp === stamp ? kept.key : null;
  }

  keep(path: string, stamp: string, key: OpenKey): void {
    this.#keys.set(path, { stamp, key });
  }

  /** Runs `work` when no other work for this path runs: two tunnels must not ask for one passphrase at once. */
  async alone<T>(path: string, work: () => Promise<T>): Promise<T> {
    for (let busy = this.#busy.get(path); busy; busy = this.#busy.get(path)) await busy;
    const running = work();
    // The next one waits for the end, whatever the result.
    const over = running.then(
      () => {},
      () => {},
    );
    this.#busy.set(path, over);
    try {
      return await running;
    } finally {
      this.#busy.delete(path);
    }
  }
}
