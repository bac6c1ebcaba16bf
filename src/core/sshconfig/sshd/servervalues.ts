/** From the words of a line to a value, refused as sshd 9.2 refuses (`process_server_config_line_depth` in servconf.c). */
import { lowerCase } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import type { Form } from '../keywords/keyword.js';
import { usualRules } from '../keywords/releases.js';
import type { Word } from '../syntax/linewords.js';
import { hostField } from '../values/jump.js';
import { readChannelTimeout, readFiles } from '../values/listvalues.js';
import { validAddresses } from '../values/networks.js';
import { maxInt, secondsOf } from '../values/numbers.js';
import { portOf, type Services } from '../values/ports.js';
import { bad, fatal, good, numeral, quoted, type Reading, word, wordList } from '../values/reading.js';
import { readValue, suggestionOf as suggestionOfClient } from '../values/values.js';
import type { ServerForm, ServerKeyword } from './serverkeywords.js';
import { readMethods, readOpens } from './serverlists.js';

const timeWanted = 'a time such as 30, 2m or 1h30m';

/** What is taken off the environment, and off the command line, is the client's alone. */
const unaware = { env: {}, onCommandLine: false };

/** `rest`: the value as it stands, for what is not taken apart. */
export function readServerValue(
  { form }: ServerKeyword,
  words: readonly Word[],
  rest: Bytes,
  services: Services,
): Reading {
  const texts = words.map(({ text }) => text);
  switch (form.type) {
    case 'raw':
      return good(word(rest), words.length);
    case 'addendum':
      return asClient({ type: form.type }, words, services, rest);
    case 'command':
      return readCommand(rest, words.length);
    case 'users':
      return readUsers(texts);
    case 'groups':
      return texts.includes('')
        ? fatal('one of the patterns is empty', 'patterns without empty quotes')
        : good(wordList(texts), texts.length);
    case 'verbose':
      return readFiles(words);
    case 'keyFiles':
      return texts.includes('')
        ? bad('one of the paths is empty', 'paths without empty quotes')
        : good(wordList(texts), texts.length);
    case 'keyOptions':
      return readKeyOptions(texts);
    case 'methods':
      return readMethods(texts);
    case 'channelTimeout':
      return words.length === 0 ? good(wordList([]), 0) : readChannelTimeout(words, usualRules);
    case 'ignored':
    case 'sendEnv':
    case 'setEnv':
    case 'level':
    case 'facility':
      return asClient({ type: form.type }, words, services);
    default: {
      const [first] = texts;
      if (first === undefined || first === '') return fatal('the value is missing', suggestionOf(form));
      return readFirst(form, first, texts, words, services);
    }
  }
}

function suggestionOf(form: ServerForm): string {
  switch (form.type) {
    case 'time':
      return timeWanted;
    case 'idle':
      return `${timeWanted}, or none`;
    case 'startups':
      return 'start:rate:full with a rate from 1 to 100, or one number above 0';
    case 'netBlock':
      return 'bits of IPv4:bits of IPv6, as in 24:56';
    case 'listen':
      return 'an address or a host with or without a port, as in 10.0.0.1, [::1]:2222 or host:22';
    case 'choice':
      return suggestionOfClient(form);
    case 'number':
    case 'port':
      return suggestionOfClient({ type: form.type });
    default:
      return 'a value';
  }
}

function readFirst(
  form: ServerForm,
  first: Bytes,
  texts: readonly Bytes[],
  words: readonly Word[],
  services: Services,
): Reading {
  switch (form.type) {
    case 'choice':
      if (form.exact && lowerCase(first) !== first)
        return fatal(`${quoted(first)} is no value`, suggestionOf(form));
      return asClient(form, words, services);
    case 'algorithms':
      return asClient(form, words, services);
    case 'number':
    case 'port':
    case 'gssExchanges':
    case 'hash':
    case 'rekey':
    case 'mask':
    case 'qos':
      return asClient({ type: form.type }, words, services);
    case 'time':
      return readTime(first, suggestionOf(form));
    case 'idle':
      return lowerCase(first) === 'none' ? good(numeral(0), 1) : readTime(first, suggestionOf(form));
    case 'listen':
      return readListen(texts, services);
    case 'opens':
    case 'listens':
      return readOpens(texts, form.type === 'listens', services);
    case 'subsystem': {
      const [, command] = texts;
      if (!command) return fatal('the command is missing', 'a name and a command');
      return good(wordList(texts), texts.length);
    }
    case 'startups':
      return readStartups(first);
    case 'perSource':
      if (first === 'none') return good(numeral(maxInt), 1);
      return asClient({ type: 'number' }, words, services);
    case 'netBlock':
      return readNetBlock(first);
    case 'domain':
      return fatal('Linux has no routing domain for a session', 'no RDomain');
    default:
      return good(word(first), 1);
  }
}

