/** From the words of a line to a value, refused as ssh refuses (`process_config_line_depth` in readconf.c). */
import { lowerCase } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import { unknownGssExchange, unknownName } from '../keywords/algorithms.js';
import type { Form, Words } from '../keywords/keyword.js';
import { type Rules, usualRules } from '../keywords/releases.js';
import type { Word } from '../syntax/linewords.js';
import { type ForwardSide, readForward } from './forward.js';
import { readJump } from './jump.js';
import {
  readChannelTimeout,
  readCnames,
  readDomains,
  readFiles,
  readRemoteOpen,
  readSendEnv,
  readSetEnv,
} from './listvalues.js';
import { integerOf, maskOf, maxInt, secondsOf } from './numbers.js';
import {
  readAddKeys,
  readControlPersist,
  readEscape,
  readKeystrokes,
  readQos,
  readRekey,
  readTunnelDevice,
} from './oddvalues.js';
import { portOf, type Services } from './ports.js';
import { bad, good, noValue, numeral, quoted, type Reading, word } from './reading.js';
import { type Environment, expanded } from './tokens.js';

export { quoted, type Reading, type Value } from './reading.js';

export interface ReadingContext {
  readonly services: Services;
  readonly env: Environment;
  /** Names in ProxyJump are checked more strictly there. */
  readonly onCommandLine: boolean;
  /** Of the release that reads. @default those of 9.2 */
  readonly rules?: Rules;
}

const timeWanted = 'a time such as 30, 2m or 1h30m, or none';

/** `rest`: the value without quotes taken off, for commands and ProxyJump. */
export function readValue(form: Form, words: readonly Word[], rest: Bytes, context: ReadingContext): Reading {
  const { rules = usualRules } = context;
  switch (form.type) {
    case 'command':
      return good(word(withoutEquals(rest)), words.length);
    case 'jump':
      return readJumpValue(withoutEquals(rest), words.length, context);
    case 'files':
      return readFiles(words);
    case 'verbose':
      return readFiles(words, 1);
    case 'sendEnv':
      return readSendEnv(words, rules);
    case 'setEnv':
      return readSetEnv(words, rules);
    case 'domains':
      return readDomains(words, rules);
    case 'cnames':
      return readCnames(words, rules);
    case 'remoteOpen':
      return readRemoteOpen(words, context.services);
    case 'channelTimeout':
      return readChannelTimeout(words, rules);
    case 'addendum':
      return readAddendum(rest, words.length);
    case 'ignored':
      return good(noValue, words.length);
    case 'level':
      return choice(levels, words[0]?.text, 'log level');
    case 'facility':
      return choice(facilities, words[0]?.text, 'log facility');
    default: {
      const [first, next] = words;
      if (!first || first.text === '') return bad('the value is missing', suggestionOf(form));
      return readFirst(form, first.text, next?.text ?? null, context);
    }
  }
}

/** What a message says would have been right. */
export function suggestionOf(form: Form): string {
  switch (form.type) {
    case 'choice':
      return Object.keys(form.words).join(', ');
    case 'time':
      return timeWanted;
    case 'number':
      return `a whole number from 0 to ${maxInt}`;
    case 'port':
      return 'a port from 1 to 65535, or the name of a service';
    default:
      return 'a value';
  }
}

/** The words that a value may be, where there are only so many; or that it may be among others. Null: anything else. */
export function valueWords(form: { readonly type: string; readonly words?: Words }): Words | null {
  if (form.words !== undefined) return form.words;
  switch (form.type) {
    case 'level':
      return levels;
    case 'facility':
      return facilities;
    case 'hash':
      return hashes;
    case 'forwardAgent':
    case 'controlPersist':
      return flags;
    case 'addKeys':
      return { ...flags, ask: 'ask', confirm: 'confirm' };
    default:
      return null;
  }
}

function readFirst(form: Form, text: Bytes, next: Bytes | null, context: ReadingContext): Reading {
  const { rules = usualRules } = context;
  switch (form.type) {
    case 'choice':
      return choice(form.words, text, 'value');
    case 'text':
      return good(word(text));
    case 'time':
      return readTime(text, rules);
    case 'number':
      return readNumber(text);
    case 'port':
      return readPort(text, context.services);
    case 'algorithms':
      return readAlgorithms(form.kind, text, rules);
    case 'gssExchanges': {
      const unknown = unknownGssExchange(text);
      return unknown === null
        ? good(word(text))
        : bad(`${quoted(unknown)} is no GSSAPI key exchange`, 'names from ssh -Q kex-gss');
    }
    case 'hash':
      return choice(hashes, text, 'hash');
    case 'forward':
      return readForwardValue(form.side, text, next, context);
    case 'rekey':
      return readRekey(text, next, rules);
    case 'escape':
      return readEscape(text);
    case 'mask': {
      const mask = maskOf(text);
      return mask === null
        ? bad(`${quoted(text)} is no mask`, 'an octal number up to 0777')
        : good(numeral(mask));
    }
    case 'qos':
      return readQos(text, next, rules);
    case 'tunnelDevice':
      return readTunnelDevice(text);
    case 'controlPersist':
      return readControlPersist(text, rules);
    case 'addKeys':
      return readAddKeys(text, next, rules);
    case 'keystrokes':
      return readKeystrokes(text);
    case 'agent':
      return readAgent(text, context.env);
    case 'forwardAgent': {
      const known = flags[lowerCase(text)];
      if (known !== undefined) return good(word(known));
      const path = readAgent(text, context.env);
      return path.ok ? good(word('yes'), 1, path.value) : path;
    }
    default:
      return bad('this keyword has no value', 'another keyword');
  }
}

