/**
 * Names of algorithms in OpenSSH as Debian builds it, in the order of its tables, and the defaults (`ssh -Q`, sshkey.c,
 * myproposal.h). A release between has those of the judged one before it.
 */
import type { Bytes } from '../bytes.js';
import { judgedBefore, type Release } from './releases.js';

export type AlgorithmKind = 'cipher' | 'mac' | 'kex' | 'key' | 'signature';
export type AlgorithmLists = Readonly<Record<AlgorithmKind, readonly Bytes[]>>;

const list = (text: string): readonly Bytes[] => text.trim().split(/\s+/);

const keys = list(`
  ssh-ed25519 ssh-ed25519-cert-v01@openssh.com sk-ssh-ed25519@openssh.com sk-ssh-ed25519-cert-v01@openssh.com
  ecdsa-sha2-nistp256 ecdsa-sha2-nistp256-cert-v01@openssh.com ecdsa-sha2-nistp384
  ecdsa-sha2-nistp384-cert-v01@openssh.com ecdsa-sha2-nistp521 ecdsa-sha2-nistp521-cert-v01@openssh.com
  sk-ecdsa-sha2-nistp256@openssh.com sk-ecdsa-sha2-nistp256-cert-v01@openssh.com
  webauthn-sk-ecdsa-sha2-nistp256@openssh.com ssh-dss ssh-dss-cert-v01@openssh.com ssh-rsa
  ssh-rsa-cert-v01@openssh.com rsa-sha2-256 rsa-sha2-256-cert-v01@openssh.com rsa-sha2-512
  rsa-sha2-512-cert-v01@openssh.com`);
const oldKeys = list(`
  ssh-ed25519 ssh-ed25519-cert-v01@openssh.com sk-ssh-ed25519@openssh.com sk-ssh-ed25519-cert-v01@openssh.com ssh-rsa
  rsa-sha2-256 rsa-sha2-512 ssh-dss ecdsa-sha2-nistp256 ecdsa-sha2-nistp384 ecdsa-sha2-nistp521
  sk-ecdsa-sha2-nistp256@openssh.com webauthn-sk-ecdsa-sha2-nistp256@openssh.com ssh-rsa-cert-v01@openssh.com
  rsa-sha2-256-cert-v01@openssh.com rsa-sha2-512-cert-v01@openssh.com ssh-dss-cert-v01@openssh.com
  ecdsa-sha2-nistp256-cert-v01@openssh.com ecdsa-sha2-nistp384-cert-v01@openssh.com
  ecdsa-sha2-nistp521-cert-v01@openssh.com sk-ecdsa-sha2-nistp256-cert-v01@openssh.com`);
const newKeys = keys.filter((name) => !name.startsWith('ssh-dss'));
const withoutCertificates = (names: readonly Bytes[]) => names.filter((name) => !name.includes('-cert-'));

const ciphers =
  list(`3des-cbc aes128-cbc aes192-cbc aes256-cbc aes128-ctr aes192-ctr aes256-ctr aes128-gcm@openssh.com
  aes256-gcm@openssh.com chacha20-poly1305@openssh.com`);
const macs = list(`hmac-sha1 hmac-sha1-96 hmac-sha2-256 hmac-sha2-512 hmac-md5 hmac-md5-96 umac-64@openssh.com
  umac-128@openssh.com hmac-sha1-etm@openssh.com hmac-sha1-96-etm@openssh.com hmac-sha2-256-etm@openssh.com
  hmac-sha2-512-etm@openssh.com hmac-md5-etm@openssh.com hmac-md5-96-etm@openssh.com umac-64-etm@openssh.com
  umac-128-etm@openssh.com`);
const oldExchanges =
  list(`diffie-hellman-group1-sha1 diffie-hellman-group14-sha1 diffie-hellman-group14-sha256
  diffie-hellman-group16-sha512 diffie-hellman-group18-sha512 diffie-hellman-group-exchange-sha1
  diffie-hellman-group-exchange-sha256 ecdh-sha2-nistp256 ecdh-sha2-nistp384 ecdh-sha2-nistp521 curve25519-sha256
  curve25519-sha256@libssh.org`);
const exchanges = [...oldExchanges, ...list('sntrup761x25519-sha512 sntrup761x25519-sha512@openssh.com')];

const known: Readonly<Record<string, AlgorithmLists>> = {
  '8.4': {
    cipher: [...ciphers.slice(0, 4), 'rijndael-cbc@lysator.liu.se', ...ciphers.slice(4)],
    mac: macs,
    kex: [...oldExchanges, 'sntrup4591761x25519-sha512@tinyssh.org'],
    key: oldKeys,
    signature: withoutCertificates(oldKeys),
  },
  '9.2': { cipher: ciphers, mac: macs, kex: exchanges, key: keys, signature: withoutCertificates(keys) },
  '10.0': {
    cipher: ciphers,
    mac: macs,
    kex: [...exchanges, 'mlkem768x25519-sha256'],
    key: newKeys,
    signature: withoutCertificates(newKeys),
  },
};

