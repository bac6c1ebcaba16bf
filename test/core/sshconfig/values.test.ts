/** Numbers, addresses, lists and tokens as the C library and OpenSSH 9.2 read them. Each was seen with `ssh -G`. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { assembled, unknownName } from '../../../src/core/sshconfig/keywords/algorithms.js';
import { aliases, keywordOf, keywords } from '../../../src/core/sshconfig/keywords/keywords.js';
import { permissionFault } from '../../../src/core/sshconfig/resolve/include.js';
import { canonicalAddress, looksNumeric } from '../../../src/core/sshconfig/values/canonicaladdress.js';
import { readJump } from '../../../src/core/sshconfig/values/jump.js';
import { matchList } from '../../../src/core/sshconfig/values/lists.js';
import {
  byteOf,
  integerOf,
  maskOf,
  scaledOf,
  secondsOf,
} from '../../../src/core/sshconfig/values/numbers.js';
import { expanded, untilded } from '../../../src/core/sshconfig/values/tokens.js';
import { sha1 } from '../../../src/io/machine.js';
import { valuesOf } from '../../support/configvalues.js';

const { generated, otherNames } = valuesOf('9.2');

describe('the table of keywords', () => {
  it('is generated whole', () => {
    const valued = keywords.filter(({ combine }) => combine !== 'none').map(({ name }) => name.toLowerCase());
    // PKCS11Provider and the like are there under their one spelling.
    expect(
      Object.keys(generated)
        .map((name) => name.toLowerCase())
        .sort(),
    ).toEqual([...valued].sort());
    expect(
      Object.keys(otherNames)
        .map((name) => name.toLowerCase())
        .sort(),
    ).toEqual(aliases.map(({ key }) => key).sort());
  });

  it('finds a keyword by each of its names', () => {
    expect(keywordOf('keepalive')?.name).toBe('TCPKeepAlive');
    expect(keywordOf('protocolkeepalives')?.name).toBe('ServerAliveInterval');
    expect(keywordOf('protocol')?.form.type).toBe('ignored');
    expect(keywordOf('bogus')).toBeUndefined();
  });
});

describe('convtime', () => {
  it.each([
    ['30', 30],
    ['1m30s', 90],
    ['1H', 3_600],
    ['1w', 604_800],
    ['+5', 5],
    [' 7', 7],
    ['10s5', 15],
    ['1h 30m', 5_400],
    ['-0', 0],
    ['2147483647', 2_147_483_647],
    ['2147483648', null],
    ['3551w', null],
    ['-1', null],
    ['1.5', null],
    ['1 m', null],
    ['100ms', null],
    ['', null],
  ])('%j', (text, seconds) => expect(secondsOf(text)).toBe(seconds));
});

describe('numbers', () => {
  it.each([
    ['22', 22],
    ['+22', 22],
    ['\t022', 22],
    ['-0', 0],
    ['-1', 'too small'],
    ['65536', 'too large'],
    ['99999999999999999999999', 'too large'],
    ['22x', 'invalid'],
    ['22 ', 'invalid'],
    ['', 'invalid'],
  ])('strtonum %j', (text, value) => expect(integerOf(text, 0, 65_535)).toBe(value));

  it.each([
    ['0177', 0o177],
    ['12x', 0o12],
    ['777', 0o777],
    ['1000', null],
    ['-1', null],
    ['9', null],
    ['', null],
  ])('mask %j', (text, mask) => expect(maskOf(text)).toBe(mask));

  it.each([
    ['0x10', 16],
    ['020', 16],
    ['16', 16],
    ['256', null],
    ['0x', null],
    ['1x', null],
  ])('byte %j', (text, value) => expect(byteOf(text)).toBe(value));

  it.each([
    ['1G', 1_073_741_824n],
    ['1.5M', 1_572_864n],
    ['1.25g', 1_342_177_280n],
    ['16', 16n],
    ['16.9', 16n],
    ['-1K', -1_024n],
    ['1X', null],
    ['1GB', null],
    ['1.2.3G', null],
    ['9E', null],
    ['123456789012345678901', null],
  ])('scan_scaled %j', (text, value) => expect(scaledOf(text)).toBe(value));
});

describe('addresses', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['1.2.3', '1.2.0.3'],
    ['1', '0.0.0.1'],
    ['0x7f.1', '127.0.0.1'],
    ['010.1.1.1', '8.1.1.1'],
    ['4294967295', '255.255.255.255'],
    ['4294967296', null],
    ['300.1.1.1', null],
    ['1.2.3.4.5', null],
    ['08.1.1.1', null],
    ['FE80:0::1', 'fe80::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
    ['::1.2.3.4', '::1.2.3.4'],
    ['::', '::'],
    ['1::2::3', null],
    ['12345::', null],
    ['web', null],
  ])('%s', (name, canonical) => expect(canonicalAddress(name, 'any')).toBe(canonical));

  it('of the other family are none, but for mapped ones', () => {
    expect(canonicalAddress('10.0.0.1', 'inet6')).toBeNull();
    expect(canonicalAddress('::1', 'inet')).toBeNull();
    expect(canonicalAddress('::ffff:1.2.3.4', 'inet')).toBe('1.2.3.4');
    expect(['1.2.3.4.5', 'a:b', 'x%y', 'web'].map(looksNumeric)).toEqual([true, true, true, false]);
  });
});

describe('algorithms', () => {
  it('append, remove, go in front, or stand alone', () => {
    expect(assembled('cipher', '+3des-cbc')?.endsWith(',3des-cbc')).toBe(true);
    expect(assembled('cipher', '^3des-cbc')?.startsWith('3des-cbc,chacha20')).toBe(true);
    expect(assembled('cipher', '-*')).toBe('');
    expect(assembled('cipher', 'aes128-ctr,aes128-ctr')).toBe('aes128-ctr');
    expect(assembled('key', 'rsa-sha2-*,!ssh-dss')).toBeNull();
    expect(assembled('key', 'RSA')).toBeNull();
  });

  it('are known by name, keys also by pattern and in short', () => {
    expect(unknownName('cipher', 'aes128-ctr,aes*')).toBe('aes*');
    expect(unknownName('key', 'rsa-*,ED25519')).toBeNull();
    expect(unknownName('kex', 'gss-gex-sha1-anything')).toBeNull();
    // What follows an empty name is not looked at.
    expect(unknownName('mac', 'hmac-sha1,,bogus')).toBeNull();
  });
});

describe('lists of patterns', () => {
  it.each<[string, string, string]>([
    ['web', 'a,w*', 'matched'],
    ['web', 'w*,!web', 'vetoed'],
    ['web', '!db', 'none'],
    ['web', '', 'none'],
    ['', 'a,,b', 'matched'],
    ['a', `${'*'.repeat(1_023)},a`, 'none'],
  ])('%s in %.20s', (text, list, result) => expect(matchList(text, list, false)).toBe(result));
});

describe('ProxyJump', () => {
  it.each<[string, unknown]>([
    ['bob@jump:2222', { user: 'bob', host: 'jump', port: 2_222, before: null }],
    ['a,b@c', { user: 'b', host: 'c', port: -1, before: 'a' }],
    ['[::1]:22 # x', { user: null, host: '::1', port: 22, before: null }],
    ['ssh://u%41@jump:2200', { user: 'uA', host: 'jump', port: 2_200, before: null }],
    ['NONE', 'none'],
    ['none # x', { user: null, host: 'none', port: -1, before: null }],
    ['@jump', null],
    ['a,,b', null],
    ['jump:0', null],
    ['ssh://jump/path', null],
  ])('%s', (text, value) => expect(readJump(text, false, () => null)).toEqual(value));
});

describe('tokens', () => {
  it('replace letters and variables, and refuse what is neither', () => {
    const env = { A: 'x' };
    expect(expanded('%h-%%-${A}', { h: 'web' }, env)).toEqual({ ok: true, text: 'web-%-x' });
    expect(expanded('%h ${A}', null, null)).toEqual({ ok: true, text: '%h ${A}' });
    for (const text of ['%q', '%', '${B}', '${', '${}', '${toString}']) {
      expect(expanded(text, { h: 'web' }, env).ok).toBe(false);
    }
    expect(untilded('~/a', '/home/me')).toEqual({ path: '/home/me/a' });
    expect(untilded('~', '/')).toEqual({ path: '/' });
    expect(untilded('~bob/a', '/home/me')).toEqual({ user: 'bob' });
  });

  it('have the SHA-1 of their bytes', () => {
    // The example of FIPS 180, and every value a byte has.
    expect(sha1('abc')).toBe('a9993e364706816aba3e25717850c26c9cd0d89d');
    const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    expect(sha1(String.fromCharCode(...every))).toBe(createHash('sha1').update(every).digest('hex'));
  });
});

describe('owners and modes', () => {
  const file = (mode: number, uid: number, groupIsPrivate = false) =>
    permissionFault({ type: 'file', text: '', mode, uid, groupIsPrivate }, 1_000)?.reason ?? null;
  it('are yours or root, and nobody else may write', () => {
    expect(file(0o644, 1_000)).toBeNull();
    expect(file(0o644, 0)).toBeNull();
    expect(file(0o600, 7)).toBe('it belongs to another user');
    expect(file(0o602, 1_000)).toBe('everyone may write to it');
    expect(file(0o620, 1_000)).toBe('its group may write to it');
    expect(file(0o620, 1_000, true)).toBeNull();
  });
});
