/** Algorithms: those that a real sshd and the built command have in common, and what is said when there are none. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../support/machine.js';
import { type Sshd, type SshdOptions, startSshd } from '../support/sshd.js';

const bin = join(import.meta.dirname, '../../bin/holdfast.js');

interface Ended {
  readonly code: number;
  readonly said: string;
}

/** Runs `holdfast run` with a forward to its end; never longer than 20 s. */
function run(sshd: Sshd, ...options: readonly string[]): Promise<Ended> {
  const args = ['run', '-L', '0:localhost:1', ...sshd.sshArgs(...options)];
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], { timeout: 20_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, said: stderr + stdout });
    });
  });
}

const lacking: readonly (readonly [string, SshdOptions, readonly string[]])[] = [
  [
    'a key exchange',
    { config: ['KexAlgorithms sntrup761x25519-sha512@openssh.com'] },
    [
      'no key exchange in common: the server offers sntrup761x25519-sha512@openssh.com; holdfast offers ',
      'curve25519-sha256',
      'the server must offer one of ours too, by KexAlgorithms in its sshd_config',
    ],
  ],
  [
    'a host key algorithm',
    { hostKeys: ['rsa'], config: ['HostKeyAlgorithms ssh-rsa'] },
    [
      'no host key algorithm in common: the server offers ssh-rsa; holdfast offers ',
      '-o HostKeyAlgorithms=+ssh-rsa offers what the server has',
    ],
  ],
  [
    'a cipher',
    { config: ['Ciphers aes256-cbc'] },
    [
      'no cipher in common: the server offers aes256-cbc; holdfast offers ',
      '-o Ciphers=+aes256-cbc offers what the server has',
    ],
  ],
  [
    'a MAC',
    { config: ['Ciphers aes128-ctr', 'MACs umac-64@openssh.com'] },
    [
      'no MAC in common: the server offers umac-64@openssh.com; holdfast offers ',
      'the server must offer one of ours too, by MACs in its sshd_config',
    ],
  ],
];

needs('sshd').describe('a server that has nothing in common with us', () => {
  describe.each(lacking)('%s', (_name, options, sentences) => {
    let sshd: Sshd;
    beforeAll(async () => {
      sshd = await startSshd(options);
    });
    afterAll(() => sshd?.stop());

    it('ends the tunnel with exit 3 at once, and both lists are named', async () => {
      const { code, said } = await run(sshd);
      expect(said).toContain(`${sshd.address} port ${sshd.port}: no `);
      for (const sentence of sentences) expect(said).toContain(sentence);
      expect(code).toBe(3);
      expect(sshd.connections()).toBe(1);
    });
  });
});
