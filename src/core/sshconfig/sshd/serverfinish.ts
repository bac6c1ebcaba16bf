/** From the settings of both readings to the lines that `sshd -T` prints (`dump_config` in servconf.c). */
import { lowerCase } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import { lineKey } from '../explain/where.js';
import { assembled } from '../keywords/algorithms.js';
import type { Loss, Setting, Trouble } from '../resolve/resolvedconfig.js';
import { nameKey } from '../resolve/resolveinput.js';
import { canonicalAddress, type Family, familyOf } from '../values/canonicaladdress.js';
import { maxInt } from '../values/numbers.js';
import { print } from '../values/printed.js';
import type { Value } from '../values/values.js';
import type { ServerEffective } from './resolvedserver.js';
import type { ServerAnswers, ServerNeed } from './serverinput.js';
import { type ServerKeyword, serverKeywords } from './serverkeywords.js';
import { methodSwitches, methodsOf } from './serverlists.js';
import type { ServerSettings } from './serversettings.js';

export interface ServerFinished {
  readonly needs: readonly ServerNeed[];
  readonly troubles: readonly Trouble[];
  readonly options: ReadonlyMap<string, ServerEffective>;
}

/** `global`: the first reading; `matched`: the blocks that match, which override it. */
export function finishServer(
  global: ServerSettings,
  matched: ServerSettings,
  answers: ServerAnswers,
): ServerFinished {
  const options = new Map<string, ServerEffective>();
  const troubles: Trouble[] = [...contradictions(global)];
  const listen = listenLines(global, answers);
  if (listen.type === 'needs') return { needs: [listen.need], troubles: [], options };
  if (listen.type === 'refused') troubles.push(listen.trouble);
  const addresses = listen.type === 'lines' ? listen.lines : [];
  for (const keyword of serverKeywords) {
    if (!keyword.printed) continue;
    const { settings, lost, overridden } = together(keyword, global, matched);
    let lines = keyword.form.type === 'listen' ? addresses : linesOf(keyword, settings, overridden);
    if (keyword.form.type === 'rekey') lines = [rekeyLine(settings, global, matched)];
    if (lines === null) {
      const reason = 'no algorithm is left';
      troubles.push({
        place: settings[0]?.place ?? null,
        keyword: keyword.name,
        reason,
        suggestion: 'one at least',
      });
      continue;
    }
    options.set(keyword.key, { keyword, lines, settings, lost, undecided: [], note: null });
  }
  return { needs: [], troubles, options };
}

interface Together {
  readonly settings: readonly Setting[];
  readonly lost: readonly Loss[];
  /** The value comes from a block. */
  readonly overridden: boolean;
}

/** A line in `Match all` is read both times: what won once has not lost. */
function together(keyword: ServerKeyword, global: ServerSettings, matched: ServerSettings): Together {
  const first = global.cell(keyword.key);
  const then = matched.cell(keyword.key);
  // PermitUserEnvironment's list is copied from a block, though the option may stand in no other than Match all.
  const copied =
    keyword.inMatch ||
    (keyword.form.type === 'userEnvironment' && !/^(?:yes|no)$/.test(matched.word(keyword.key) ?? 'no'));
  const overridden = copied && then.settings.length > 0;
  const winners = overridden ? then.settings : first.settings;
  const key = ({ place }: { place: Loss['place'] }) => lineKey(place.source, place.line);
  const won = new Set(winners.map(key));
  const by = then.settings[0]?.place ?? null;
  const shadowed: Loss[] = overridden
    ? first.settings.map(({ place }) => ({ place, why: 'shadowed', by }))
    : [];
  const losses = new Map<string, Loss>();
  for (const loss of [...first.lost, ...shadowed, ...then.lost]) {
    if (!won.has(key(loss))) losses.set(key(loss), loss);
  }
  return { settings: winners, lost: [...losses.values()], overridden };
}

/** Null: an empty list of algorithms, which sshd refuses. */
function linesOf(
  keyword: ServerKeyword,
  settings: readonly Setting[],
  overridden: boolean,
): readonly Bytes[] | null {
  const { form } = keyword;
  const value = settings.at(-1)?.value ?? null;
  if (form.type === 'algorithms') {
    const names = assembled(form.kind, value?.type === 'word' ? value.word : null);
    if (names === null) return null;
    // Global lists go through `assemble_algorithms` a second time, which takes an empty one for none.
    return [names === '' && !overridden ? (assembled(form.kind, null) ?? '') : names];
  }
  if (value === null) return keyword.usual === null ? [] : [keyword.usual];
  const words = settings.flatMap((each) => (each.value.type === 'words' ? each.value.words : []));
  switch (form.type) {
    case 'users':
    case 'groups':
    case 'sendEnv':
    case 'setEnv':
      return words;
    case 'path':
      if (keyword.combine !== 'each') return [single(keyword, value, overridden)];
      // sshd has nothing to print for it, and says so.
      return settings.map((each) => print(each.value).replace(/^none$/, '(null)'));
    case 'port':
    case 'subsystem':
      return settings.map((each) => print(each.value));
    case 'channelTimeout':
      // Only a global `none` is taken for no time-out at all.
      return !overridden && lowerCase(words.join(' ')) === 'none' ? [] : [words.join(' ')];
    case 'startups':
    case 'netBlock':
      return [words.join(':')];
    default:
      return [single(keyword, value, overridden)];
  }
}

