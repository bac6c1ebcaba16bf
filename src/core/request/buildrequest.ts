import { type Failure, failure } from '../failure.js';
import {
  requestedSocketOptions,
  requestedTexts,
  socketFault,
  userTimeoutWarning,
} from '../keepalive/socketoptions.js';
import { loginMethods } from '../login/loginmethods.js';
import { type Bytes, bytesOf, textOf } from '../sshconfig/bytes.js';
import type { ResolvedConfig } from '../sshconfig/resolve/resolvedconfig.js';
import { connectionTokens } from '../sshconfig/resolve/surroundings.js';
import { canonicalAddress } from '../sshconfig/values/canonicaladdress.js';
import { algorithmRequest, userKeyAlgorithms } from './algorithmrequest.js';
import { validUser } from './destination.js';
import {
  agent,
  identityFiles,
  knownHostsFiles,
  type PathContext,
  type Places,
  revokedKeysFile,
} from './filepaths.js';
import { collectForwards } from './forwardlist.js';
import { HostOptions } from './hostoptions.js';
import { permittedTargets } from './remoteopen.js';
import type { Hop, Request, Route } from './request.js';
import { type Jump, type Way, wayOf } from './route.js';
import type { TunnelOptions } from './tunneloptions.js';
import { refusals, unsupportedNote } from './unsupportedoptions.js';

/** What the world says about a request. */
export interface RequestFacts {
  /** What the files and the options say about the host. */
  readonly answer: ResolvedConfig;
  readonly places: Places;
  /** The user here, the default for the user there; '' where it has no name. */
  readonly user: string;
  readonly uid: number;
  /** This machine's own name, for %l and %L. */
  readonly machine: string;
  /** The SHA-1 digest of bytes in hexadecimal, for %C. */
  readonly sha1: (bytes: Bytes) => string;
}

export type RequestResult =
  /** `jump`: what ProxyJump says. Its hops have their own configuration, so the request's route is not whole yet. */
  | { readonly ok: true; readonly request: Request; readonly jump: Jump | null }
  | { readonly ok: false; readonly failure: Failure };

/** Defaults where no option and no file says anything. Times in ms. */
const defaults = {
  intervalMs: 15_000,
  countMax: 3,
  connectTimeoutMs: 10_000,
  holdMs: 30_000,
  passwordPrompts: 3,
  /** SSH_RSA_MINIMUM_MODULUS_SIZE in sshkey.h. */
  leastRsaBits: 1_024,
} as const;

/** ConnectTimeout 0 or none: ssh sets no limit of its own. A day is none in practice. */
const noLimitMs = 86_400_000;

/**
 * From the configuration to the request: what the user set, else our defaults. Pure. Of several mistakes the first is
 * reported. A `hop` forwards nothing itself and is kept alive by the tunnel that goes through it.
 */
