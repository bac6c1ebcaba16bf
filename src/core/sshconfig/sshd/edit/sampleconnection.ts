/** Match lines compared with each other, and a connection that fits one. */
import { lowerCase, matchPattern } from '../../../text/pattern.js';
import { type Bytes, isSpace } from '../../bytes.js';
import { delimited } from '../../syntax/linewords.js';
import { matchList } from '../../values/lists.js';
import { matchAddresses } from '../../values/networks.js';
import { portOf } from '../../values/ports.js';
import type { ServerAnswers, SshdConnection } from '../serverinput.js';

/** One criterion: its name in lower case, and its value. `all` has none. */
export interface Criterion {
  readonly name: string;
  readonly value: Bytes;
}

/** The words of a Match line behind its keyword, in pairs, as `match_cfg_line` takes them. */
export function criteriaOf(text: Bytes): readonly Criterion[] {
  const words: Bytes[] = [];
  for (let next: number | null = 0; next !== null && next < text.length; ) {
    const taken = delimited(text, next, text.length);
    if (taken === null || taken.word.text === '' || taken.word.text.startsWith('#')) break;
    words.push(taken.word.text);
    next = taken.next;
  }
  const found: Criterion[] = [];
  for (let at = 0; at < words.length; at += 2) {
    const name = lowerCase(words[at] ?? '');
    if (name === 'all') return [...found, { name, value: '' }];
    found.push({ name, value: words[at + 1] ?? '' });
  }
  return found;
}

/** The criteria of a header as written, `Match ...`. */
export function criteriaOfHeader(header: Bytes): readonly Criterion[] {
  const taken = delimited(header, 0, header.length);
  return taken?.next == null ? [] : criteriaOf(header.slice(taken.next));
}

/** Do two Match lines ask for the same? Their order does not count. */
export function sameCriteria(a: readonly Criterion[], b: readonly Criterion[]): boolean {
  const key = (criteria: readonly Criterion[]) =>
    criteria
      .map(({ name, value }) => `${name} ${name === 'host' ? lowerCase(value) : value}`)
      .sort()
      .join('\n');
  return key(a) === key(b);
}

/** A connection to ask about, in a world where the groups of its user may be made up. */
export interface SampleConnection {
  readonly connection: SshdConnection;
  readonly groups: ReadonlyMap<Bytes, readonly Bytes[]>;
}

/** A port that no sshd listens at: sshd wants one to be known wherever a line asks for it. */
const unusualPort = 1;

/** Nothing is known of it, and no block that asks for something fits. */
export const unknownConnection: SampleConnection = {
  connection: {
    user: null,
    host: null,
    address: null,
    localAddress: null,
    localPort: unusualPort,
    routingDomain: null,
  },
  groups: new Map(),
};

/** A connection that no file names: RFC 2606 and RFC 5737. */
export const unnamedConnection: SampleConnection = {
  connection: {
    user: 'holdfast-stranger',
    host: 'holdfast.invalid',
    address: '192.0.2.1',
    localAddress: '198.51.100.1',
    localPort: unusualPort,
    routingDomain: null,
  },
  groups: new Map(),
};

/** A connection for which every criterion holds; null: none comes to mind. Throws `ServiceWanted` for a port by name. */
export function sampleFor(criteria: readonly Criterion[], answers: ServerAnswers): SampleConnection | null {
  let { connection } = unknownConnection;
  const madeUpGroups: Bytes[] = [];
  for (const { name, value } of criteria) {
    // A criterion may stand twice, and both must hold.
    const lists = criteria.filter((each) => each.name === name).map((each) => each.value);
    const inLists = (fold: boolean) =>
      named(lists.join(','), (word) => lists.every((list) => matchList(word, list, fold) === 'matched'));
    if (name === 'all') continue;
    if (name === 'user') connection = { ...connection, user: inLists(false) };
    else if (name === 'host') connection = { ...connection, host: inLists(true) };
    else if (name === 'rdomain') connection = { ...connection, routingDomain: inLists(false) };
    else if (name === 'address') connection = { ...connection, address: addressIn(lists) };
    else if (name === 'localaddress') connection = { ...connection, localAddress: addressIn(lists) };
    else if (name === 'localport') {
      const port = portOf(value, (service) => answers.services.get(service));
      connection = { ...connection, localPort: port > 0 ? port : null };
    } else if (name === 'group') {
      const group = named(value, (word) => matchList(word, value, false) === 'matched');
      if (group === null) return null;
      madeUpGroups.push(group);
    } else return null;
  }
  if (madeUpGroups.length > 0)
    connection = { ...connection, user: connection.user ?? unnamedConnection.connection.user };
  const fields: Readonly<Record<string, keyof SshdConnection>> = {
    user: 'user',
    host: 'host',
    rdomain: 'routingDomain',
    address: 'address',
    localaddress: 'localAddress',
    localport: 'localPort',
  };
  const missing = criteria.some(({ name }) => {
    const field = fields[name];
    return field !== undefined && connection[field] === null;
  });
  if (missing) return null;
  const { user } = connection;
  const groups = new Map(madeUpGroups.length === 0 || user === null ? [] : [[user, madeUpGroups] as const]);
  return { connection, groups };
}

/** A word that a list of patterns lets through. */
function named(list: Bytes, fits: (word: Bytes) => boolean): Bytes | null {
  const patterns = list.split(',').filter((pattern) => pattern !== '' && !pattern.startsWith('!'));
  for (const pattern of patterns) {
    for (const filling of ['', 'x', 'holdfast']) {
      const word = lowerCased(pattern.replaceAll('*', filling).replaceAll('?', 'x'), fits);
      if (word !== null) return word;
    }
  }
  return null;
}

function lowerCased(word: Bytes, fits: (word: Bytes) => boolean): Bytes | null {
  if (word === '' || [...word].some((byte) => isSpace(byte.charCodeAt(0)) || byte === ',')) return null;
  if (fits(word)) return word;
  const lower = lowerCase(word);
  return fits(lower) ? lower : null;
}

function addressIn(lists: readonly Bytes[]): Bytes | null {
  const tried = ['192.0.2.1', '2001:db8::1'];
  for (const each of lists.join(',').split(',')) {
    if (each.startsWith('!')) continue;
    const [address = ''] = each.split('/');
    tried.push(address, address.replace(/0$/, '7'), address.replace(/::$/, '::7'));
    for (const filling of ['7', '7.7', '7.7.7', '7.7.7.7', '::7']) {
      tried.push(each.replaceAll('*', filling).replaceAll('?', '7'));
    }
  }
  return tried.find((address) => lists.every((list) => matchAddresses(address, list))) ?? null;
}

/** Does a plain pattern of a folder's files take this name? Null: it has brackets or backslashes, and is not looked at. */
export function takesName(pattern: Bytes, name: Bytes): boolean | null {
  if (/[[\]\\]/.test(pattern)) return null;
  return matchPattern(name, pattern) && (!name.startsWith('.') || pattern.startsWith('.'));
}
