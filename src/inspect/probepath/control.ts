/** The connection that is never idle: it tells whether the path is up, and makes the server speak on another one. */
import { type Failure, failure } from '../../core/failure.js';
import { clock, pause } from '../../io/clock.js';
import { ChannelRefused, type SshConnection } from '../../io/ssh/session.js';

export interface ControlParts {
  readonly connection: SshConnection;
  readonly beatMs: number;
  readonly graceMs: number;
  /** Called once. Not after `close`. */
  readonly onLost: (why: Failure) => void;
}

/** Whether the server could be made to speak. `gone`: the port has no listener any more. */
export type ControlReached = 'reached' | 'gone' | { readonly refused: string };

/** RFC 4254 section 5.1: SSH_OPEN_ADMINISTRATIVELY_PROHIBITED, as with AllowTcpForwarding no. */
const prohibited = 1;

export class Control {
  readonly #parts: ControlParts;
  #over = false;
  #cancel = () => {};

  constructor(parts: ControlParts) {
    this.#parts = parts;
    parts.connection.onEnded = (why) => this.#lost(why);
    this.#beat();
  }

  /** Asks now. False: no answer within the time, or it is over. */
  async answers(): Promise<boolean> {
    if (this.#over) return false;
    const { connection, graceMs } = this.#parts;
    const requestedAt = clock.now();
    connection.probe(() => {});
    for (let at = requestedAt; at < requestedAt + graceMs && !this.#over; at = clock.now()) {
      if (connection.socketStats().heardAt > requestedAt) return true;
      await pause(lookEveryMs);
    }
    return !this.#over && connection.socketStats().heardAt > requestedAt;
  }

  /** Connects to a port that the server listens on for another connection, so that it speaks there first. */
  async reach(port: number): Promise<ControlReached> {
    try {
      const from = { host: '127.0.0.1', port: 65_535 };
      const channel = await this.#parts.connection.open({ type: 'tcp', host: '127.0.0.1', port }, from);
      channel.on('error', () => {});
      channel.resume();
      channel.close();
      return 'reached';
    } catch (error) {
      if (!(error instanceof ChannelRefused)) throw error;
      return error.reason === prohibited ? { refused: error.message } : 'gone';
    }
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancel();
    this.#parts.connection.disconnect();
  }

  #beat(): void {
    const { beatMs } = this.#parts;
    this.#cancel = clock.wake(clock.now() + beatMs, () => {
      void this.answers().then((alive) => {
        if (this.#over) return;
        if (alive) this.#beat();
        else this.#lost(failure('silent', 'the connection that is never idle was not answered'));
      });
    });
  }

  #lost(why: Failure): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancel();
    this.#parts.connection.reset();
    this.#parts.onLost(why);
  }
}

const lookEveryMs = 50;