function single(keyword: ServerKeyword, value: Value, overridden: boolean): Bytes {
  const { type: is } = keyword.form;
  if (value.type === 'number') {
    if (is === 'mask') return `0${value.number.toString(8)}`;
    if (is === 'idle' && value.number === 0) return 'none';
    return is === 'perSource' && value.number === maxInt ? 'none' : String(value.number);
  }
  const word = print(value);
  if (is === 'addendum' || is === 'keyOptions') return word === '' ? 'none' : word;
  if (lowerCase(word) !== 'none') return word;
  // Of AuthorizedPrincipalsFile only above the blocks.
  const isCleared = keyword.clearedByNone || (keyword.form.type === 'principalsFile' && !overridden);
  return isCleared ? 'none' : word;
}

/** Bytes and time are two values: each from the first line that has it, and a block overrides each on its own. */
function rekeyLine(settings: readonly Setting[], global: ServerSettings, matched: ServerSettings): Bytes {
  const value = settings[0]?.value;
  const time = matched.value('rekeylimit interval') ?? global.value('rekeylimit interval');
  return `${value ? print(value) : '0'} ${time?.type === 'number' ? time.number : 0}`;
}

/** What sshd's main refuses after the first reading. */
function* contradictions(global: ServerSettings): Generator<Trouble> {
  for (const [key, name] of [
    ['authorizedkeyscommand', 'AuthorizedKeysCommand'],
    ['authorizedprincipalscommand', 'AuthorizedPrincipalsCommand'],
  ] as const) {
    const command = global.word(key);
    if (command === null || lowerCase(command) === 'none' || global.word(`${key}user`) !== null) continue;
    const place = global.cell(key).settings[0]?.place ?? null;
    yield { place, keyword: name, reason: 'nobody is named to run it', suggestion: `${name}User as well` };
  }
  const methods = global.cell('authenticationmethods').settings[0];
  if (methods?.value.type !== 'words') return;
  const lists = methods.value.words;
  if (lists.length === 1 && lists[0] === 'any') return;
  const allowed = (method: Bytes) => {
    const key = methodSwitches.get(method);
    if (key == null) return true;
    const usual = key === 'gssapiauthentication' || key === 'hostbasedauthentication' ? 'no' : 'yes';
    return (global.word(key) ?? usual) === 'yes';
  };
  if (lists.some((list) => methodsOf(list).every(allowed))) return;
  yield {
    place: methods.place,
    keyword: 'AuthenticationMethods',
    reason: 'each list has a method that is switched off',
    suggestion: 'a list of methods that are all on',
  };
}

type Listening =
  | { readonly type: 'lines'; readonly lines: readonly Bytes[] }
  | { readonly type: 'needs'; readonly need: ServerNeed }
  | { readonly type: 'refused'; readonly trouble: Trouble };

/** Every address, as getaddrinfo(3) gives them for a server. */
const everywhere: Readonly<Record<Family, readonly Bytes[]>> = {
  any: ['0.0.0.0', '::'],
  inet: ['0.0.0.0'],
  inet6: ['::'],
};

/**
 * The addresses and ports that sshd listens at (`add_listen_addr` and `format_listen_addrs` in servconf.c): each address
 * without a port with every Port, routing domains apart, and the addresses of one name backwards.
 */
function listenLines(settings: ServerSettings, answers: ServerAnswers): Listening {
  const family = familyOf(settings.word('addressfamily'));
  const set = settings.cell('port').settings.map(({ value }) => (value.type === 'number' ? value.number : 0));
  const ports = set.length > 0 ? set : [22];
  const domains = new Map<Bytes, Bytes[]>();
  const add = (addresses: readonly Bytes[], port: number, domain: Bytes) => {
    const lines = domains.get(domain) ?? [];
    domains.set(domain, lines);
    const behind = domain === '' ? '' : ` rdomain ${domain}`;
    for (const address of [...addresses].reverse()) {
      lines.push(`${address.includes(':') ? `[${address}]` : address}:${port}${behind}`);
    }
  };
  const listens = settings.cell('listenaddress').settings;
  for (const setting of listens) {
    const [host = '', digits = '0', domain = ''] = setting.value.type === 'words' ? setting.value.words : [];
    const numeric = canonicalAddress(host, family);
    // An address of the other family is no name to look up.
    const foreign = numeric === null && canonicalAddress(host, 'any') !== null;
    const found = foreign ? [] : answers.addresses.get(nameKey(host, family));
    const addresses = numeric === null ? found : [numeric];
    if (addresses === undefined) return { type: 'needs', need: { type: 'addresses', name: host, family } };
    if (addresses.length === 0) {
      const reason = `${JSON.stringify(host)} has no address${family === 'any' ? '' : ` of family ${family}`}`;
      const suggestion = 'an address of this machine, or a name that is found';
      return {
        type: 'refused',
        trouble: { place: setting.place, keyword: 'ListenAddress', reason, suggestion },
      };
    }
    for (const port of digits === '0' ? ports : [Number(digits)]) add(addresses, port, domain);
  }
  if (listens.length === 0) for (const port of ports) add(everywhere[family], port, '');
  return { type: 'lines', lines: [...domains.values()].flat() };
}
