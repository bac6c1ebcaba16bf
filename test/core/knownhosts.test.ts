import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { wire } from '../../src/core/net/wireformat.js';
import { encodeBase64, keyTypeOf } from '../../src/core/trust/hostkey.js';
import {
  type Digests,
  formatHostLine,
  judgeHostKey,
  lookUpHost,
  orderHostKeyAlgorithms,
} from '../../src/core/trust/knownhosts.js';

const digests: Digests = {
  hmacSha1: (key, text) => createHmac('sha1', key).update(text).digest(),
  fingerprint: (blob) => `SHA256:${createHash('sha256').update(blob).digest('base64').replace('=', '')}`,
};

const ed = (seed: number) => wire('ssh-ed25519', new Uint8Array(32).fill(seed));
const rsa = (seed: number) => wire('ssh-rsa', new Uint8Array([1, 0, 1]), new Uint8Array(257).fill(seed, 1));
const ecdsa = wire('ecdsa-sha2-nistp256', 'nistp256', new Uint8Array(65).fill(4));
const sk = wire('sk-ssh-ed25519@openssh.com', new Uint8Array(32).fill(9), 'ssh:');

const b64 = encodeBase64;
const ed1 = `ssh-ed25519 ${b64(ed(1))}`;
const ed2 = `ssh-ed25519 ${b64(ed(2))}`;
const rsa1 = `ssh-rsa ${b64(rsa(1))}`;

/** What is judged of ed(1) under the name, in short. */
function judge(text: string, name = 'db', blob: Uint8Array = ed(1)): string {
  const judgement = judgeHostKey(lookUpHost([{ path: 'kh', text }], name, digests), blob);
  switch (judgement.type) {
    case 'known':
    case 'revoked':
      return `${judgement.type} ${judgement.file}:${judgement.line}`;
    case 'changed':
      return `changed ${judgement.known.map((key) => `${key.keyType}@${key.line}`).join(' ')}`;
    case 'unknown':
      return 'unknown';
  }
}

function hashed(name: string): string {
  const salt = new Uint8Array(20).fill(7);
  return `|1|${b64(salt)}|${b64(digests.hmacSha1(salt, name))}`;
}

describe('names', () => {
  it.each([
    ['a plain name', `db ${ed1}`, 'db', 'known kh:1'],
    ['a list', `web,db,10.0.0.1 ${ed1}`, '10.0.0.1', 'known kh:1'],
    ['the case of names does not count', `DB ${ed1}`, 'dB', 'known kh:1'],
    ['a pattern', `*.example.com ${ed1}`, 'db.example.com', 'known kh:1'],
    ['one character', `db? ${ed1}`, 'db', 'unknown'],
    ['negation', `*.example.com,!db.example.com ${ed1}`, 'db.example.com', 'unknown'],
    ['negation first', `!db.example.com,*.example.com ${ed1}`, 'db.example.com', 'unknown'],
    ['negation of others', `*.example.com,!web.example.com ${ed1}`, 'db.example.com', 'known kh:1'],
    ['a port', `[db]:2222 ${ed1}`, '[db]:2222', 'known kh:1'],
    ['another port', `[db]:2222 ${ed1}`, '[db]:2223', 'unknown'],
    ['a port is not the host', `[db]:2222 ${ed1}`, 'db', 'unknown'],
    ['the host is good for its ports', `db ${ed1}`, '[db]:2222', 'known kh:1'],
    ['another key of the host says nothing about its ports', `db ${ed2}`, '[db]:2222', 'unknown'],
    ['revoked for the host is revoked for its ports', `@revoked db ${ed1}`, '[db]:2222', 'revoked kh:1'],
    ['the port wins over the host', `db ${ed1}\n[db]:2222 ${ed2}`, '[db]:2222', 'changed ED25519@2'],
    ['a pattern with a port', `[*.com]:2222 ${ed1}`, '[db.com]:2222', 'known kh:1'],
    ['hashed', `${hashed('db')} ${ed1}`, 'db', 'known kh:1'],
    ['hashed, another name', `${hashed('web')} ${ed1}`, 'db', 'unknown'],
    ['hashed with a port', `${hashed('[db]:2222')} ${ed1}`, '[db]:2222', 'known kh:1'],
    ['hashed in the case of HostKeyAlias', `${hashed('Db')} ${ed1}`, 'Db', 'known kh:1'],
    ['hashed lower-cased, as ssh writes it', `${hashed('db')} ${ed1}`, 'Db', 'known kh:1'],
    ['a hash of another kind', `${hashed('db').replace('|1|', '|2|')} ${ed1}`, 'db', 'unknown'],
    ['a hash in a list is no hash', `${hashed('db')},db ${ed1}`, 'db', 'unknown'],
    ['a salt too short', `|1|AAAA|${hashed('db').split('|')[3]} ${ed1}`, 'db', 'unknown'],
  ])('%s', (_, text, name, expected) => {
    expect(judge(text, name)).toBe(expected);
  });
});

