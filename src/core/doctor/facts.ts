/** What doctor knows of a machine, a host and the way there. Nothing here is judged. */
import type { Arithmetic } from '../keepalive/arithmetic.js';
import type { Keepalive } from '../keepalive/detection.js';
import type { KernelTimes } from '../keepalive/outlook.js';
import type { PathKnowledge } from '../keepalive/probe/pathmemory.js';
import type { ClientAlive } from '../keepalive/serverkeepalive.js';
import type { FirstStep, NatGuess } from './addresscheck.js';
import type { Banner, Flaw } from './banner.js';
import type { RelayWay } from './relaycommand.js';
import type { Hops } from './routehops.js';

export interface DoctorFacts {
  /** As Node names it: `linux`. */
  readonly system: string;
  readonly isRoot: boolean;
  /** null: this machine alone. */
  readonly host: HostFacts | null;
  readonly kernel: KernelFacts;
  readonly config: ConfigFacts;
  readonly server: DoctorServerFacts;
  /** null: without a host. */
  readonly path: PathFacts | null;
}

/** Whom ssh connects to. */
export interface HostFacts {
  /** As in the query, without user and port. */
  readonly name: string;
  /** Where ssh connects to, as far as its configuration could be read. */
  readonly hostName: string;
  readonly port: number;
}

/** The kernel's TCP times. */
export interface KernelFacts {
  /** `6.18.44`; empty elsewhere than on Linux. */
  readonly release: string;
  /** In force here; null where the system does not say. */
  readonly times: KernelTimes | null;
  /** What this system ships; that of Linux where it is not known. */
  readonly shipped: Keepalive;
  /** Values that are not as shipped, with where each comes from. */
  readonly changed: readonly {
    readonly name: string;
    readonly value: string;
    readonly from: string;
  }[];
  /** Live connections that would never notice a dead peer, and all; null: not available. */
  readonly connections: { readonly all: number; readonly never: number } | null;
}

/** A line that is not what its author believes. */
export interface LintFact {
  readonly code: string;
  /** `file:line`, or the file. */
  readonly at: string;
  readonly sentence: string;
  readonly fix: string;
  /** Can `--fix` do it? */
  readonly mendable: boolean;
}

/** One value and where it comes from: `~/.ssh/config:3`, `default`. */
export interface Sourced<T> {
  readonly value: T;
  readonly from: string;
}

/** What ssh does about a silent server. Times in s, but for those whose names say ms. */
export interface HeartbeatFacts {
  readonly interval: Sourced<number>;
  readonly countMax: Sourced<number>;
  readonly tcpKeepAlive: Sourced<boolean>;
  readonly sum: Arithmetic;
}

/** ssh's configuration for the host; without one, for every host that has nothing of its own. */
export interface ConfigFacts {
  /** As given by -F; null: the usual files. */
  readonly file: string | null;
  readonly lint: readonly LintFact[];
  readonly state:
    | {
        readonly type: 'read';
        readonly heartbeat: HeartbeatFacts;
        /** Forwards that the configuration sets up for the host. */
        readonly forwards: number;
        /** Those of them that bind a port of the server. */
        readonly remoteForwards: number;
        /** Blocks that hang on a command, which is not run: `Match exec "..." (file:line)`. */
        readonly undecided: readonly string[];
      }
    | { readonly type: 'refused'; readonly reasons: readonly string[] }
    | { readonly type: 'unreadable'; readonly reason: string };
}

/** The server, as far as it is seen without a login. */
export interface DoctorServerFacts {
  /** null: no banner was read; behind another server none is. */
  readonly banner: Banner | null;
  readonly flaws: readonly Flaw[];
  /** The sshd_config of this machine, where it is the server's; null: the server is another machine. */
  readonly own: OwnServer | null;
}

/** This machine's own sshd, by its files. */
export interface OwnServer {
  readonly file: string;
  /** The file was named by the caller. */
  readonly named: boolean;
  /** Does something listen at its ports? null: not available. */
  readonly listens: boolean | null;
  readonly state:
    | {
        readonly type: 'read';
        readonly clientAlive: ClientAlive;
        readonly interval: Sourced<number>;
        readonly countMax: Sourced<number>;
        /** TCPKeepAlive: then the kernel ends in the end what ClientAlive does not. */
        readonly tcpKeepAlive: boolean;
        /** What ends or forbids a tunnel whatever the heartbeat: `ChannelTimeout *=5m`. */
        readonly limits: readonly string[];
        readonly lint: readonly LintFact[];
      }
    | { readonly type: 'refused'; readonly reasons: readonly string[] }
    | { readonly type: 'unreadable'; readonly reason: string }
    | { readonly type: 'missing' };
}

/** What came of one TCP connection to the host, without a login. */
export type Contact =
  | { readonly type: 'answered'; readonly roundTripMs: number }
  /** It took the connection and did not name itself. `said`: what it sent instead. */
  | { readonly type: 'mute'; readonly roundTripMs: number; readonly said: string }
  /** `code`: ECONNREFUSED, ETIMEDOUT, ... */
  | { readonly type: 'failed'; readonly code: string }
  | { readonly type: 'no address' }
  | { readonly type: 'skipped'; readonly why: 'offline' | 'ProxyCommand' };

/** The way to the server, as far as it is seen from here. */
export interface PathFacts {
  /** ssh goes through `holdfast relay`; null: it does not. */
  readonly relay: RelayWay | null;
  /** The servers on the way, the first one first; none: straight. */
  readonly through: readonly string[];
  /** Whom the rest is about: the host, or the first server on the way. */
  readonly to: HostFacts;
  /** Tried in turn. */
  readonly addresses: readonly string[];
  readonly contact: Contact;
  /** The banner of `to`; null: none was read. */
  readonly banner: Banner | null;
  readonly local: string | null;
  readonly remote: string | null;
  readonly step: FirstStep | null;
  /** Did the gateway answer for its address on this link? null: not known. */
  readonly gatewayAnswers: boolean | null;
  readonly nat: NatGuess | null;
  /** null: not available. */
  readonly hops: Hops | null;
  /** What `probe`, and tunnels in use, learned of this way in the last month. */
  readonly measured: PathKnowledge;
}
