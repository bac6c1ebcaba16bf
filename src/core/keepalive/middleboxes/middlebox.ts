/** Something on the way that forgets, or ends, a connection that was quiet for too long. */
export interface Middlebox {
  /** For the command line, as `config keepalive --behind` takes it. */
  readonly name?: string;
  readonly vendor: string;
  readonly product: string;
  /** How long a connection may be quiet, as shipped, in ms; null: no limit as shipped. */
  readonly idleMs: number | null;
  /**
   * `tcp`: any TCP connection can go through it, ssh too. `http`: only HTTP does, so it matters to tunnels inside HTTP.
   * `reference`: no middlebox on the way of an open connection, a value to compare with.
   */
  readonly concerns: 'tcp' | 'http' | 'reference';
  /** What makes its clock start anew. A heartbeat of ssh is payload, and so a packet too; TCP keepalive is no payload. */
  readonly refreshedBy: 'packet' | 'payload' | 'channel data' | null;
  readonly source: string;
  /** `verified`: the source was read, or the thing was measured; `secondary`: others quote it; `unconfirmed`: neither. */
  readonly confidence: 'verified' | 'secondary' | 'unconfirmed';
}

/** As a table has it: `concerns` and `refreshedBy` are left out where they are `tcp` and `packet`, as in most rows. */
export type MiddleboxRow = Omit<Middlebox, 'concerns' | 'refreshedBy'> &
  Partial<Pick<Middlebox, 'concerns' | 'refreshedBy'>>;