describe('lines', () => {
  it.each([
    ['nothing', '', 'unknown'],
    ['a comment', `# db ${ed1}`, 'unknown'],
    ['an indented comment', ` \t# db ${ed1}\ndb ${ed1}`, 'known kh:2'],
    ['blanks and tabs', `  db\t \t${ed1.replace(' ', '\t')}\tsomebody\n`, 'known kh:1'],
    ['CRLF', `web ${ed2}\r\n\r\ndb ${ed1}\r\n`, 'known kh:3'],
    ['no line end at the end', `db ${ed1}`, 'known kh:1'],
    ['a line cut short does not hide the next', `db ssh-ed25519\ndb\ndb ${ed1}`, 'known kh:3'],
    ['a key cut short is no key', `db ${ed2.slice(0, -4)}`, 'unknown'],
    ['bad base64', `db ${ed2.replace('AAAA', 'AA*A')}`, 'unknown'],
    ['a type that is not the key', `db ssh-rsa ${b64(ed(2))}`, 'unknown'],
    ['an unknown type', `db ssh-new ${b64(wire('ssh-new', 'x'))}`, 'unknown'],
    ['too many fields', `db ssh-ed25519 ${b64(wire('ssh-ed25519', 'x', 'y'))}`, 'unknown'],
    ['a key of protocol 1', 'db 1024 35 123456789', 'unknown'],
    ['an unknown marker', `@trusted db ${ed1}`, 'unknown'],
    ['two markers', `@revoked @revoked db ${ed1}`, 'unknown'],
    ['a marker alone', '@revoked', 'unknown'],
    ['a certificate authority is no host key', `@cert-authority db ${ed1}`, 'unknown'],
    ['revoked', `@revoked db ${ed1}`, 'revoked kh:1'],
    ['revoked, behind a tab', `@revoked\tdb ${ed1}`, 'revoked kh:1'],
    ['revoked wins over known', `db ${ed1}\n@revoked * ${ed1}`, 'revoked kh:2'],
    ['revoked for others', `@revoked web ${ed1}\ndb ${ed1}`, 'known kh:2'],
    ['another key revoked', `@revoked * ${ed2}`, 'unknown'],
    ['changed', `db ${ed2}`, 'changed ED25519@1'],
    ['changed to another type', `db ${rsa1}`, 'changed RSA@1'],
    ['all known keys are named', `db ${ed2}\nweb ${ed1}\n* ${rsa1}`, 'changed ED25519@1 RSA@3'],
    ['one of several', `db ${ed2}\ndb ${rsa1}\ndb ${ed1}`, 'known kh:3'],
  ])('%s', (_, text, expected) => {
    expect(judge(text)).toBe(expected);
  });

  it('of several files count in their order', () => {
    const files = [
      { path: 'user', text: `web ${ed1}` },
      { path: 'global', text: `# ours\ndb ${ed1}` },
    ];
    expect(judgeHostKey(lookUpHost(files, 'db', digests), ed(1))).toMatchObject({
      type: 'known',
      file: 'global',
      line: 2,
    });
    expect(judgeHostKey(lookUpHost(files, 'mail', digests), ed(1))).toEqual({
      type: 'unknown',
      offered: { keyType: 'ED25519', fingerprint: digests.fingerprint(ed(1)) },
      elsewhere: ['user:1: web', 'global:2: db'],
    });
  });

  it('of a security key and an ECDSA key', () => {
    const text = `db sk-ssh-ed25519@openssh.com ${b64(sk)}\nweb ecdsa-sha2-nistp256 ${b64(ecdsa)}`;
    expect(judge(text, 'db', sk)).toBe('known kh:1');
    expect(judge(text, 'web', ecdsa)).toBe('known kh:2');
    expect([sk, ecdsa, rsa(1), wire('ssh-new'), new Uint8Array(3)].map(keyTypeOf)).toEqual([
      'ED25519-SK',
      'ECDSA',
      'RSA',
      'ssh-new',
      'unknown',
    ]);
  });
});

describe('the order of host key algorithms', () => {
  const defaults = [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ];
  const rsaFirst = ['rsa-sha2-512', 'rsa-sha2-256', ...defaults.slice(0, 3)];
  const ecdsaLine = `db ecdsa-sha2-nistp256 ${b64(ecdsa)}`;

  it.each([
    ['nothing known', '', defaults],
    ['the first is known', `db ${ed1}\ndb ${rsa1}`, defaults],
    ['RSA', `db ${rsa1}`, rsaFirst],
    ['of another host', `web ${rsa1}`, defaults],
    ['one curve', ecdsaLine, ['ecdsa-sha2-nistp256', 'ssh-ed25519', ...defaults.slice(2)]],
    [
      'ECDSA and RSA',
      `db ${rsa1}\n${ecdsaLine}`,
      ['ecdsa-sha2-nistp256', 'rsa-sha2-512', 'rsa-sha2-256', 'ssh-ed25519', 'ecdsa-sha2-nistp384'],
    ],
    ['a revoked key is not looked for', `db ${rsa1}\n@revoked * ${rsa1}`, defaults],
    ['a certificate authority', `@cert-authority db ${rsa1}`, defaults],
  ])('%s', (_, text, expected) => {
    const keys = lookUpHost([{ path: 'kh', text }], 'db', digests);
    expect(orderHostKeyAlgorithms(keys, defaults)).toEqual(expected);
  });

  it('follows the keys of the host where none is known for the port', () => {
    const files = [{ path: 'kh', text: `db ${rsa1}\n[web]:22 ${ed1}\nweb ${rsa1}` }];
    expect(orderHostKeyAlgorithms(lookUpHost(files, '[db]:2222', digests), defaults)).toEqual(rsaFirst);
    expect(orderHostKeyAlgorithms(lookUpHost(files, '[web]:22', digests), defaults)).toEqual(defaults);
  });
});

describe('a new line', () => {
  it('is found again under its name, and only there', () => {
    const salt = new Uint8Array(20).fill(3);
    for (const text of [
      formatHostLine('[DB]:2222', ed(1), null, digests),
      formatHostLine('[DB]:2222', ed(1), salt, digests),
    ]) {
      expect(judge(text, '[db]:2222')).toBe('known kh:1');
      expect(judge(text, '[db]:2223')).toBe('unknown');
    }
    expect(formatHostLine('DB', ed(1), null, digests)).toBe(`db ${ed1}`);
    expect(formatHostLine('db', ed(1), salt, digests)).not.toContain('db');
  });
});
