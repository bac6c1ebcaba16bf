/** How a server is reached: straight, by a command, or through other servers. ssh_config(5), ProxyJump and ProxyCommand. */

import { failure } from '../failure.js';
import { textOf } from '../sshconfig/bytes.js';
import type { Effective } from '../sshconfig/resolve/resolvedconfig.js';
import type { Destination } from './destination.js';
import type { HostOption, HostOptions } from './hostoptions.js';
import type { Request } from './request.js';

/** What ProxyJump says of the last hop, the one that opens the connection. The others are its way. */
export interface Jump {
  readonly last: Destination;
  /** The hops before it as they are written, which win over its own ProxyJump; null: its own configuration says. */
  readonly before: string | null;
}

export type Way =
  | { readonly type: 'direct' }
  /** Its tokens are expanded. */
  | { readonly type: 'command'; readonly command: string }
  | { readonly type: 'jump'; readonly jump: Jump };

/** What a command's tokens stand for (`expand_proxy_command` in sshconnect.c). */
export interface CommandTokens {
  readonly h: string;
  readonly k: string;
  readonly n: string;
  readonly p: string;
  readonly r: string;
}

/**
 * The first of the two switches the other off, which the resolver has seen to. What is wrong goes to the settings' failures.
 * Messages hold no value of ProxyCommand: it may name a secret.
 */
export function wayOf(settings: HostOptions, tokens: CommandTokens): Way {
  const jump = jumpOf(settings.option('ProxyJump'));
  if (jump !== null) return { type: 'jump', jump };
  const setting = settings.given('ProxyCommand');
  const command = setting?.lines[0] ?? 'none';
  if (setting === null || command.toLowerCase() === 'none') return { type: 'direct' };
  return commandWay(settings, setting, command, tokens);
}

/** What ProxyJump says; null: none. */
export function jumpOf(proxyJump: Effective | null): Jump | null {
  const value = proxyJump?.settings[0]?.value;
  if (value?.type !== 'jump' || value.jump === 'none') return null;
  const { user, host, port, before } = value.jump;
  return {
    last: { host: textOf(host), user: user === null ? null : textOf(user), port: port > 0 ? port : null },
    before: before === null ? null : textOf(before),
  };
}

function commandWay(settings: HostOptions, setting: HostOption, text: string, tokens: CommandTokens): Way {
  const refuse = (said: string) => {
    settings.failures.push({ ...settings.failureOf(setting, said), kind: 'config' });
    return { type: 'direct' } as const;
  };
  if (text === '-') return refuse('- is the standard input of ssh: want a command');
  if (settings.flag('ProxyUseFdpass', false)) {
    return refuse(
      'with ProxyUseFdpass yes hands over a socket, which holdfast cannot take: want ProxyUseFdpass no',
    );
  }
  let unknown: string | null = null;
  const command = text.replace(/%(.?)/gs, (found, token: string) => {
    if (token === '%') return '%';
    if (isToken(token)) return tokens[token];
    unknown ??= found;
    return '';
  });
  if (unknown !== null)
    return refuse(`has the token ${JSON.stringify(unknown)}: want %%, %h, %k, %n, %p or %r`);
  return { type: 'command', command };
}

function isToken(letter: string): letter is keyof CommandTokens {
  return letter !== '' && 'hknpr'.includes(letter);
}

/** How deep hops may lead to hops by their own ProxyJump. ssh starts one process for each and ends with the machine. */
const mostHops = 16;

/** The hops so far, each with the one it jumps through, so that a loop is found (`jumphost loop` in ssh.c). */
export interface Gone {
  readonly host: string;
  readonly user: string | null;
  readonly port: number | null;
  readonly before: string | null;
}

/** Why this hop cannot be one more, or null. */
export function loopFault(gone: readonly Gone[], { last, before }: Jump): ReturnType<typeof failure> | null {
  const again = gone.some(
    (step) =>
      step.host === last.host &&
      step.user === last.user &&
      step.port === last.port &&
      // With hops written out the way gets shorter each time.
      (before === null || step.before === before),
  );
  if (again)
    return failure('config', `ProxyJump: ${last.host} is reached through itself; want ProxyJump none for it`);
  return gone.length > mostHops ? failure('config', `ProxyJump: more than ${mostHops} hops`) : null;
}

/** The request as observers may see it: of a ProxyCommand its first word alone, as the rest may hold a proxy's password. */
export function redacted(request: Request): Request {
  const { route } = request;
  if (route.type === 'direct' || route.command === null) return request;
  const [program = ''] = route.command.trimStart().split(/\s/, 1);
  const shown = /^[\w./-]+$/.test(program) ? `${program} ...` : '...';
  return { ...request, route: { ...route, command: shown } };
}