const flags: Words = { yes: 'yes', true: 'yes', no: 'no', false: 'no' };
const hashes: Words = { md5: 'MD5', sha1: 'SHA1', sha256: 'SHA256', sha384: 'SHA384', sha512: 'SHA512' };
const levels: Words = {
  silent: 'SILENT',
  quiet: 'SILENT',
  fatal: 'FATAL',
  error: 'ERROR',
  info: 'INFO',
  verbose: 'VERBOSE',
  debug: 'DEBUG',
  debug1: 'DEBUG',
  debug2: 'DEBUG2',
  debug3: 'DEBUG3',
};
const facilities: Words = Object.fromEntries(
  ['DAEMON', 'USER', 'AUTH', 'AUTHPRIV', ...Array.from({ length: 8 }, (_, at) => `LOCAL${at}`)].map(
    (name) => [name.toLowerCase(), name],
  ),
);

function choice(words: Words, text: Bytes | undefined, what: string): Reading {
  const key = lowerCase(text ?? '');
  const found = Object.hasOwn(words, key) ? words[key] : undefined;
  const suggestion = Object.keys(words).join(', ');
  if (found !== undefined) return good(word(found));
  return bad(text === undefined ? 'the value is missing' : `${quoted(text)} is no ${what}`, suggestion);
}

function readTime(text: Bytes, { times }: Rules): Reading {
  if (text === 'none') return good(noValue);
  const seconds = secondsOf(text, times);
  return seconds === null ? bad(`${quoted(text)} is no time`, timeWanted) : good(numeral(seconds));
}

function readNumber(text: Bytes): Reading {
  const value = integerOf(text, 0, maxInt);
  if (typeof value === 'number') return good(numeral(value));
  return bad(
    `${quoted(text)} is ${value === 'invalid' ? 'no number' : value}`,
    suggestionOf({ type: 'number' }),
  );
}

function readPort(text: Bytes, services: Services): Reading {
  const port = portOf(text, services);
  return port > 0 ? good(numeral(port)) : bad(`${quoted(text)} is no port`, suggestionOf({ type: 'port' }));
}

function readAlgorithms(kind: Parameters<typeof unknownName>[0], text: Bytes, rules: Rules): Reading {
  if (text.startsWith('-')) return good(word(text));
  const unknown = unknownName(kind, /^[+^]/.test(text) ? text.slice(1) : text, rules);
  if (unknown === null) return good(word(text));
  return bad(`${quoted(unknown)} is no algorithm that ssh knows`, `names from ssh -Q ${queries[kind]}`);
}

const queries = { cipher: 'cipher', mac: 'mac', kex: 'kex', key: 'key', signature: 'sig' } as const;

function readForwardValue(
  side: ForwardSide,
  listen: Bytes,
  target: Bytes | null,
  context: ReadingContext,
): Reading {
  const forms = {
    local: '[bind_address:]port host:hostport, as in 8080 db:5432',
    remote: '[bind_address:]port host:hostport, or [bind_address:]port alone',
    dynamic: '[bind_address:]port, as in 1080',
  };
  if (side === 'local' && target === null) return bad('the target is missing', forms[side]);
  const aim = side === 'dynamic' ? null : target;
  const forward = readForward(side, listen, aim, context.env, context.services);
  if (forward === null) {
    return bad(`${quoted(aim === null ? listen : `${listen} ${aim}`)} is no forward`, forms[side]);
  }
  return good({ type: 'forward', forward }, aim === null ? 1 : 2);
}

function readJumpValue(text: Bytes, used: number, context: ReadingContext): Reading {
  const jump = readJump(text, context.onCommandLine, context.services, context.rules);
  if (jump !== null) return good({ type: 'jump', jump }, used);
  return bad(
    `${quoted(text)} is no list of hosts`,
    '[user@]host[:port], with commas between several, or none',
  );
}

/** IdentityAgent and ForwardAgent: a path, `$NAME`, or a path with `${NAME}` in it, which must be set. */
function readAgent(text: Bytes, env: Environment): Reading {
  const suggestion = 'a path, $NAME or none';
  const found = expanded(text, null, env);
  if (!found.ok) return bad(`${quoted(text)}: ${found.reason}`, suggestion);
  if (/^\$(?!\{)/.test(text) && !/^\$[A-Za-z0-9_]+$/.test(text)) {
    return bad(`${quoted(text)} is no name of a variable`, suggestion);
  }
  return good(word(text));
}

/** VersionAddendum: the rest of the line, whatever is in it. */
function readAddendum(rest: Bytes, used: number): Reading {
  if (rest.includes('\r')) return bad('there is a carriage return in it', 'one line of text', true);
  return good(word(lowerCase(rest) === 'none' ? '' : rest), used);
}

function withoutEquals(rest: Bytes): Bytes {
  return rest.replace(/^[\t\r\n =]+/, '');
}