const usualMacs = list(`umac-64-etm@openssh.com umac-128-etm@openssh.com hmac-sha2-256-etm@openssh.com
  hmac-sha2-512-etm@openssh.com hmac-sha1-etm@openssh.com umac-64@openssh.com umac-128@openssh.com hmac-sha2-256
  hmac-sha2-512 hmac-sha1`);
const oldUsualExchanges =
  list(`curve25519-sha256 curve25519-sha256@libssh.org ecdh-sha2-nistp256 ecdh-sha2-nistp384
  ecdh-sha2-nistp521 diffie-hellman-group-exchange-sha256 diffie-hellman-group16-sha512 diffie-hellman-group18-sha512
  diffie-hellman-group14-sha256`);
const usualExchanges = [
  ...list('sntrup761x25519-sha512 sntrup761x25519-sha512@openssh.com'),
  ...oldUsualExchanges,
];
const counters = list('aes128-ctr aes192-ctr aes256-ctr');
const galois = list('aes128-gcm@openssh.com aes256-gcm@openssh.com');
const chacha = 'chacha20-poly1305@openssh.com';
const usualKeys = list(`ssh-ed25519-cert-v01@openssh.com ecdsa-sha2-nistp256-cert-v01@openssh.com
  ecdsa-sha2-nistp384-cert-v01@openssh.com ecdsa-sha2-nistp521-cert-v01@openssh.com
  sk-ssh-ed25519-cert-v01@openssh.com sk-ecdsa-sha2-nistp256-cert-v01@openssh.com rsa-sha2-512-cert-v01@openssh.com
  rsa-sha2-256-cert-v01@openssh.com ssh-ed25519 ecdsa-sha2-nistp256 ecdsa-sha2-nistp384 ecdsa-sha2-nistp521
  sk-ssh-ed25519@openssh.com sk-ecdsa-sha2-nistp256@openssh.com rsa-sha2-512 rsa-sha2-256`);
const usualSignatures = usualKeys.slice(8);

const defaults: Readonly<Record<string, AlgorithmLists>> = {
  '8.4': {
    cipher: [chacha, ...counters, ...galois],
    mac: usualMacs,
    kex: oldUsualExchanges,
    key: list(`ecdsa-sha2-nistp256-cert-v01@openssh.com ecdsa-sha2-nistp384-cert-v01@openssh.com
      ecdsa-sha2-nistp521-cert-v01@openssh.com sk-ecdsa-sha2-nistp256-cert-v01@openssh.com
      ssh-ed25519-cert-v01@openssh.com sk-ssh-ed25519-cert-v01@openssh.com rsa-sha2-512-cert-v01@openssh.com
      rsa-sha2-256-cert-v01@openssh.com ssh-rsa-cert-v01@openssh.com ecdsa-sha2-nistp256 ecdsa-sha2-nistp384
      ecdsa-sha2-nistp521 sk-ecdsa-sha2-nistp256@openssh.com ssh-ed25519 sk-ssh-ed25519@openssh.com rsa-sha2-512
      rsa-sha2-256 ssh-rsa`),
    signature:
      list(`ecdsa-sha2-nistp256 ecdsa-sha2-nistp384 ecdsa-sha2-nistp521 sk-ecdsa-sha2-nistp256@openssh.com
      ssh-ed25519 sk-ssh-ed25519@openssh.com rsa-sha2-512 rsa-sha2-256`),
  },
  '9.2': {
    cipher: [chacha, ...counters, ...galois],
    mac: usualMacs,
    kex: usualExchanges,
    key: usualKeys,
    signature: usualSignatures,
  },
  '10.0': {
    cipher: [chacha, ...galois, ...counters],
    mac: usualMacs,
    kex: ['mlkem768x25519-sha256', ...usualExchanges],
    key: usualKeys,
    signature: usualSignatures,
  },
};

/** All that a release knows, each in the order of ssh's table. */
export function knownTo(release: Release): AlgorithmLists {
  const found = known[judgedBefore(release)];
  if (!found) throw new Error(`no algorithms of ${release}`);
  return found;
}

/** What it offers without a line. */
export function offeredBy(release: Release): AlgorithmLists {
  const found = defaults[judgedBefore(release)];
  if (!found) throw new Error(`no algorithms of ${release}`);
  return found;
}