/** As ssh reads the same kind of value; sshd stops at each fault of these. */
function asClient(form: Form, words: readonly Word[], services: Services, rest: Bytes = ''): Reading {
  const reading = readValue(form, words, rest, { ...unaware, services });
  return reading.ok ? reading : { ...reading, fatal: true };
}

function readTime(text: Bytes, suggestion: string): Reading {
  const seconds = secondsOf(text);
  return seconds === null ? fatal(`${quoted(text)} is no time`, suggestion) : good(numeral(seconds), 1);
}

function readCommand(rest: Bytes, used: number): Reading {
  if (!rest.startsWith('/') && lowerCase(rest) !== 'none') {
    return fatal(`${quoted(rest)} is no absolute path`, 'a command that begins with /, or none');
  }
  return good(word(rest), used);
}

function readUsers(texts: readonly Bytes[]): Reading {
  for (const text of texts) {
    const at = text.indexOf('@');
    if (text === '' || (at !== -1 && !validAddresses(text.slice(at + 1)))) {
      return fatal(
        `${quoted(text)} is no pattern for users`,
        'USER or USER@HOST, networks as in bob@10.0.0.0/8',
      );
    }
  }
  return good(wordList(texts), texts.length);
}

function readKeyOptions(texts: readonly Bytes[]): Reading {
  const found = new Set<Bytes>();
  for (const text of texts) {
    const key = lowerCase(text);
    if (key !== 'none' && key !== 'touch-required' && key !== 'verify-required') {
      return bad(`${quoted(text)} is no option for keys`, 'none, touch-required, verify-required');
    }
    if (key !== 'none') found.add(key);
  }
  return good(
    wordList(['touch-required', 'verify-required'].filter((each) => found.has(each))),
    texts.length,
  );
}

function readListen(texts: readonly Bytes[], services: Services): Reading {
  const suggestion = suggestionOf({ type: 'listen' });
  const [address = '', second, domain] = texts;
  let host = address;
  let port = 0;
  if (address.includes('[') || address.split(':').length < 3) {
    const field = hostField(address);
    if (field === null || field.delimiter === '/')
      return fatal(`${quoted(address)} is no address`, suggestion);
    host = /^\[.*\]$/.test(field.host) ? field.host.slice(1, -1) : field.host;
    if (field.rest !== null) {
      port = portOf(field.rest, services);
      if (port <= 0) return fatal(`${quoted(field.rest)} is no port`, suggestion);
    }
  }
  if (second === undefined) return good(wordList([host, String(port)]), 1);
  if (second !== 'rdomain' || domain === undefined) {
    return fatal(`${quoted(second)} stands behind the address`, `${suggestion}; then rdomain and a name`);
  }
  return good(wordList([host, String(port), domain]), 3);
}

/** scanf's `%d`: white space, a sign, digits. */
const scanned = String.raw`[\t-\r ]*([-+]?[0-9]+)`;
const threeNumbers = new RegExp(`^${scanned}(?::${scanned}(?::${scanned})?)?`);

/** What stands behind the numbers is not looked at. */
function readStartups(text: Bytes): Reading {
  const suggestion = suggestionOf({ type: 'startups' });
  const found = threeNumbers.exec(text);
  const wrong = fatal(`${quoted(text)} is no limit`, suggestion);
  if (found === null) return wrong;
  const [begin = 0, rate, full] = found.slice(1).map((digits) => (digits ? inInt(digits) : undefined));
  // scanf has read two numbers where a second colon is followed by none.
  if (rate === undefined) return begin > 0 ? good(wordList([String(begin)]), 1) : wrong;
  if (full === undefined || begin > full || rate < 1 || rate > 100 || begin <= 0) return wrong;
  return good(wordList([begin, rate, full].map(String)), 1);
}

function readNetBlock(text: Bytes): Reading {
  const found = threeNumbers.exec(text);
  const wrong = fatal(`${quoted(text)} is no size of a network`, suggestionOf({ type: 'netBlock' }));
  if (found === null) return wrong;
  const [four = 0, six] = found.slice(1).map((digits) => (digits ? inInt(digits) : undefined));
  if (four < 0 || four > 32 || (six !== undefined && (six < 0 || six > 128))) return wrong;
  // Without a second number sshd 9.2 prints whatever stood in memory; the manual's default is meant.
  return good(wordList([String(four), String(six ?? 128)]), 1);
}

/** A long that ends up in an int. */
function inInt(digits: string): number {
  const limit = 2n ** 63n;
  const value = BigInt(digits.replace(/^\+/, ''));
  const clamped = value >= limit ? limit - 1n : value < -limit ? -limit : value;
  return Number(BigInt.asIntN(32, clamped));
}
