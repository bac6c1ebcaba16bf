import type { Bytes } from '../bytes.js';
import type { Release } from '../keywords/releases.js';
import type { Family } from '../values/canonicaladdress.js';
import type { Environment } from '../values/tokens.js';

/** Which files are read. `usual`: the user's own and the system's; `one`: -F; `none`: -F none. */
export type MainFiles =
  | { readonly type: 'usual'; readonly user: Bytes; readonly system: Bytes }
  | { readonly type: 'one'; readonly path: Bytes }
  | { readonly type: 'none' };

/** What holds for the machine and the user, whatever the host. All strings are bytes. */
export interface ResolveFacts {
  /** The local user's name and number, and the home in the passwd entry. */
  readonly user: Bytes;
  readonly uid: number;
  readonly home: Bytes;
  /** gethostname(2). */
  readonly machine: Bytes;
  /** The SHA-1 digest of bytes in hexadecimal, for the token %C: core has no node:crypto. */
  readonly sha1: (bytes: Bytes) => string;
  readonly env: Environment;
  /** The release whose rules count, one of `knownReleases`. */
  readonly release: Release;
  /** What `ssh -V` prints, up to the comma: it tells Debian's build. Null or absent: its newest, as judged. */
  readonly banner?: Bytes | null;
}

/** What `ssh -G` would be given. All strings are bytes, see `bytesOf`. */
export interface ResolveInput {
  /** As typed, without user and port. */
  readonly host: Bytes;
  /** From `user@` and a port in an ssh URI: they come after `options`. */
  readonly user: Bytes | null;
  readonly port: number | null;
  /** Each as after -o, in order; -p and -l are `Port` and `User`. */
  readonly options: readonly Bytes[];
  readonly files: MainFiles;
  readonly facts: ResolveFacts;
}

/** What is found at a path. `mode`, `uid`: of stat(2), links followed. */
export type FileAnswer =
  | {
      readonly type: 'file' | 'directory';
      /** Every byte one character; empty for a directory. */
      readonly text: Bytes;
      /** What stands on the disk, where `text` is what sshd makes of it. */
      readonly onDisk?: Bytes;
      readonly mode: number;
      readonly uid: number;
      /** Only where the group may write: is the file's owner its group's one member? */
      readonly groupIsPrivate: boolean;
    }
  | { readonly type: 'missing' }
  /** It is there, and cannot be opened: why, for a message. `denied`: for lack of rights; a user with more may read it. */
  | { readonly type: 'unreadable'; readonly reason: string; readonly denied?: true };

/** The exit status of a command; `signal`: it was killed; `not allowed`: it may not run. */
export type CommandAnswer = number | 'signal' | 'not allowed';

/** What a name resolves to: `cname` is the canonical name, null where the resolver gives none. */
export type NameAnswer =
  | { readonly type: 'found'; readonly cname: Bytes | null }
  | { readonly type: 'missing' }
  | { readonly type: 'not allowed' };

export type TextFile = Extract<FileAnswer, { text: Bytes }>;

/** What the files of either side may need to be understood. */
export type FileNeed =
  | { readonly type: 'file'; readonly path: Bytes }
  /** The paths that a pattern matches, sorted by bytes. */
  | { readonly type: 'glob'; readonly pattern: Bytes }
  /** The port of a TCP service. */
  | { readonly type: 'service'; readonly name: Bytes }
  /** The home of another user. */
  | { readonly type: 'home'; readonly user: Bytes };

/** Something that must be known before the answer is. */
export type Need =
  | FileNeed
  | { readonly type: 'command'; readonly command: Bytes }
  | { readonly type: 'name'; readonly name: Bytes; readonly family: Family }
  /** Is there anything at that path? */
  | { readonly type: 'exists'; readonly path: Bytes }
  /** The addresses of the network interfaces that are up, for `Match localnetwork`. */
  | { readonly type: 'addresses' };

/** What was supplied so far for the files of either side. */
export interface FileAnswers {
  readonly files: ReadonlyMap<Bytes, FileAnswer>;
  readonly globs: ReadonlyMap<Bytes, readonly Bytes[]>;
  readonly services: ReadonlyMap<Bytes, number | null>;
  readonly homes: ReadonlyMap<Bytes, Bytes | null>;
}

/** What was supplied so far. */
export interface Answers extends FileAnswers {
  readonly commands: ReadonlyMap<Bytes, CommandAnswer>;
  /** By `nameKey`. */
  readonly names: ReadonlyMap<string, NameAnswer>;
  readonly exists: ReadonlyMap<Bytes, boolean>;
  /** Absent: not known yet. */
  readonly addresses?: readonly Bytes[] | undefined;
}

export function nameKey(name: Bytes, family: Family): string {
  return `${family} ${name}`;
}

export const noFileAnswers: FileAnswers = {
  files: new Map(),
  globs: new Map(),
  services: new Map(),
  homes: new Map(),
};

export const noAnswers: Answers = {
  ...noFileAnswers,
  commands: new Map(),
  names: new Map(),
  exists: new Map(),
};

/** A name that no host has (RFC 2606): what ssh answers for it, it answers for every host that the files do not name. */
export const unnamedHost: Bytes = 'holdfast.invalid';
