import { expand, type Places } from './expansion.js';
import { failure } from './failure.js';
import {
  type Forwarded,
  type ForwardKind,
  listenHost,
  parseForward,
  parseForwardLine,
  parseStdio,
} from './forwards.js';
import { clash, withoutRepeats } from './listeners.js';
import type { TunnelOptions } from './options.js';
import type { PathContext } from './paths.js';
import type { Endpoint, Forward, Listen, Target } from './request.js';
import { forwardLines } from './settings.js';
import { textOf } from './sshconfig/bytes.js';
import { type ForwardValue, printForward } from './sshconfig/forward.js';

const lineKeywords = { local: 'LocalForward', remote: 'RemoteForward', dynamic: 'DynamicForward' } as const;
const kinds = ['local', 'remote', 'dynamic'] as const;

/**
 * The forwards to keep up: those asked for, else those of the host's configuration. Complaints go to `settings.failures`,
 * remarks to `notes`.
 */
export function wantedForwards(
  host: string,
  { forwards: asked = [], options = {} }: Pick<TunnelOptions, 'forwards' | 'options'>,
  context: PathContext,
  notes: string[],
): readonly Forward[] {
  const { settings } = context;
  const gatewayPorts = settings.flag('GatewayPorts', false);
  const explicit = [
    ...askedForwards(asked, gatewayPorts, context.places.env),
    ...optionForwards(options, gatewayPorts, context.places.env),
  ];
  if (asked.some((option) => 'stdio' in option)) return stdioForward(explicit, context, notes);
  const written = fileForwards(context, gatewayPorts);

  if (settings.flag('ClearAllForwardings', false)) {
    settings.failures.push(failure('usage', `${host}: ClearAllForwardings yes leaves nothing to forward`));
    return [];
  }
  const forwards: Forward[] = [];
  for (const result of explicit) {
    const forward = result.ok ? withTokens(result.forward, context) : result;
    if (forward.ok) forwards.push(forward.forward);
    else settings.failures.push(forward.failure);
  }
  if (explicit.length === 0) {
    forwards.push(...written);
  } else if (written.length > 0) {
    const left = written.map((forward) => forward.text).join(', ');
    notes.push(
      `the forwards of ${host}'s configuration are left out, because forwards were asked for: ${left}`,
    );
  }
  if (explicit.length === 0 && forwards.length === 0) {
    settings.failures.push(
      failure(
        'usage',
        `${host}: nothing to forward; ask for a forward, as in -L 5432:localhost:5432, or give the host a LocalForward`,
      ),
    );
  }
  const single = withoutRepeats(forwards);
  const pair = clash(single);
  if (pair) {
    const where = pair[0].side === 'local' ? 'here' : 'on the server';
    settings.failures.push(
      failure(
        'usage',
        `${pair[1].text}: ${pair[0].text} listens on the same port ${where}; give one of them another`,
      ),
    );
  }
  return single;
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
    else if (forward.forward.listen.kind === 'stdio') kept.push(forward.forward);
    else notes.push(`${forward.forward.text} is left out: with -W nothing but stdin and stdout is forwarded`);
  }
  const [first, second] = kept;
  if (second) failures.push(failure('usage', `${second.text}: there is a ${first?.text} already; want one`));
  return kept;
}

function askedForwards(
  asked: NonNullable<TunnelOptions['forwards']>,
  gatewayPorts: boolean,
  env: Places['env'],
): readonly Forwarded[] {
  return asked.map((option) => {
    if ('stdio' in option) return withVariables(option.stdio, env, parseStdio);
    const [kind, spec]: readonly [ForwardKind, string] =
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
  const expanded = <End extends Target | Listen>(end: End): End => {
    if (end.kind !== 'unix') return end;
    const path = expand(end.path, context.tokens, context.places.env);
    if (!path.ok) why ??= path.why;
    return path.ok ? { ...end, path: path.text } : end;
  };
  const whole = { ...forward, listen: expanded(forward.listen), target: expanded(forward.target) };
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
    forwardLines(options, lineKeywords[kind]).map((line) =>
      withVariables(line, env, (found) => parseForwardLine(kind, found, gatewayPorts)),
    ),
  );
}

/** Those of the files, as the resolver has read them. */
function fileForwards(context: PathContext, gatewayPorts: boolean): readonly Forward[] {
  return kinds.flatMap((kind) => {
    const lines = context.settings.option(lineKeywords[kind])?.settings ?? [];
    return lines.flatMap(({ value }) => {
      if (value.is !== 'forward') return [];
      const forward = withTokens(fileForward(kind, value.forward, gatewayPorts), context);
      if (forward.ok) return [forward.forward];
      context.settings.failures.push({ ...forward.failure, kind: 'config' });
      return [];
    });
  });
}

function fileForward(kind: ForwardKind, value: ForwardValue, gatewayPorts: boolean): Forward {
  const { listenHost: bind, listenPort, listenPath, connectHost, connectPort, connectPath } = value;
  const listen: Endpoint =
    listenPath === null
      ? {
          kind: 'tcp',
          host: listenHost(kind, bind === null ? null : textOf(bind), gatewayPorts),
          port: listenPort,
        }
      : { kind: 'unix', path: textOf(listenPath) };
  return {
    side: kind === 'remote' ? 'remote' : 'local',
    listen,
    target:
      connectPath !== null
        ? { kind: 'unix', path: textOf(connectPath) }
        : connectHost === 'socks' && connectPort === 0
          ? { kind: 'socks' }
          : { kind: 'tcp', host: textOf(connectHost ?? ''), port: connectPort },
    text: `${lineKeywords[kind]} ${textOf(printForward(value, kind))}`,
  };
}

/** ${VARIABLE} is looked up before anything else, as in `parse_forward`. */
function withVariables(spec: string, env: Places['env'], parse: (found: string) => Forwarded): Forwarded {
  const found = expand(spec, null, env);
  if (found.ok) return parse(found.text);
  return { ok: false, failure: failure('usage', `forward ${JSON.stringify(spec)}: ${found.why}`) };
}
