import { type Failure, failure } from '../failure.js';
import type { SocketOptions } from '../keepalive/socketoptions.js';
import type { Ask } from '../prompt.js';
import type { Notice } from '../tunnel/notice.js';

/**
 * A forward as ssh writes it after the option: `{ local: '5432:db:5432' }` is `-L 5432:db:5432`. `{ stdio: 'db:5432' }` is
 * `-W`: the standard input and output of this process, which the tunnel takes over and ends with. It stands alone.
 */
export type ForwardOption =
  | { readonly local: string }
  | { readonly remote: string }
  | { readonly dynamic: string }
  | { readonly stdio: string };

/** A value of an ssh option. A list gives an option that ssh takes several times (IdentityFile) several values. */
export type OptionValue = string | number | boolean | readonly string[];

/** What to keep up, and how. */
export interface TunnelOptions extends SocketOptions {
  /** `[user@]host` or `ssh://[user@]host[:port]`, as for ssh; usually a Host of the configuration. */
  readonly host: string;
  /** What to forward. Default: the LocalForward, RemoteForward and DynamicForward lines of the host's configuration. */
  readonly forwards?: readonly ForwardOption[];
  /**
   * Are the forwards of the host's configuration kept up, too? Default: only where `forwards` names none, so that a program
   * gets what it asks for and no listener that a person's own ssh may hold. `holdfast run` says true, as ssh adds them.
   */
  readonly configForwards?: boolean;
  /**
   * Options in ssh's own words, as after `-o`: `{ Port: 2222, ServerAliveInterval: 5 }`. They win over the configuration.
   * Keywords in any case. Those that forbid what holdfast cannot prevent
   * are a failure of kind `usage`; others that it does not honour become a `note`.
   */
  readonly options?: Readonly<Record<string, OptionValue>>;
  /** The configuration file to read instead of the user's and the system's (`-F`); 'none' reads no file. */
  readonly configFile?: string;
  /**
   * `auto`: a heartbeat that fits the path, in place of ServerAliveInterval: 0.8 of what was measured (`probe`) or survived
   * before, 5 s to 5 min, and 15 s as long as nothing is known. Learns from each silence that a link survived or did not, and
   * keeps that in `$XDG_STATE_HOME/holdfast`. ServerAliveCountMax is then at most the one of the configuration.
   */
  readonly interval?: 'auto';
  /** How long a client waits for a working link, from its arrival, in ms; 0 = reset at once. Default 30,000. */
  readonly holdMs?: number;
  /** Give up after so many failed attempts in a row. Default: never. */
  readonly maxAttempts?: number;
  /** Give up after so many ms without a working link. Default: never. */
  readonly giveUpAfterMs?: number;
  /**
   * No user reads why the tunnel ended, as in a service: a login that is refused at the first start is tried again after 1,
   * 5, then every 15 minutes (unless a person answered its questions), and a remote forward is requested until it is granted,
   * also with ExitOnForwardFailure yes. Default false.
   */
  readonly unattended?: boolean;
  /** Commands for `sh -c`, run on each first or renewed `up` and on each `down`; see docs. */
  readonly onUp?: string;
  readonly onDown?: string;
  /** Prompts a person. Default: no prompts, and what would need a person fails. */
  readonly ask?: Ask;
  /** Called with each notice. What it throws does no harm; the first time it becomes a `note`. */
  readonly onNotice?: (notice: Notice) => void;
}

/** What only a program without types can get wrong: no host, or forwards that are none. */
export function shapeFault(options: {
  readonly host?: unknown;
  readonly forwards?: unknown;
}): Failure | null {
  const { host, forwards } = options;
  if (typeof host !== 'string') return wrong('host', host, "want '[user@]host'");
  if (forwards === undefined) return null;
  if (!Array.isArray(forwards)) return wrong('forwards', forwards, `want a list, as in [${example}]`);
  const index = forwards.findIndex((forward) => !isForward(forward));
  return index < 0 ? null : wrong(`forwards[${index}]`, forwards[index], `want ${example} or its like`);
}

const example = "{ local: '5432:db:5432' }";
const forwardNames = ['local', 'remote', 'dynamic', 'stdio'];

function isForward(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const specs = Object.entries(value).filter(([name]) => forwardNames.includes(name));
  return specs.length > 0 && specs.every(([, spec]) => typeof spec === 'string');
}

function wrong(name: string, found: unknown, want: string): Failure {
  return failure('usage', `${name} ${JSON.stringify(found)}: ${want}`);
}
