import { describe, expect, it } from 'vitest';
import type { TrustRequest } from '../../src/core/request/request.js';
import {
  decideAnswer,
  decideTrust,
  type HostKeyQuestion,
  type TrustDecision,
} from '../../src/core/trust/hosttrust.js';
import type { KeyJudgement } from '../../src/core/trust/knownhosts.js';

const offered = { keyType: 'ED25519', fingerprint: 'SHA256:new' };
const known: KeyJudgement = { type: 'known', offered, file: '/kh', line: 1 };
const unknown: KeyJudgement = { type: 'unknown', offered, elsewhere: [] };
const changed: KeyJudgement = {
  type: 'changed',
  offered,
  known: [
    { keyType: 'ED25519', fingerprint: 'SHA256:old', file: '/home/a b/kh', line: 3 },
    { keyType: 'RSA', fingerprint: 'SHA256:older', file: '/etc/kh', line: 7 },
  ],
};
const revoked: KeyJudgement = { type: 'revoked', offered, file: '/etc/revoked', line: 9 };

function trust(strict: TrustRequest['strict'], userFiles: string[] = ['/kh']): TrustRequest {
  return {
    strict,
    userFiles,
    globalFiles: [],
    hash: false,
    revoked: null,
    leastRsaBits: 1_024,
    name: '[db]:2222',
  };
}

function refusal(decision: TrustDecision): string {
  if (decision.type !== 'refuse') throw new Error(`not refused but ${decision.type}`);
  expect(decision.failure.kind).toBe('untrusted');
  return decision.failure.message;
}

function question(decision: TrustDecision): HostKeyQuestion {
  if (decision.type !== 'ask') throw new Error(`not asked but ${decision.type}`);
  return decision.question;
}

describe('what is done about a host key', () => {
  const stricts = ['yes', 'accept-new', 'ask', 'no'] as const;

  it.each([
    ['known', known, ['accept', 'accept', 'accept', 'accept']],
    ['unknown', unknown, ['refuse', 'acceptAndRemember', 'ask', 'acceptAndRemember']],
    ['changed', changed, ['refuse', 'refuse', 'refuse', 'refuse']],
    ['revoked', revoked, ['refuse', 'refuse', 'refuse', 'refuse']],
  ] as const)('%s', (_, judgement, expected) => {
    expect(stricts.map((strict) => decideTrust(judgement, trust(strict), true).type)).toEqual(expected);
    const alone = expected.map((what) => (what === 'ask' ? 'refuse' : what));
    expect(stricts.map((strict) => decideTrust(judgement, trust(strict), false).type)).toEqual(alone);
  });

  it('with no file to remember it in, an unknown key is refused, as in ssh', () => {
    for (const strict of stricts) {
      expect(refusal(decideTrust(unknown, trust(strict, []), true))).toMatch(/UserKnownHostsFile/);
    }
    expect(decideTrust(known, trust('yes', []), true).type).toBe('accept');
  });
});

describe('a refusal', () => {
  it('of a changed key names both keys, the place, and the command for the old one', () => {
    const message = refusal(decideTrust(changed, trust('ask'), true));
    for (const part of [
      '[db]:2222',
      'ED25519 SHA256:new',
      'ED25519 SHA256:old (/home/a b/kh:3)',
      'RSA SHA256:older (/etc/kh:7)',
      `ssh-keygen -f '/home/a b/kh' -R '[db]:2222'`,
      `ssh-keygen -f /etc/kh -R '[db]:2222'`,
    ]) {
      expect(message).toContain(part);
    }
    expect(message).not.toContain('StrictHostKeyChecking');
  });

  it('says where it differs from ssh', () => {
    for (const judgement of [changed, revoked]) {
      expect(refusal(decideTrust(judgement, trust('no'), true))).toMatch(
        /even with StrictHostKeyChecking no: here holdfast differs from ssh on purpose/,
      );
    }
  });

  it('of a revoked key names its place', () => {
    expect(refusal(decideTrust(revoked, trust('ask'), true))).toContain(
      'SHA256:new of [db]:2222 is marked as revoked (/etc/revoked:9)',
    );
  });

  it('of an unknown key says what would help', () => {
    const strict = refusal(decideTrust(unknown, trust('yes'), true));
    expect(strict).toMatch(
      /no ED25519 host key is known for \[db\]:2222, which shows SHA256:new; StrictHostKeyChecking is yes/,
    );
    expect(strict).toContain('add the key to /kh');
    expect(refusal(decideTrust(unknown, trust('ask'), false))).toContain('nobody to ask');
  });

  it('does not grow without end', () => {
    const many = Array.from({ length: 30 }, (_, line) => ({ ...offered, file: '/kh', line }));
    const message = refusal(decideTrust({ ...changed, known: many }, trust('ask'), true));
    expect(message).toContain('(/kh:7) and 22 more');
    expect(message.match(/ssh-keygen/g)).toHaveLength(1);
  });
});

describe('the question', () => {
  it('reads as in ssh', () => {
    expect(question(decideTrust(unknown, trust('ask'), true))).toEqual({
      type: 'host-key',
      name: '[db]:2222',
      keyType: 'ED25519',
      fingerprint: 'SHA256:new',
      text:
        "The authenticity of host '[db]:2222' can't be established.\n" +
        'ED25519 key fingerprint is SHA256:new.\n' +
        'This key is not known by any other names.\n' +
        'Are you sure you want to continue connecting (yes/no/[fingerprint])? ',
    });
  });

  it('shows where the same key is known, eight at most, and nothing a terminal obeys', () => {
    const elsewhere = Array.from({ length: 10 }, (_, index) => `/kh:${index}: a\u001b[2J${index}`);
    const { text } = question(decideTrust({ ...unknown, elsewhere }, trust('ask'), true));
    expect(text).toContain('following other names/addresses:\n    /kh:0: a?[2J0\n');
    expect(text).toContain('/kh:7: a?[2J7\n    (2 additional names omitted)\nAre you sure');
    expect(text).not.toContain('/kh:8');
  });

  const asked = question(decideTrust(unknown, trust('ask'), true));

  it.each([
    ['yes', 'acceptAndRemember'],
    [' YES ', 'acceptAndRemember'],
    ['yes\n', 'acceptAndRemember'],
    ['SHA256:new', 'acceptAndRemember'],
    ['no', 'refuse'],
    ['No', 'refuse'],
    ['', 'refuse'],
    [null, 'refuse'],
    ['y', 'ask'],
    ['SHA256:NEW', 'ask'],
    ['SHA256:old', 'ask'],
  ])('answered with %j: %s', (answer, expected) => {
    expect(decideAnswer(asked, answer).type).toBe(expected);
  });

  it('is put once more after an answer that is none, and then taken for no', () => {
    const again = question(decideAnswer(asked, 'perhaps'));
    expect(again).toEqual({ ...asked, text: "Please type 'yes', 'no' or the fingerprint: " });
    expect(decideAnswer(again, 'SHA256:new').type).toBe('acceptAndRemember');
    expect(refusal(decideAnswer(again, 'perhaps'))).toBe(
      'the ED25519 host key SHA256:new of [db]:2222 was not confirmed',
    );
  });
});
