/** Values with a grammar of their own (`process_config_line_depth` in readconf.c, `parse_ipqos` and `a2tun` in misc.c). */
import { lowerCase } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import type { Words } from '../keywords/keyword.js';
import type { Rules } from '../keywords/releases.js';
import { byteOf, integerOf, maxInt, scaledOf, secondsOf } from './numbers.js';
import { bad, good, numeral, quoted, type Reading, word } from './reading.js';

const flags: Words = { yes: 'yes', true: 'yes', no: 'no', false: 'no' };

export function readRekey(text: Bytes, next: Bytes | null, { times }: Rules): Reading {
  const suggestion = 'default or bytes such as 1G, then none or a time';
  const bytes = text === 'default' ? 0n : scaledOf(text);
  if (bytes === null) return bad(`${quoted(text)} is no number of bytes`, suggestion);
  if (bytes !== 0n && bytes < 16n) return bad(`${quoted(text)} is below 16 bytes`, suggestion);
  const limit = word(String(bytes));
  if (next === null) return good(limit);
  if (next === 'none') return good(limit, 2);
  const seconds = secondsOf(next, times);
  if (seconds === null) return bad(`${quoted(next)} is no time`, suggestion);
  return good(limit, 2, numeral(seconds));
}

export function readEscape(text: Bytes): Reading {
  if (text === 'none') return good(word('none'));
  if (text.length === 1) return good(numeral(text.charCodeAt(0)));
  const code = text.charCodeAt(1);
  if (text.length === 2 && text.startsWith('^') && code >= 64 && code < 128) return good(numeral(code & 31));
  return bad(`${quoted(text)} is no escape character`, 'one character, ^ and a letter, or none');
}

/** Types of service, which later mean `none`. */
const ofOld = { lowdelay: 0x10, throughput: 0x08, reliability: 0x04 };

/** Names of IPQoS and their codes, as in misc.c: class selectors (RFC 2474) and assured forwarding (RFC 2597) by their rules. */
const qualities: Readonly<Record<string, number>> = {
  none: -1,
  ef: 0xb8,
  le: 0x01,
  ...Object.fromEntries([0, 1, 2, 3, 4, 5, 6, 7].map((precedence) => [`cs${precedence}`, precedence << 5])),
  ...Object.fromEntries(
    [1, 2, 3, 4].flatMap((group) =>
      [1, 2, 3].map((drop) => [`af${group}${drop}`, (group << 5) | (drop << 3)] as const),
    ),
  ),
  ...ofOld,
};

export function readQos(text: Bytes, next: Bytes | null, { plainQos }: Rules): Reading {
  const names: Bytes[] = [];
  for (const each of [text, next ?? text]) {
    const key = lowerCase(each);
    const number = plainQos ? integerOf(each, 0, 255) : byteOf(each);
    let found = Object.hasOwn(qualities, key)
      ? (qualities[key] ?? null)
      : typeof number === 'number'
        ? number
        : null;
    if (plainQos && Object.hasOwn(ofOld, key)) found = -1;
    if (found === null)
      return bad(`${quoted(each)} is no quality of service`, 'af11 to ef, lowdelay, none, ...');
    const name = Object.keys(qualities).find(
      (known) => qualities[known] === found && !(plainQos && Object.hasOwn(ofOld, known)),
    );
    names.push(name ?? `0x${found.toString(16).padStart(2, '0')}`);
  }
  return good({ type: 'words', words: names }, next === null ? 1 : 2);
}

export function readTunnelDevice(text: Bytes): Reading {
  const colon = text.indexOf(':');
  const parts = colon === -1 ? [text, 'any'] : [text.slice(0, colon), text.slice(colon + 1)];
  const devices: Bytes[] = [];
  for (const part of parts) {
    const device = lowerCase(part) === 'any' ? 'any' : integerOf(part, 0, maxInt - 2);
    if (device !== 'any' && typeof device !== 'number') {
      return bad(`${quoted(text)} is no pair of tunnels`, 'local[:remote], numbers or any');
    }
    devices.push(String(device));
  }
  return good(word(devices.join(':')));
}

export function readControlPersist(text: Bytes, { times }: Rules): Reading {
  const known = Object.hasOwn(flags, text) ? flags[text] : undefined;
  if (known !== undefined) return good(word(known));
  const seconds = secondsOf(text, times);
  if (seconds === null || seconds < 0)
    return bad(`${quoted(text)} is no time`, 'yes, no, or a time such as 10m');
  return good(seconds === 0 ? word('yes') : numeral(seconds));
}

const addKeys: Words = {
  yes: 'true',
  true: 'true',
  no: 'false',
  false: 'false',
  ask: 'ask',
  confirm: 'confirm',
};

export function readAddKeys(text: Bytes, next: Bytes | null, { times }: Rules): Reading {
  const suggestion = 'yes, no, ask, confirm, a time, or confirm and a time';
  const key = lowerCase(text);
  const known = Object.hasOwn(addKeys, key) ? addKeys[key] : undefined;
  if (known === 'confirm' && next !== null) {
    const seconds = secondsOf(next, times);
    if (seconds === null) return bad(`${quoted(next)} is no time`, suggestion);
    return good(word(seconds <= 0 ? 'confirm' : `confirm ${seconds}`), 2);
  }
  if (next !== null) return bad(`${quoted(`${text} ${next}`)} is nothing ssh knows`, suggestion);
  if (known !== undefined) return good(word(known));
  const seconds = secondsOf(text, times);
  if (seconds === null) return bad(`${quoted(text)} is nothing ssh knows`, suggestion);
  return good(seconds <= 0 ? word('true') : numeral(seconds));
}

/** ObscureKeystrokeTiming: milliseconds, 20 where it says yes. */
export function readKeystrokes(text: Bytes): Reading {
  const suggestion = 'yes, no, or interval:milliseconds from 1 to 1000';
  if (text === 'yes' || text === 'true') return good(word('yes'));
  if (text === 'no' || text === 'false') return good(word('no'));
  const number = text.startsWith('interval:') ? integerOf(text.slice(9), 1, 1_000) : 'invalid';
  if (typeof number !== 'number') return bad(`${quoted(text)} is nothing ssh knows`, suggestion);
  return good(number === 20 ? word('yes') : numeral(number));
}
