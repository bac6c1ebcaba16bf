/** The configuration, read again while the tunnel is there: it may say otherwise than at the start. */
import { asFailure } from '../core/failure.js';
import type { Request } from '../core/request/request.js';
import { forwardsOf, requestChanges } from '../core/request/requestchanges.js';

export interface RereadingParts {
  readonly read: () => Promise<Request>;
  readonly note: (text: string) => void;
  /** A connection is there, or on its way: what changed is not for this one. */
  readonly connected: () => boolean;
  /** Another request is in force from now on. */
  readonly onChanged: (request: Request) => void;
}

/** The request in force, and how to read it again. */
export class Rereading {
  readonly #parts: RereadingParts;
  #request: Request;
  #forwards: string;
  #fault: string | null = null;
  #running: Promise<Request> | null = null;

  constructor(first: Request, parts: RereadingParts) {
    this.#request = first;
    this.#forwards = forwardsOf(first);
    this.#parts = parts;
  }

  /** The request in force. */
  get request(): Request {
    return this.#request;
  }

  /**
   * Reads it, and says what is different. A configuration that cannot be used leaves the one before in force. The forwards
   * are always those of the start: their listeners are the tunnel's. Never rejects.
   */
  again(): Promise<Request> {
    this.#running ??= this.#read().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #read(): Promise<Request> {
    const { read, note } = this.#parts;
    try {
      this.#take(await read());
      if (this.#fault !== null) note('the configuration can be used again');
      this.#fault = null;
    } catch (thrown) {
      const { message } = asFailure(thrown);
      if (message !== this.#fault) {
        note(`the configuration cannot be used any more, what was read before stays in force: ${message}`);
      }
      this.#fault = message;
    }
    return this.#request;
  }

  #take(fresh: Request): void {
    const { note, connected, onChanged } = this.#parts;
    const changes = requestChanges(this.#request, fresh);
    if (changes.length > 0) {
      const from = connected() ? '; the next connection follows it' : '';
      note(`the configuration has changed: ${changes.join(', ')}${from}`);
    }
    const forwards = forwardsOf(fresh);
    if (forwards !== this.#forwards) {
      note('the forwards of the configuration have changed: they stay as they are until a restart');
    }
    this.#forwards = forwards;
    for (const text of fresh.notes) if (!this.#request.notes.includes(text)) note(text);
    this.#request = { ...fresh, forwards: this.#request.forwards };
    if (changes.length > 0) onChanged(this.#request);
  }
}
