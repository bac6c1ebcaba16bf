import { failure } from '../failure.js';
import { textOf } from '../sshconfig/bytes.js';
import { type ForwardSide, type ForwardValue, printForward } from '../sshconfig/values/forward.js';
import { expanded } from '../sshconfig/values/tokens.js';
import type { PathContext, Places } from './filepaths.js';
import {
  type Forwarded,
  forwardKeywords,
  forwardOf,
  parseForward,
  parseForwardLine,
  parseStdio,
} from './forwardspec.js';
import { forwardLines } from './hostoptions.js';
import type { Forward, Listen, Target } from './request.js';
import type { TunnelOptions } from './tunneloptions.js';

const kinds = ['local', 'remote', 'dynamic'] as const;

/**
 * The forwards to keep up: those requested, and those of the host's configuration behind them, as in ssh, or without them.
 * Complaints go to `settings.failures`, remarks to `notes`.
 */
export function collectForwards(
  host: string,
  {
    forwards: forwardOptions = [],
    options = {},
    configForwards = forwardOptions.length === 0,
  }: Pick<TunnelOptions, 'forwards' | 'options' | 'configForwards'>,
  context: PathContext,
  notes: string[],
): readonly Forward[] {
  const { settings } = context;
  const gatewayPorts = settings.flag('GatewayPorts', false);
  const explicit = [
    ...optionListForwards(forwardOptions, gatewayPorts, context.places.env),
    ...optionForwards(options, gatewayPorts, context.places.env),
  ];
  if (forwardOptions.some((option) => 'stdio' in option)) return stdioForward(explicit, context, notes);

  const cleared = settings.flag('ClearAllForwardings', false) ? settings.given('ClearAllForwardings') : null;
  if (cleared !== null) {
    const why = 'yes leaves nothing to forward: as in ssh, it clears what stands on the command line, too';
    settings.failures.push(settings.failureOf(cleared, why));
    return [];
  }
  const forwards: Forward[] = [];
  for (const result of explicit) {
    const forward = result.ok ? withTokens(result.forward, context) : result;
    if (forward.ok) forwards.push(forward.forward);
    else settings.failures.push(forward.failure);
  }
  const single = withoutRepeats(forwards);
  const pair = clash(single);
  if (pair) settings.failures.push(failure('usage', `${clashText(pair)}; give one of them another`));
  const all = configForwards ? [...single, ...besides(single, context, gatewayPorts, notes)] : single;
  if (explicit.length === 0 && all.length === 0 && settings.failures.length === 0) {
    settings.failures.push(
      failure(
        'usage',
        `${host}: nothing to forward; ask for a forward, as in -L 5432:localhost:5432, or give the host a LocalForward`,
      ),
    );
  }
  return all;
}

/** Those of the files that are not requested already. In ssh, too, the requested listener wins. */
function besides(
  forwardOptions: readonly Forward[],
  context: PathContext,
  gatewayPorts: boolean,
  notes: string[],
): readonly Forward[] {
  const added = withoutRepeats([...forwardOptions, ...fileForwards(context, gatewayPorts)]).slice(
    forwardOptions.length,
  );
  const free = added.filter((forward) => {
    const first = forwardOptions.find((one) => clash([one, forward]) !== null);
    if (first !== undefined) notes.push(`${clashText([first, forward])}, so it is left out`);
    return first === undefined;
  });
  const pair = clash(free);
  if (pair) context.settings.failures.push(failure('config', `${clashText(pair)}; give one of them another`));
  return free;
}

function clashText([first, second]: readonly [Forward, Forward]): string {
  const where = first.side === 'local' ? 'here' : 'on the server';
  return `${second.text}: ${first.text} listens on the same port ${where}`;
}

/** -W brings ClearAllForwardings along, as in ssh: standard input and output alone are forwarded. */
function stdioForward(
  explicit: readonly Forwarded[],
  context: PathContext,
  notes: string[],
): readonly Forward[] {
  const { failures } = context.settings;
  const kept: Forward[] = [];
  for (const result of explicit) {
    const forward = result.ok ? withTokens(result.forward, context) : result;
    if (!forward.ok) failures.push(forward.failure);
    else if (forward.forward.listen.type === 'stdio') kept.push(forward.forward);
    else notes.push(`${forward.forward.text} is left out: with -W nothing but stdin and stdout is forwarded`);
  }
  const [first, second] = kept;
  if (second) failures.push(failure('usage', `${second.text}: there is a ${first?.text} already; want one`));
  return kept;
}

function optionListForwards(
  options: NonNullable<TunnelOptions['forwards']>,
  gatewayPorts: boolean,
  env: Places['env'],
): readonly Forwarded[] {
  return options.map((option) => {
    if ('stdio' in option) return withVariables(option.stdio, env, parseStdio);
    const [kind, spec]: readonly [ForwardSide, string] =
      'local' in option
        ? ['local', option.local]
        : 'remote' in option
          ? ['remote', option.remote]
          : ['dynamic', option.dynamic];
    return withVariables(spec, env, (found) => parseForward(kind, found, gatewayPorts));
  });
}

