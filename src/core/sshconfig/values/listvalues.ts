/** Values of several words (`process_config_line_depth` in readconf.c). */
import { lowerCase } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import type { Rules } from '../keywords/releases.js';
import type { Word } from '../syntax/linewords.js';
import { hostField, validDomain } from './jump.js';
import { secondsOf } from './numbers.js';
import { portOf, type Services } from './ports.js';
import { bad, good, quoted, type Reading, wordList } from './reading.js';

/** A list of paths; `none` only alone. `kept`: how many ssh keeps of them. */
export function readFiles(words: readonly Word[], kept = words.length): Reading {
  const fault = noneAlone(words);
  return fault ?? good(wordList(words.slice(0, kept).map(({ text }) => text)), words.length);
}

function noneAlone(words: readonly Word[], alone: readonly string[] = ['none']): Reading | null {
  if (words.some(({ text }) => text === '')) return bad('one of the words is empty', 'no empty words');
  const found = words.find(({ text }) => alone.includes(lowerCase(text)));
  if (found && words.length > 1) return bad(`${quoted(found.text)} must stand alone`, 'either it or a list');
  return null;
}

export function readSendEnv(words: readonly Word[], { moreTokens }: Rules): Reading {
  if (moreTokens && words.length === 0) return bad('the value is missing', 'names of variables', true);
  const wrong = words.find(({ text }) => text === '' || text.includes('='));
  if (wrong)
    return bad(`${quoted(wrong.text)} is no name of a variable`, 'names without "=", as in LANG LC_*');
  return good(wordList(words.map(({ text }) => text)), words.length);
}

export function readSetEnv(words: readonly Word[], { newWords, moreTokens }: Rules): Reading {
  if (moreTokens && words.length === 0) return bad('the value is missing', 'NAME=value', true);
  const wrong = words.find(({ text }) => !text.includes('='));
  if (wrong) return bad(`${quoted(wrong.text)} sets no variable`, 'NAME=value');
  if (!newWords) return good(wordList(words.map(({ text }) => text)), words.length);
  const named = new Map<Bytes, Bytes>();
  for (const { text } of words) {
    const name = text.slice(0, text.indexOf('='));
    if (!named.has(name)) named.set(name, text);
  }
  return good(wordList([...named.values()]), words.length);
}

export function readDomains(words: readonly Word[], rules: Rules): Reading {
  const fault = rules.newWords ? noneAlone(words) : null;
  if (fault !== null) return fault;
  if (rules.moreTokens && words.length === 0) return bad('the value is missing', 'domains, or none', true);
  const domains: Bytes[] = [];
  for (const { text } of words) {
    const domain = validDomain(text, rules);
    if (domain === null) return bad(`${quoted(text)} is no domain`, 'names such as corp.example');
    domains.push(lowerCase(domain));
  }
  return good(wordList(domains), words.length);
}

export function readCnames(words: readonly Word[], { newWords, moreTokens }: Rules): Reading {
  const rules: Bytes[] = [];
  if (moreTokens && words.length === 0) return bad('the value is missing', 'from_domains:to_domains', true);
  for (const { text } of words) {
    if (newWords && lowerCase(text) === 'none') {
      if (words.length > 1) return bad('"none" must stand alone', 'either it or a list');
      rules.push(`${text}:`);
    } else if (text === '*') {
      rules.push('*:*');
    } else {
      const colon = text.indexOf(':');
      if (colon === -1 || colon === text.length - 1) {
        return bad(`${quoted(text)} is no rule`, 'from_domains:to_domains');
      }
      rules.push(lowerCase(text));
    }
  }
  return good(wordList(rules), words.length);
}

/** What may stay idle how long, each as `type=time` (`parse_pattern_interval` in misc.c). */
export function readChannelTimeout(words: readonly Word[], { times }: Rules): Reading {
  const suggestion = 'none, or type=time, as in session=10m';
  for (const { text } of words) {
    if (lowerCase(text) === 'none') {
      if (words.length > 1) return bad('"none" must stand alone', 'either it or a list');
      continue;
    }
    const sign = text.indexOf('=');
    const seconds = sign < 1 ? null : secondsOf(text.slice(sign + 1), times);
    if (seconds === null) return bad(`${quoted(text)} is no time for a type`, suggestion, true);
  }
  if (words.length === 0) return bad('the value is missing', suggestion, true);
  return good(wordList(words.map(({ text }) => text)), words.length);
}

export function readRemoteOpen(words: readonly Word[], services: Services): Reading {
  const suggestion = 'any, none, or host:port';
  for (const [at, { text }] of words.entries()) {
    if (['none', 'any'].includes(lowerCase(text))) {
      if (words.length > 1 && (at > 0 || words.length > at + 1)) {
        return bad(`${quoted(text)} must stand alone`, suggestion);
      }
      continue;
    }
    const field = hostField(text);
    if (field === null || field.delimiter === '/')
      return bad(`${quoted(text)} names no host`, suggestion, true);
    if (field.rest === null || (field.rest !== '*' && portOf(field.rest, services) <= 0)) {
      return bad(`${quoted(text)} has no port`, suggestion, true);
    }
  }
  if (words.length === 0) return bad('the value is missing', suggestion, true);
  return good(wordList(words.map(({ text }) => text)), words.length);
}
