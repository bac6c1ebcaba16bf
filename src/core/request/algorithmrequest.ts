/** The algorithms to offer to a server: those of ssh_config's lists that holdfast has. */

import { textOf } from '../sshconfig/bytes.js';
import { assembledFrom } from '../sshconfig/keywords/algorithms.js';
import type { HostOptions } from './hostoptions.js';
import type { AlgorithmRequest } from './request.js';

interface Algorithms {
  /** Offered where no option and no file says anything, best first. */
  readonly usual: readonly string[];
  /** Offered only where the user names them: they are old and weak. */
  readonly rest: readonly string[];
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** What ssh2 can, by the names that OpenSSH knows too. A test holds them against ssh2. */
export const algorithms = {
  kex: {
    usual: words(`curve25519-sha256@libssh.org curve25519-sha256 ecdh-sha2-nistp256 ecdh-sha2-nistp384
      ecdh-sha2-nistp521 diffie-hellman-group-exchange-sha256 diffie-hellman-group14-sha256
      diffie-hellman-group16-sha512 diffie-hellman-group18-sha512`),
    rest: words('diffie-hellman-group-exchange-sha1 diffie-hellman-group14-sha1 diffie-hellman-group1-sha1'),
  },
  hostKey: {
    usual: words(`ssh-ed25519 ecdsa-sha2-nistp256 ecdsa-sha2-nistp384 ecdsa-sha2-nistp521 rsa-sha2-512
      rsa-sha2-256`),
    rest: words('ssh-rsa ssh-dss'),
  },
  userKey: {
    usual: words(`ssh-ed25519 ecdsa-sha2-nistp256 ecdsa-sha2-nistp384 ecdsa-sha2-nistp521 rsa-sha2-512
      rsa-sha2-256`),
    rest: words('ssh-rsa'),
  },
  cipher: {
    usual: words(`aes128-gcm@openssh.com aes256-gcm@openssh.com aes128-ctr aes192-ctr aes256-ctr
      chacha20-poly1305@openssh.com`),
    rest: words('aes256-cbc aes192-cbc aes128-cbc 3des-cbc'),
  },
  mac: {
    usual:
      words(`hmac-sha2-256-etm@openssh.com hmac-sha2-512-etm@openssh.com hmac-sha1-etm@openssh.com hmac-sha2-256
      hmac-sha2-512 hmac-sha1`),
    rest: words('hmac-md5 hmac-sha1-96 hmac-md5-96'),
  },
} as const satisfies Readonly<Record<string, Algorithms>>;

/** Lists that leave nothing to offer go to the settings' failures. */
export function algorithmRequest(settings: HostOptions): AlgorithmRequest {
  const hostKeys = offered(settings, 'HostKeyAlgorithms', algorithms.hostKey);
  return {
    kex: offered(settings, 'KexAlgorithms', algorithms.kex),
    ciphers: offered(settings, 'Ciphers', algorithms.cipher),
    macs: offered(settings, 'MACs', algorithms.mac),
    hostKeys: hostKeys ?? algorithms.hostKey.usual,
    // As ssh_kex2 in sshconnect2.c: a list that only adds or takes away leaves the order to us.
    knownKeysFirst: !/^[^+-]/.test(writtenList(settings, 'HostKeyAlgorithms') ?? ''),
  };
}

/** PubkeyAcceptedAlgorithms; null: not set. None that holdfast has means that no key is offered. */
export function userKeyAlgorithms(settings: HostOptions): readonly string[] | null {
  const names = ['PubkeyAcceptedAlgorithms', 'PubkeyAcceptedKeyTypes'];
  const keyword = names.find((name) => settings.given(name) !== null);
  const written = keyword === undefined ? null : writtenList(settings, keyword);
  return written === null ? null : chosen(algorithms.userKey, written);
}

function offered(settings: HostOptions, keyword: string, ours: Algorithms): readonly string[] | null {
  const setting = settings.given(keyword);
  const written = writtenList(settings, keyword);
  if (setting === null || written === null) return null;
  const names = chosen(ours, written);
  if (names.length === 0) {
    const all = [...ours.usual, ...ours.rest].join(',');
    settings.failures.push(
      settings.failureOf(setting, `${written}: holdfast has none of these; want some of ${all}`),
    );
  }
  return names;
}

function chosen({ usual, rest }: Algorithms, written: string): readonly string[] {
  const list = assembledFrom(usual, [...usual, ...rest], written) ?? '';
  return list === '' ? [] : list.split(',');
}

/** As it stands in the line: `ssh -G` prints what it comes to. */
function writtenList(settings: HostOptions, keyword: string): string | null {
  const value = settings.option(keyword)?.settings[0]?.value;
  return value?.type === 'word' ? textOf(value.word) : null;
}