/** Tokens in the paths of sockets. */
function withTokens(forward: Forward, context: PathContext): Forwarded {
  let why: string | null = null;
  const filled = <End extends Target | Listen>(end: End): End => {
    if (end.type !== 'unix') return end;
    const path = expanded(end.path, context.tokens, context.places.env);
    if (!path.ok) why ??= path.reason;
    return path.ok ? { ...end, path: path.text } : end;
  };
  const whole = { ...forward, listen: filled(forward.listen), target: filled(forward.target) };
  if (why === null) return { ok: true, forward: whole };
  return { ok: false, failure: failure('usage', `${forward.text}: ${why}; write the path out`) };
}

/** `-o "LocalForward 8080 db:80"` */
function optionForwards(
  options: NonNullable<TunnelOptions['options']>,
  gatewayPorts: boolean,
  env: Places['env'],
): readonly Forwarded[] {
  return kinds.flatMap((kind) =>
    forwardLines(options, forwardKeywords[kind]).map((line) =>
      withVariables(line, env, (found) => parseForwardLine(kind, found, gatewayPorts)),
    ),
  );
}

/** Those of the files, as the resolver has read them. */
function fileForwards(context: PathContext, gatewayPorts: boolean): readonly Forward[] {
  return kinds.flatMap((kind) => {
    const lines = context.settings.option(forwardKeywords[kind])?.settings ?? [];
    return lines.flatMap(({ value }) => {
      if (value.type !== 'forward') return [];
      const text = fileForwardText(kind, value.forward);
      const forward = withTokens(forwardOf(kind, value.forward, gatewayPorts, text), context);
      if (forward.ok) return [forward.forward];
      context.settings.failures.push({ ...forward.failure, kind: 'config' });
      return [];
    });
  });
}

/** How messages name a forward of a file: `LocalForward 8080 [web]:80`. */
export function fileForwardText(kind: ForwardSide, value: ForwardValue): string {
  return `${forwardKeywords[kind]} ${textOf(printForward(value, kind))}`;
}

/** ${VARIABLE} is looked up before anything else, as in `parse_forward`. */
function withVariables(spec: string, env: Places['env'], parse: (found: string) => Forwarded): Forwarded {
  const found = expanded(spec, null, env);
  if (found.ok) return parse(found.text);
  return { ok: false, failure: failure('usage', `forward ${JSON.stringify(spec)}: ${found.reason}`) };
}

/** The same forward twice is one forward, as in ssh (`add_local_forward` in readconf.c). The first one stays. */
export function withoutRepeats(forwards: readonly Forward[]): readonly Forward[] {
  const seen = new Set<string>();
  return forwards.filter(({ side, listen, target }) => {
    // Two requests for any free port are two ports.
    if (listen.type === 'tcp' && listen.port === 0) return true;
    const key = JSON.stringify([
      side,
      endpointKey(listen),
      target.type === 'socks' ? 'socks' : endpointKey(target),
    ]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** The first two forwards that cannot both listen, or null. */
export function clash(forwards: readonly Forward[]): readonly [Forward, Forward] | null {
  for (const [index, first] of forwards.entries()) {
    const second = forwards
      .slice(index + 1)
      .find((other) => other.side === first.side && meet(first.listen, other.listen));
    if (second) return [first, second];
  }
  return null;
}

function endpointKey(end: Listen): readonly (string | number)[] {
  if (end.type === 'stdio') return [];
  return end.type === 'unix' ? [end.path] : [end.host, end.port];
}

function meet(a: Listen, b: Listen): boolean {
  if (a.type === 'stdio' || b.type === 'stdio') return false;
  if (a.type === 'unix' || b.type === 'unix')
    return a.type === 'unix' && b.type === 'unix' && a.path === b.path;
  return a.port === b.port && a.port !== 0 && hostsMeet(a.host.toLowerCase(), b.host.toLowerCase());
}

/** A listener on every address is in the way of one on a single address, as far as they share a family. */
function hostsMeet(a: string, b: string): boolean {
  if (a === b) return true;
  const families = familiesOf(b);
  if (!familiesOf(a).some((family) => families.includes(family))) return false;
  if (everywhere.includes(a) || everywhere.includes(b)) return true;
  return (a === 'localhost' && loopback.includes(b)) || (b === 'localhost' && loopback.includes(a));
}

const everywhere = ['', '0.0.0.0', '::'];
const loopback = ['127.0.0.1', '::1'];

function familiesOf(host: string): readonly (4 | 6)[] {
  if (host.includes(':')) return [6];
  return /^\d+\.\d+\.\d+\.\d+$/.test(host) ? [4] : [4, 6];
}
