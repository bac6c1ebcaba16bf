/** Values that are lists with rules of their own. */
import type { Bytes } from '../bytes.js';
import { hostField } from '../values/jump.js';
import { portOf, type Services } from '../values/ports.js';
import { fatal, good, quoted, type Reading, wordList } from '../values/reading.js';

/** The methods of sshd 9.2, each with the option that must allow it (auth2.c). */
export const methodSwitches: ReadonlyMap<Bytes, string | null> = new Map([
  ['none', null],
  ['publickey', 'pubkeyauthentication'],
  ['gssapi-keyex', 'gssapiauthentication'],
  ['gssapi-with-mic', 'gssapiauthentication'],
  ['password', 'passwordauthentication'],
  ['keyboard-interactive', 'kbdinteractiveauthentication'],
  ['hostbased', 'hostbasedauthentication'],
]);

/** The methods of one list, without what stands behind their colons. */
export function methodsOf(list: Bytes): readonly Bytes[] {
  return list.split(',').map((method) => method.replace(/:.*$/s, ''));
}

/** AuthenticationMethods; whether `any` may stand on its line hangs on lines before, see `settings.ts`. */
export function readMethods(texts: readonly Bytes[]): Reading {
  const suggestion = `any, or lists of ${[...methodSwitches.keys()].join(', ')} with commas`;
  if (texts.length === 0) return fatal('the value is missing', suggestion);
  for (const [at, text] of texts.entries()) {
    if (text === 'any') {
      if (texts.slice(at + 1).some((each) => each !== 'any'))
        return fatal('"any" must stand alone', suggestion);
      continue;
    }
    if (texts.slice(0, at).includes('any')) return fatal('"any" must stand alone', suggestion);
    const unknown = methodsOf(text).find((method) => !methodSwitches.has(method));
    if (text === '' || unknown !== undefined) {
      return fatal(`${quoted(unknown ?? text)} is no method`, suggestion);
    }
  }
  return good(wordList(texts), texts.length);
}

/** PermitOpen and PermitListen. An empty word ends the list. */
export function readOpens(texts: readonly Bytes[], listens: boolean, services: Services): Reading {
  const suggestion = listens ? 'any, none, port or host:port' : 'any, none, or host:port';
  const [first = ''] = texts;
  if (first === 'any' || first === 'none') return good(wordList([first]), 1);
  const opens: Bytes[] = [];
  let used = 0;
  for (const text of texts) {
    used += 1;
    if (text === '') break;
    const alone = listens && !text.includes(':');
    const field = alone ? { rest: text, delimiter: null } : hostField(text);
    if (field === null || field.delimiter === '/') return fatal(`${quoted(text)} names no host`, suggestion);
    if (field.rest === null || (field.rest !== '*' && portOf(field.rest, services) <= 0)) {
      return fatal(`${quoted(text)} has no port`, suggestion);
    }
    opens.push(alone ? `*:${text}` : text);
  }
  return good(wordList(opens), used);
}
