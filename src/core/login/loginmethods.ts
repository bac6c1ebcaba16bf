/** Which ways to log in may be tried, and in which order. */

import type { HostOptions } from '../request/hostoptions.js';
import type { LoginMethod } from '../request/request.js';

/** Those we have, in OpenSSH's order of preference (readconf.c, PreferredAuthentications), and what switches them off. */
const switches: readonly (readonly [LoginMethod, readonly string[]])[] = [
  ['publickey', ['PubkeyAuthentication']],
  ['keyboard-interactive', ['KbdInteractiveAuthentication', 'ChallengeResponseAuthentication']],
  ['password', ['PasswordAuthentication']],
];

export const allMethods: readonly LoginMethod[] = switches.map(([method]) => method);

/** What leaves no way at all goes to the settings' failures. */
export function loginMethods(settings: HostOptions): readonly LoginMethod[] {
  const preferred = settings.given('PreferredAuthentications');
  const names: readonly string[] = preferred?.lines[0]?.split(',') ?? allMethods;
  const off = switches.flatMap(([method, keywords]) => {
    const keyword = keywords.find((name) => /^(no|false)$/.test(settings.text(name) ?? ''));
    return keyword === undefined ? [] : [{ method, keyword }];
  });
  const methods = names.flatMap((name) => {
    const own = switches.find(([method]) => method === name)?.[0];
    return own === undefined || off.some(({ method }) => method === own) ? [] : [own];
  });
  // A server may let people in without any of them.
  if (methods.length > 0 || names.includes('none')) return methods;
  const first = preferred ?? settings.given(off[0]?.keyword ?? '');
  if (first !== null) {
    const others = off
      .filter(({ keyword }) => keyword !== first.keyword)
      .map(({ keyword }) => `${keyword} no`);
    const beside = others.length === 0 ? '' : ` with ${others.join(' and ')}`;
    const said = `${first.lines[0]}${beside} leaves no way to log in; want one of ${allMethods.join(', ')}`;
    settings.failures.push(settings.failureOf(first, said));
  }
  return methods;
}
