/**
 * What a tunnel is to do: parsed, completed with defaults, checked, frozen.
 * After this file nothing asks "is it set?" any more.
 */

import type { RequestedSocketOptions } from '../keepalive/socketoptions.js';

/** One end of a forward. `host` '' means every address ("*" in ssh), as in OpenSSH's -L and -R. */
export type Endpoint =
  | { readonly type: 'tcp'; readonly host: string; readonly port: number }
  | { readonly type: 'unix'; readonly path: string };

/** Where a forward's clients go: a fixed endpoint, or wherever each client asks by SOCKS. */
export type Target = Endpoint | { readonly type: 'socks' };

/** Where clients come from. `stdio`: there is one, this process's standard input and output, and the tunnel ends with it. */
export type Listen = Endpoint | { readonly type: 'stdio' };

/** One forward of a tunnel, as it was understood. */
export interface Forward {
  /** The side that listens: `local` this machine (-L, -D, -W), `remote` the server (-R). */
  readonly side: 'local' | 'remote';
  readonly listen: Listen;
  readonly target: Target;
  /** As it was written, with its option: `-L 5432:db:5432`. Names the forward in every message. */
  readonly text: string;
}

/** Where known host keys are and what to do with unknown ones; OpenSSH's words (ssh_config(5)). */
export interface TrustRequest {
  readonly strict: 'yes' | 'accept-new' | 'ask' | 'no';
  /** UserKnownHostsFile, absolute paths; new keys go into the first. */
  readonly userFiles: readonly string[];
  /** GlobalKnownHostsFile, absolute paths. */
  readonly globalFiles: readonly string[];
  /** HashKnownHosts: write new names hashed. */
  readonly hash: boolean;
  /** RevokedHostKeys: an absolute path, and where it stands, as messages say it. Null: none. */
  readonly revoked: { readonly path: string; readonly place: string } | null;
  /** RequiredRSASize, in bits. */
  readonly leastRsaBits: number;
  /** The name keys are looked up by: HostKeyAlias, else the host name lower-cased, as `[name]:port` unless the port is 22. */
  readonly name: string;
}

export interface IdentityFile {
  /** Absolute path of the private key. */
  readonly path: string;
  /** Named by the user (a missing one is warned about) or one of ssh's defaults (a missing one is normal). */
  readonly named: boolean;
}

export type LoginMethod = 'publickey' | 'keyboard-interactive' | 'password';

/** Methods of authentication; OpenSSH's words (ssh_config(5)). */
export interface LoginRequest {
  readonly user: string;
  readonly identityFiles: readonly IdentityFile[];
  readonly identitiesOnly: boolean;
  /** IdentityAgent: a socket path, or a variable's name to look up at each attempt ($SSH_AUTH_SOCK), or no agent. */
  readonly agent: { readonly socket: string } | { readonly variable: string } | null;
  /** Never ask a person for anything. */
  readonly batchMode: boolean;
  /** The server's banner is shown: not with LogLevel QUIET, FATAL or ERROR. */
  readonly showsBanner: boolean;
  /** NumberOfPasswordPrompts. */
  readonly passwordPrompts: number;
  /** What may be tried, in this order: PreferredAuthentications and the switches of each method. */
  readonly methods: readonly LoginMethod[];
  /** PubkeyAcceptedAlgorithms: the signatures a key may make. Null: those that the server takes. */
  readonly keyAlgorithms: readonly string[] | null;
  /** RequiredRSASize, in bits. */
  readonly leastRsaBits: number;
}

/** What to offer in the key exchange, best first. Null: the defaults of ssh2, which hang on the processor. */
export interface AlgorithmRequest {
  readonly kex: readonly string[] | null;
  readonly ciphers: readonly string[] | null;
  readonly macs: readonly string[] | null;
  readonly hostKeys: readonly string[];
  /** Host key algorithms of keys that are known already come first. */
  readonly knownKeysFirst: boolean;
}

/** One word of PermitRemoteOpen. Null: any. */
export interface PermittedTarget {
  readonly host: string | null;
  readonly port: number | null;
}