export function buildRequest(
  options: TunnelOptions,
  facts: RequestFacts,
  as: 'tunnel' | 'hop' = 'tunnel',
): RequestResult {
  const settings = new HostOptions(facts.answer);
  const notes: string[] = [];

  const host = textOf(facts.answer.host);
  const { hostName } = settings;
  const port = Number(settings.printed('Port')[0] ?? 22);
  const user = settings.printed('User')[0] ?? facts.user;
  const userSetting = settings.given('User');
  if (user === '' && userSetting === null) {
    const want = 'want user@host, or the option User';
    settings.failures.push(
      failure('usage', `${host}: the user ${facts.uid} of this process has no name (passwd): ${want}`),
    );
  } else if (!validUser(user)) {
    const wrong = `${JSON.stringify(user)}: want a name without signs of the shell`;
    settings.failures.push(
      userSetting ? settings.failureOf(userSetting, wrong) : failure('usage', `user ${wrong}`),
    );
  }
  const alias = settings.text('HostKeyAlias');
  const key = alias ?? host;
  const here = { ...facts, home: facts.places.home };

  const context: PathContext = {
    settings,
    tokens: {
      ...connectionTokens(here, { typed: host, host: hostName, port: String(port), user, keyAlias: key }),
      C: here.sha1(bytesOf(`${here.machine}${hostName}${port}${user}`)),
    },
    places: facts.places,
  };
  // ssh has a floor below which the option does not go (SSH_RSA_MINIMUM_MODULUS_SIZE).
  const leastRsaBits = Math.max(
    defaults.leastRsaBits,
    settings.count('RequiredRSASize', defaults.leastRsaBits),
  );
  const way = wayOf(settings, { h: hostName, k: key, n: host, p: String(port), r: user });
  const request: Request = {
    host,
    route: routeOf(way),
    address: {
      hostName,
      port,
      family: settings.choice<0 | 4 | 6>('AddressFamily', { any: 0, inet: 4, inet6: 6 }, 0),
      bindAddress: bindAddressOf(settings),
    },
    trust: {
      strict: settings.choice('StrictHostKeyChecking', strictness, 'ask'),
      userFiles: knownHostsFiles(context, 'UserKnownHostsFile'),
      globalFiles: knownHostsFiles(context, 'GlobalKnownHostsFile'),
      hash: settings.flag('HashKnownHosts', false),
      revoked: revokedKeysFile(context),
      leastRsaBits,
      name: alias ?? (port === 22 ? hostName.toLowerCase() : `[${hostName.toLowerCase()}]:${port}`),
    },
    login: {
      user,
      identityFiles: identityFiles(context),
      identitiesOnly: settings.flag('IdentitiesOnly', false),
      agent: agent(context),
      batchMode: settings.flag('BatchMode', false),
      showsBanner: !/^(?:silent|quiet|fatal|error)$/i.test(settings.printed('LogLevel')[0] ?? ''),
      passwordPrompts: settings.count('NumberOfPasswordPrompts', defaults.passwordPrompts),
      methods: loginMethods(settings),
      keyAlgorithms: userKeyAlgorithms(settings),
      leastRsaBits,
    },
    algorithms: algorithmRequest(settings),
    permittedTargets: permittedTargets(settings),
    socketReplace: settings.flag('StreamLocalBindUnlink', false),
    socketMask: Number.parseInt(settings.printed('StreamLocalBindMask')[0] ?? '0177', 8),
    forwards: as === 'hop' ? [] : collectForwards(host, options, context, notes),
    keepalive: keepaliveOf(settings, as),
    socket: requestedSocketOptions(options),
    connectTimeoutMs: settings.time('ConnectTimeout', 0, defaults.connectTimeoutMs) || noLimitMs,
    forkAfterAuthentication: forksOf(settings, options, notes),
    ...forwardFailure(settings, options),
    ...retryLimits(options),
    notes,
  };
  checkInterval(options, settings);
  checkOwnNumbers(request, options, settings.failures);
  notes.push(...(way.type === 'command' ? commandNotes(request, way.command) : socketNotes(request)));
  settings.failures.push(...refusals(settings));
  const unheard = unsupportedNote(settings);
  if (unheard !== null) notes.push(unheard);

  const [first] = settings.failures;
  if (first) return { ok: false, failure: first };
  const whose = as === 'hop' ? `${host}: ` : '';
  const said = { ...request, notes: notes.map((note) => `${whose}${note}`) };
  return { ok: true, request: frozen(said), jump: way.type === 'jump' ? way.jump : null };
}

/** In the background there is no standard input to forward. */
function forksOf(settings: HostOptions, { forwards = [] }: TunnelOptions, notes: string[]): boolean {
  const option = settings.flag('ForkAfterAuthentication', false);
  const speaks = forwards.some((option) => 'stdio' in option);
  if (option && speaks) notes.push('ForkAfterAuthentication yes does not count with -W');
  return option && !speaks;
}

/** Our default is stricter than ssh's; it ends only what was set to end. */
function forwardFailure(
  settings: HostOptions,
  { unattended = false }: TunnelOptions,
): Pick<Request, 'exitOnForwardFailure' | 'endOnRefusedRemote' | 'unattended'> {
  const exitOnForwardFailure = settings.flag('ExitOnForwardFailure', true);
  const option = exitOnForwardFailure && settings.given('ExitOnForwardFailure') !== null;
  return { exitOnForwardFailure, endOnRefusedRemote: option && !unattended, unattended };
}

/** ssh looks a name up, too; a socket of Node takes addresses alone. */
function bindAddressOf(settings: HostOptions): string | null {
  const given = settings.given('BindAddress');
  const [word = ''] = given?.lines ?? [];
  if (given === null) return null;
  const address = word.includes('%') ? word : canonicalAddress(word, 'any');
  if (address !== null) return address;
  const advice = 'want an address of this machine, as in 192.0.2.1';
  settings.failures.push(settings.failureOf(given, `${JSON.stringify(word)}: ${advice}`));
  return null;
}

/**
 * The client of -W is there from the start and is held as any client is; when the time is over, there is nothing left to
 * keep up.
 */
function retryLimits(options: TunnelOptions): Pick<Request, 'holdMs' | 'maxAttempts' | 'giveUpAfterMs'> {
  const { holdMs = defaults.holdMs, maxAttempts = null, giveUpAfterMs = null } = options;
  const unlimited = maxAttempts === null && giveUpAfterMs === null;
  if (!unlimited || !options.forwards?.some((option) => 'stdio' in option)) {
    return { holdMs, maxAttempts, giveUpAfterMs };
  }
  return holdMs === 0
    ? { holdMs, maxAttempts: 1, giveUpAfterMs }
    : { holdMs, maxAttempts, giveUpAfterMs: holdMs };
}

