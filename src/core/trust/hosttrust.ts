/**
 * What to do about a host key, given what known_hosts says of it. As check_host_key in OpenSSH's sshconnect.c, but for
 * one thing: a changed or revoked key is refused even with StrictHostKeyChecking no. (ssh goes on there, without
 * passwords and without port forwarding, which leaves nothing for a tunnel.)
 */

import { type Failure, failure } from '../failure.js';
import type { Prompt } from '../prompt.js';
import type { TrustRequest } from '../request/request.js';
import { shellWord } from '../text/shellword.js';
import { rsaBitsOf } from './hostkey.js';
import type { KeyFace, KeyJudgement, KnownKey } from './knownhosts.js';
import type { Revocation } from './revokedkeys.js';

export type HostKeyQuestion = Extract<Prompt, { type: 'host-key' }>;

/** What becomes of a host key. */
export type TrustDecision =
  | { readonly type: 'accept' }
  | { readonly type: 'acceptAndRemember' }
  /** The user is prompted; `decideAnswer` takes the answer. */
  | { readonly type: 'ask'; readonly question: HostKeyQuestion }
  | { readonly type: 'refuse'; readonly failure: Failure };

/** How many lines of other names or other keys are shown (ssh: 8). */
const shownLines = 8;

/** What ssh says to an answer that is none; it marks the second time we ask. */
const repeatedPrompt = "Please type 'yes', 'no' or the fingerprint: ";

/** `canAsk`: there is a person, and BatchMode is off. */
export function decideTrust(judgement: KeyJudgement, trust: TrustRequest, canAsk: boolean): TrustDecision {
  switch (judgement.type) {
    case 'known':
      return { type: 'accept' };
    case 'changed':
      return refuse(changed(judgement.offered, judgement.known, trust));
    case 'revoked':
      return refuse(
        `the ${face(judgement.offered)} of ${trust.name} is marked as revoked ` +
          `(${judgement.file}:${judgement.line}); a revoked key is never accepted${butNo(trust)}`,
      );
    case 'unknown':
      return decideUnknown(judgement.offered, judgement.elsewhere, trust, canAsk);
  }
}

function decideUnknown(
  offered: KeyFace,
  elsewhere: readonly string[],
  trust: TrustRequest,
  canAsk: boolean,
): TrustDecision {
  const what = `no ${offered.keyType} host key is known for ${trust.name}, which shows ${offered.fingerprint}`;
  const file = trust.userFiles[0];
  // ssh refuses here too, whatever StrictHostKeyChecking says: each connection would trust any key anew.
  if (file === undefined) {
    return refuse(`${what}; UserKnownHostsFile is none, so that it could not be remembered: name a file`);
  }
  const otherwise = `compare the fingerprint with the server's and add the key to ${file}`;
  if (trust.strict === 'yes') {
    return refuse(`${what}; StrictHostKeyChecking is yes: ${otherwise}`);
  }
  if (trust.strict !== 'ask') return { type: 'acceptAndRemember' };
  if (!canAsk) {
    return refuse(`${what}; there is nobody to ask: connect once with ssh to confirm it, or ${otherwise}`);
  }
  const text = [
    `The authenticity of host '${trust.name}' can't be established.`,
    `${offered.keyType} key fingerprint is ${offered.fingerprint}.`,
    ...otherNames(elsewhere),
    'Are you sure you want to continue connecting (yes/no/[fingerprint])? ',
  ].join('\n');
  return { type: 'ask', question: { type: 'host-key', name: trust.name, ...offered, text } };
}

/** As verify_host_key in sshconnect.c: the list comes before the known_hosts files, and one that is unsound refuses all keys. */
export function refuseRevoked(offered: KeyFace, found: Revocation, trust: TrustRequest): Failure | null {
  const { path, place } = trust.revoked ?? { path: '', place: '' };
  const none = 'no host key can be checked against it, so none is accepted';
  switch (found.type) {
    case 'absent':
      return null;
    case 'revoked':
      return failure(
        'untrusted',
        `the ${face(offered)} of ${trust.name} is revoked (${path}:${found.line}); a revoked key is never accepted`,
      );
    case 'unreadable':
      return failure('unchecked', `${place}: line ${found.line} of it is no public key; ${none}`);
    case 'missing':
      return failure('unchecked', `${place}: ${found.reason}; ${none}`);
    case 'krl':
      return failure(
        'config',
        `${place}: it is a key revocation list (KRL), which holdfast cannot read; want a list of public keys, one a line`,
      );
  }
}

/** RequiredRSASize for host keys (ssh_config(5)); null: the key is long enough, or no RSA key. */
export function refuseShortKey(key: Uint8Array, trust: TrustRequest): Failure | null {
  const bits = rsaBitsOf(key);
  if (bits === null || bits >= trust.leastRsaBits) return null;
  return failure(
    'untrusted',
    `the RSA host key of ${trust.name} has ${bits} bits; RequiredRSASize wants ${trust.leastRsaBits} or more`,
  );
}

/**
 * What a person's answer means, as confirm() in sshconnect.c: `yes`, or the fingerprint, is yes; `no`, nothing and no answer
 * is no. Anything else opens the prompt once more, and then counts as no.
 */
export function decideAnswer(question: HostKeyQuestion, answer: string | null): TrustDecision {
  const word = (answer ?? '').trim().split(/\s/)[0] ?? '';
  if (word.toLowerCase() === 'yes' || word === question.fingerprint) return { type: 'acceptAndRemember' };
  const isNo = word === '' || word.toLowerCase() === 'no';
  if (!isNo && question.text !== repeatedPrompt) {
    return { type: 'ask', question: { ...question, text: repeatedPrompt } };
  }
  return refuse(`the ${face(question)} of ${question.name} was not confirmed`);
}

function changed(offered: KeyFace, known: readonly KnownKey[], trust: TrustRequest): string {
  const shown = known
    .slice(0, shownLines)
    .map((key) => `${key.keyType} ${key.fingerprint} (${key.file}:${key.line})`);
  const more = known.length > shownLines ? ` and ${known.length - shownLines} more` : '';
  const commands = [...new Set(known.map(({ file }) => file))].map(
    (file) => `ssh-keygen -f ${shellWord(file)} -R ${shellWord(trust.name)}`,
  );
  return (
    `the host key of ${trust.name} has changed: it shows ${offered.keyType} ${offered.fingerprint}, ` +
    `known is ${shown.join(', ')}${more}. Somebody may be listening in, or the server has a new key. ` +
    `Only if you know that it has, remove the old one: ${commands.join('; ')}` +
    (trust.strict === 'no' ? `. A changed key is never accepted${butNo(trust)}` : '')
  );
}

function butNo(trust: TrustRequest): string {
  return trust.strict === 'no'
    ? ', even with StrictHostKeyChecking no: here holdfast differs from ssh on purpose'
    : '';
}

function otherNames(elsewhere: readonly string[]): string[] {
  if (elsewhere.length === 0) return ['This key is not known by any other names.'];
  const omitted = elsewhere.length - shownLines;
  return [
    'This host key is known by the following other names/addresses:',
    // A name could hold what a terminal would obey.
    ...elsewhere.slice(0, shownLines).map((line) => `    ${line.replace(/\p{Cc}/gu, '?')}`),
    ...(omitted > 0 ? [`    (${omitted} additional names omitted)`] : []),
  ];
}

function face(key: KeyFace): string {
  return `${key.keyType} host key ${key.fingerprint}`;
}

function refuse(message: string): TrustDecision {
  return { type: 'refuse', failure: failure('untrusted', message) };
}
