import type { Bytes } from '../bytes.js';
import { type FileAnswers, type FileNeed, noFileAnswers } from '../resolve/resolveinput.js';
import type { Family } from '../values/canonicaladdress.js';

/** What is known of a connection: `sshd -T -C`. Null: not known, and no Match line with that criterion matches. */
export interface SshdConnection {
  readonly user: Bytes | null;
  readonly host: Bytes | null;
  readonly address: Bytes | null;
  readonly localAddress: Bytes | null;
  /** Must be known where a Match line has it: sshd refuses otherwise. */
  readonly localPort: number | null;
  readonly routingDomain: Bytes | null;
}

/** What `sshd -T -f main -C connection` would be given. All strings are bytes, see `bytesOf`. */
export interface ServerInput {
  readonly main: Bytes;
  readonly connection: SshdConnection;
  readonly facts: ServerFacts;
}

/** What holds for the server's process. */
export interface ServerFacts {
  /** The home of the user that sshd runs as, root's as a rule: `~` in paths. */
  readonly home: Bytes;
  /** Its working directory: relative paths are completed with it. */
  readonly directory: Bytes;
}

/** Something that must be known before the answer is. */
export type ServerNeed =
  | FileNeed
  /** The names of the groups that a user is in, the main one too. */
  | { readonly type: 'groups'; readonly user: Bytes }
  /** The addresses of a name in ListenAddress, in the order of getaddrinfo(3). */
  | { readonly type: 'addresses'; readonly name: Bytes; readonly family: Family }
  /** Is there a network interface of that name? Routing domains are interfaces on Linux. */
  | { readonly type: 'interface'; readonly name: Bytes };

/** What was supplied so far. */
export interface ServerAnswers extends FileAnswers {
  /** Null: there is no such user. */
  readonly groups: ReadonlyMap<Bytes, readonly Bytes[] | null>;
  /** By `nameKey`; empty: not found. */
  readonly addresses: ReadonlyMap<string, readonly Bytes[]>;
  readonly interfaces: ReadonlyMap<Bytes, boolean>;
  /** Files whose text is not what is on the disk, but what sshd makes of it: see `withoutNul`. Absent: none. */
  readonly joined?: ReadonlySet<Bytes>;
}

export const noServerAnswers: ServerAnswers = {
  ...noFileAnswers,
  groups: new Map(),
  addresses: new Map(),
  interfaces: new Map(),
};