/** Without hops until they are read. */
function routeOf(way: Way): Route {
  return way.type === 'jump' ? { type: 'jump', hops: [], command: null } : way;
}

/**
 * The request with the way through the hop that its ProxyJump names. `hop` is what was understood of that hop, its own way
 * included. Whether a person may be prompted is the tunnel's to say: with BatchMode there is no prompt for a hop either.
 */
export function through(request: Request, hop: Request): Request {
  const { route } = hop;
  const one: Hop = {
    host: hop.host,
    address: hop.address,
    trust: hop.trust,
    login: hop.login,
    algorithms: hop.algorithms,
    tcpKeepAlive: hop.keepalive.tcp,
  };
  const silenced = (each: Hop): Hop =>
    request.login.batchMode ? { ...each, login: { ...each.login, batchMode: true } } : each;
  return frozen({
    ...request,
    route: {
      type: 'jump',
      hops: [...(route.type === 'jump' ? route.hops : []), one].map(silenced),
      command: route.type === 'direct' ? null : route.command,
    },
    notes: [
      ...request.notes,
      ...hop.notes,
      ...(route.type === 'direct' ? [] : commandNotes(request, route.command)),
    ],
  });
}

/** By the words that `ssh -G` prints. */
const strictness = { true: 'yes', false: 'no', ask: 'ask', 'accept-new': 'accept-new' } as const;

function keepaliveOf(settings: HostOptions, as: 'tunnel' | 'hop'): Request['keepalive'] {
  const intervalMs = settings.time('ServerAliveInterval', 0, defaults.intervalMs);
  const countMax = settings.count('ServerAliveCountMax', defaults.countMax);
  const setting = settings.given('ServerAliveCountMax');
  if (as === 'tunnel' && countMax === 0 && intervalMs > 0 && setting) {
    settings.failures.push(
      settings.failureOf(
        setting,
        '0 with a ServerAliveInterval drops a healthy connection at its first quiet moment; want 1 or more, or ServerAliveInterval 0',
      ),
    );
  }
  return { intervalMs, countMax, tcp: settings.flag('TCPKeepAlive', true) };
}

/** A number is ServerAliveInterval's; both together contradict each other. */
function checkInterval({ interval }: TunnelOptions, settings: HostOptions): void {
  if (interval === undefined) return;
  const given = settings.given('ServerAliveInterval');
  if (interval !== 'auto') {
    settings.failures.push(
      failure(
        'usage',
        `interval ${JSON.stringify(interval)}: want 'auto', or the option ServerAliveInterval`,
      ),
    );
  } else if (given?.place.source.kind === 'command line') {
    settings.failures.push(
      failure(
        'usage',
        `option ServerAliveInterval ${given.lines[0]}: interval auto chooses it; want one of them`,
      ),
    );
  }
}

function checkOwnNumbers(request: Request, options: TunnelOptions, failures: Failure[]): void {
  const wrong = (name: string, found: number, range: string) =>
    failures.push(failure('usage', `${name} ${found}: want ${range}`));
  const { holdMs, maxAttempts, giveUpAfterMs } = request;
  if (!(holdMs >= 0 && holdMs < Number.POSITIVE_INFINITY))
    wrong('holdMs', holdMs, 'a number of ms, 0 or more');
  if (maxAttempts !== null && !(Number.isInteger(maxAttempts) && maxAttempts > 0)) {
    wrong('maxAttempts', maxAttempts, 'a whole number, 1 or more');
  }
  if (giveUpAfterMs !== null && !(giveUpAfterMs > 0 && giveUpAfterMs < Number.POSITIVE_INFINITY)) {
    wrong('giveUpAfterMs', giveUpAfterMs, 'a number of ms above 0');
  }
  const fault = socketFault(options);
  if (fault !== null) failures.push(failure('usage', `${fault.name}: ${fault.why}`));
}

function socketNotes({ socket, keepalive }: Request): readonly string[] {
  const warning = userTimeoutWarning(socket);
  const [proxyCommand] = socket.keepalive === null || keepalive.tcp ? [] : requestedTexts(socket);
  return [
    ...(proxyCommand === undefined ? [] : [`TCPKeepAlive no does not count: ${proxyCommand} was requested`]),
    ...(warning === null ? [] : [warning]),
  ];
}

/** What a ProxyCommand does with its socket is its own affair. */
function commandNotes({ host, socket }: Request, command: string | null): readonly string[] {
  if (command === null) return [];
  return requestedTexts(socket).map(
    (option) =>
      `${option} reaches no socket: ${host} is reached by a ProxyCommand, which has its own; as the command, \`holdfast relay %h %p\` takes the same options`,
  );
}

function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) frozen(inner);
  }
  return value;
}