/** Where a server is. */
export interface Address {
  readonly hostName: string;
  readonly port: number;
  /** AddressFamily: 0 any, 4 inet, 6 inet6. */
  readonly family: 0 | 4 | 6;
  readonly bindAddress: string | null;
}

/** A server on the way: what its own part of the configuration says of it. The keepalive and the times are the tunnel's. */
export interface Hop {
  /** As written: the alias or name. */
  readonly host: string;
  readonly address: Address;
  readonly trust: TrustRequest;
  readonly login: LoginRequest;
  readonly algorithms: AlgorithmRequest;
  /** TCPKeepAlive */
  readonly tcpKeepAlive: boolean;
}

/** The way to the server: straight, by a command, or through other servers. */
export type Route =
  | { readonly type: 'direct' }
  /** ProxyCommand, its tokens expanded. May hold secrets. */
  | { readonly type: 'command'; readonly command: string }
  | {
      readonly type: 'jump';
      /** The outermost first. At least one. */
      readonly hops: readonly Hop[];
      /** The ProxyCommand of the first of them; null: it is reached by TCP. */
      readonly command: string | null;
    };

/** What a tunnel is to do: parsed, completed with defaults, checked. Times in ms. */
export interface Request {
  /** As typed: the alias or name, without user and port. */
  readonly host: string;
  /** What lies between us and the server. */
  readonly route: Route;
  readonly address: Address;
  readonly trust: TrustRequest;
  readonly login: LoginRequest;
  readonly algorithms: AlgorithmRequest;
  readonly forwards: readonly Forward[];
  /** PermitRemoteOpen: where clients of a remote SOCKS forward may connect to. Null: anywhere. */
  readonly permittedTargets: readonly PermittedTarget[] | null;
  /**
   * StreamLocalBindUnlink: a unix socket that is to listen here takes the place of one on which a program listens. Default
   * false. One on which no program listens is always replaced, another kind of file never.
   */
  readonly socketReplace: boolean;
  /** StreamLocalBindMask: the permissions that unix sockets which listen do not have. Default 0o177. */
  readonly socketMask: number;
  readonly keepalive: {
    /** ServerAliveInterval in ms; 0 = no periodic probe. Default 15,000. */
    readonly intervalMs: number;
    /** ServerAliveCountMax; a silent server is given up after intervalMs * (countMax + 1) at the latest. Default 3. */
    readonly countMax: number;
    /** TCPKeepAlive. Default true. */
    readonly tcp: boolean;
  };
  /** Options of the TCP socket to the first server on the way, beyond ssh's. Default: the system's values. */
  readonly socket: RequestedSocketOptions;
  /** ConnectTimeout for each phase (TCP, key exchange, login), not counting a person's answer. Default 10,000 ms. */
  readonly connectTimeoutMs: number;
  /**
   * ExitOnForwardFailure. Default true: the tunnel is up when every forward is there, and a local one that cannot be bound
   * at the first start ends it. False: it is up when each forward has its answer and one is there.
   */
  readonly exitOnForwardFailure: boolean;
  /** ForkAfterAuthentication, which is `holdfast run -f`; a program's tunnel stays in its process. Default false. */
  readonly forkAfterAuthentication: boolean;
  /**
   * A remote forward that the server refuses for 60 s at the first start ends the tunnel: ExitOnForwardFailure yes was set,
   * by an option or in a file, and a person is there to see it. Default false: it is requested until it is granted.
   */
  readonly endOnRefusedRemote: boolean;
  /** No user reads why the tunnel ended: it waits for what may heal by itself. Default false. */
  readonly unattended: boolean;
  /** How long a client waits for a link, from its arrival; 0 = reset at once. Default 30,000 ms. */
  readonly holdMs: number;
  /** Give up after so many failed attempts in a row; null = never. */
  readonly maxAttempts: number | null;
  /** Give up after so long without a working link; null = never. */
  readonly giveUpAfterMs: number | null;
  /** Things the user should know about how the request was understood; one sentence each. */
  readonly notes: readonly string[];
}
