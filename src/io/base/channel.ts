/** A channel of an SSH connection, as pipes and the transports of inner connections use it. */
import type { Duplex } from 'node:stream';

/** A channel. `close` ends both directions on the wire. */
export interface Channel extends Duplex {
  close(): void;
  /** The other side said that nothing more will come, so what is here is complete. */
  complete(): boolean;
  /** The other side has closed both directions: it is done with what it was sent, too. */
  confirmed(): boolean;
}

/** Room in the queue of the connection's own socket, which all its channels share with its heartbeat. */
export interface Gate {
  full(): boolean;
  /** Calls once there is room again. */
  whenRoom(go: () => void): void;
}
