import { type Bytes, isControl, isSpace } from '../bytes.js';
import { type Rules, usualRules } from '../keywords/releases.js';
import { portOf, type Services } from './ports.js';

/** What ProxyJump says. */
export interface JumpValue {
  /** The last hop, the one that ssh connects through at once. Port -1: none was written; 0: the word `none`. */
  readonly user: Bytes | null;
  readonly host: Bytes;
  readonly port: number;
  /** The hops before it, as they are written. */
  readonly before: Bytes | null;
}

/**
 * The value of ProxyJump (`parse_jump` in readconf.c): hops with commas between them, each `[user@]host[:port]` or an ssh
 * URI. What follows a `#` goes, since 8.7. On the command line the names are checked too. Null: ssh refuses it.
 */
export function readJump(
  value: Bytes,
  strict: boolean,
  services: Services,
  rules: Rules = usualRules,
): JumpValue | 'none' | null {
  if (value.length === 4 && value.toLowerCase() === 'none') return 'none';
  const hash = rules.newWords ? value.indexOf('#') : -1;
  const text = rules.newWords ? trimmedEnd(hash === -1 ? value : value.slice(0, hash)) : value;
  const hops = text.split(',').map((hop) => readHop(hop, services, rules));
  for (const hop of hops) {
    if (hop === null) return null;
    if (
      strict &&
      rules.checkedNames &&
      !(validHostName(hop.host, rules) && (hop.user === null || validUserName(hop.user)))
    )
      return null;
  }
  const last = hops.at(-1);
  if (!last) return null;
  const comma = text.lastIndexOf(',');
  return { ...last, before: comma === -1 ? null : text.slice(0, comma) };
}

/** The hosts that a value names; none that cannot be read, as one with the name of a service for its port. */
export function hopNames(value: Bytes): readonly Bytes[] {
  return value.split(',').flatMap((hop) => readHop(hop.trim(), () => null, usualRules)?.host ?? []);
}

/** As `ssh -G` prints it. */
export function printJump(jump: JumpValue): Bytes {
  const numeric = jump.host.includes(':') || /^[0-9.]*$/.test(jump.host);
  const host = numeric ? `[${jump.host}]` : jump.host;
  const user = jump.user === null ? '' : `${jump.user}@`;
  return `${jump.before === null ? '' : `${jump.before},`}${user}${host}${jump.port <= 0 ? '' : `:${jump.port}`}`;
}

export interface JumpHop {
  readonly user: Bytes | null;
  readonly host: Bytes;
  readonly port: number;
}

function readHop(text: Bytes, services: Services, rules: Rules): JumpHop | null {
  return text.startsWith('ssh://') ? fromUri(text.slice(6), services, rules) : fromWord(text, services);
}

/** `parse_user_host_port` in misc.c. */
function fromWord(text: Bytes, services: Services): JumpHop | null {
  const at = text.lastIndexOf('@');
  if (at === 0) return null;
  const name = hostField(text.slice(at + 1));
  if (name === null || name.host === '' || name.delimiter === '/') return null;
  const port = name.rest === null || name.rest === '' ? -1 : portOf(name.rest, services);
  if (port <= 0 && name.rest !== null && name.rest !== '') return null;
  return { user: at === -1 ? null : text.slice(0, at), host: cleanHost(name.host), port };
}

/** `parse_uri` in misc.c, without a path. */
function fromUri(text: Bytes, services: Services, rules: Rules): JumpHop | null {
  const at = text.indexOf('@');
  let user: Bytes | null = null;
  if (at !== -1) {
    const info = text.slice(0, at).split(';')[0] ?? '';
    user = info === '' ? null : decoded(info);
    if (user === null) return null;
  }
  const name = hostField(text.slice(at + 1));
  if (name === null || name.host === '') return null;
  const host = validDomain(cleanHost(name.host), rules);
  if (host === null) return null;
  let rest = name.rest ?? '';
  let port = -1;
  if (rest !== '' && name.delimiter === ':') {
    const slash = rest.indexOf('/');
    port = portOf(slash === -1 ? rest : rest.slice(0, slash), services);
    if (port <= 0) return null;
    rest = slash === -1 ? '' : rest.slice(slash + 1);
  }
  return rest === '' ? { user, host, port } : null;
}

export interface HostField {
  readonly host: Bytes;
  readonly delimiter: ':' | '/' | null;
  /** Behind the delimiter; null without one. */
  readonly rest: Bytes | null;
}

/** Up to the colon or slash behind a host, which may stand in brackets (`hpdelim2` in misc.c). */
export function hostField(text: Bytes): HostField | null {
  let stop: number;
  if (text.startsWith('[')) {
    const close = text.indexOf(']');
    if (close === -1) return null;
    stop = close + 1;
  } else {
    stop = text.search(/[:/]/);
    if (stop === -1) stop = text.length;
  }
  const delimiter = text[stop];
  if (delimiter === undefined) return { host: text, delimiter: null, rest: null };
  if (delimiter !== ':' && delimiter !== '/') return null;
  return { host: text.slice(0, stop), delimiter, rest: text.slice(stop + 1) };
}

function cleanHost(host: Bytes): Bytes {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

function decoded(text: Bytes): Bytes | null {
  if (/%(?![0-9a-fA-F]{2})|%00/.test(text)) return null;
  return text
    .replace(/\+/g, ' ')
    .replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/** A domain without the dot at its end; null when it is none (`valid_domain` in misc.c). `_` in front: since 10.0. */
export function validDomain(name: Bytes, { moreTokens }: Rules = usualRules): Bytes | null {
  if (
    !/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name) ||
    (name.startsWith('_') && !moreTokens) ||
    name.includes('..')
  )
    return null;
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

/** A host that may be given on the command line (`valid_hostname` in ssh.c). */
export function validHostName(name: Bytes, { checkedNames }: Pick<Rules, 'checkedNames'>): boolean {
  if (checkedNames && name.includes(',')) return false;
  return !name.startsWith('-') && !/['`"$\\;&<>|(){}]/.test(name) && !hasSpace(name);
}

/** A user that may be given on the command line (`ssh_valid_ruser` in readconf.c). */
export function validUserName(name: Bytes): boolean {
  if (name.startsWith('-') || /['`";&<>|(){}]/.test(name) || name.endsWith('\\')) return false;
  for (let at = 0; at < name.length; at += 1) {
    const code = name.charCodeAt(at);
    if (isControl(code) || (isSpace(code) && name[at + 1] === '-')) return false;
  }
  return true;
}

function hasSpace(name: Bytes): boolean {
  for (let at = 0; at < name.length; at += 1) {
    const code = name.charCodeAt(at);
    if (isSpace(code) || isControl(code)) return true;
  }
  return false;
}

/** `rtrim` in misc.c cuts at the first white space, not the last; one byte always stays. */
function trimmedEnd(text: Bytes): Bytes {
  let end = 1;
  while (end < text.length && !isSpace(text.charCodeAt(end))) end += 1;
  return text.slice(0, end);
}
