/** The real ssh as the judge: it meets the same key with the same known_hosts, and says what it makes of it. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TrustRequest } from '../../src/core/request/request.js';
import { decideTrust } from '../../src/core/trust/hosttrust.js';
import { readTrust } from '../../src/io/trust.js';
import { scratch } from '../support/guard.js';
import { needs, program } from '../support/machine.js';
import { here } from '../support/place.js';

type Strict = TrustRequest['strict'];

const { dir, remove } = scratch('trust-ssh');
const address = '127.0.0.1';

needs('ssh', 'ssh-keygen').describe('what ssh makes of a host key', () => {
  const server = { port: 0, close: (): Promise<unknown> => Promise.resolve() };
  const lines = { own: '', ed25519: '', rsa: '', ecdsa: '' };
  let blob = Buffer.alloc(0);
  let count = 0;

  function makeKey(name: string, type: string): string {
    const at = path.join(dir, name);
    execFileSync(program('ssh-keygen'), ['-q', '-t', type, '-N', '', '-C', '', '-f', at]);
    return readFileSync(`${at}.pub`, 'utf8').trim();
  }

  beforeAll(async () => {
    lines.own = makeKey('own', 'ed25519');
    for (const type of ['ed25519', 'rsa', 'ecdsa'] as const) lines[type] = makeKey(type, type);
    blob = Buffer.from(lines.own.split(' ')[1] ?? '', 'base64');
    const sshd = new ssh2.Server({ hostKeys: [readFileSync(path.join(dir, 'own'))] }, (client) => {
      client.on('authentication', (context) => context.reject()).on('error', () => {});
    });
    await once(sshd.listen(0, address), 'listening');
    server.port = (sshd.address() as AddressInfo).port;
    server.close = () => new Promise((resolve) => sshd.close(resolve));
  });

  afterAll(async () => {
    await server.close();
    remove();
  });

  function fresh(text: string | null): string {
    count += 1;
    const at = path.join(dir, `kh-${count}`);
    if (text !== null) writeFileSync(at, text);
    return at;
  }

  /** ssh goes as far as the login, which our server refuses. Gives what it says on the way. */
  async function ssh(file: string, strict: Strict, more: string[] = [], env: NodeJS.ProcessEnv = {}) {
    const options = [
      `UserKnownHostsFile=${file}`,
      'GlobalKnownHostsFile=/dev/null',
      `StrictHostKeyChecking=${strict}`,
      'HashKnownHosts=no',
      'IdentityFile=/dev/null',
      'IdentityAgent=none',
      'PreferredAuthentications=publickey',
    ].flatMap((option) => ['-o', option]);
    const args = ['-F', 'none', '-vvv', '-N', '-p', String(server.port), ...options, ...more, address];
    const { stderr } = await here.exec(program('ssh'), args, {
      env: { PATH: process.env.PATH, LC_ALL: 'C', HOME: dir, ...env },
    });
    return stderr;
  }

  function verdict(said: string): string {
    if (said.includes('REVOKED HOST KEY DETECTED')) return 'revoked';
    if (said.includes('REMOTE HOST IDENTIFICATION HAS CHANGED')) return 'changed';
    if (/host key is known for .* and you have requested strict checking/.test(said)) return 'unknown';
    if (/is known and matches the \S+ host key/.test(said)) return 'known';
    throw new Error(`ssh said none of it:\n${said}`);
  }

  function request(file: string | null, strict: Strict): TrustRequest {
    const name = `[${address}]:${server.port}`;
    return {
      strict,
      userFiles: file === null ? [] : [file],
      globalFiles: [],
      hash: false,
      revoked: null,
      leastRsaBits: 1_024,
      name,
    };
  }

  it.each([
    ['nothing', () => '', 'unknown'],
    ['the key', (name: string) => `${name} ${lines.own}`, 'known'],
    ['the key without the port', () => `${address} ${lines.own}`, 'known'],
    ['another key without the port', () => `${address} ${lines.ed25519}`, 'unknown'],
    ['another key of the type', (name: string) => `${name} ${lines.ed25519}`, 'changed'],
    ['a key of another type only', (name: string) => `${name} ${lines.rsa}`, 'changed'],
    [
      'another key, and the key without the port',
      (name: string) => `${name} ${lines.rsa}\n${address} ${lines.own}`,
      'changed',
    ],
    ['the key among others', (name: string) => `${name} ${lines.rsa}\n${name} ${lines.own}`, 'known'],
    ['the key revoked', () => `@revoked * ${lines.own}`, 'revoked'],
    [
      'the key known and revoked',
      (name: string) => `${name} ${lines.own}\n@revoked * ${lines.own}`,
      'revoked',
    ],
    ['the key revoked without the port', () => `@revoked ${address} ${lines.own}`, 'revoked'],
    ['another key revoked', () => `@revoked * ${lines.rsa}`, 'unknown'],
    ['the key as an authority', (name: string) => `@cert-authority ${name} ${lines.own}`, 'unknown'],
    ['a pattern', () => `[127.*]:* ${lines.own}`, 'known'],
    ['a pattern but for this one', () => `*,!*127* ${lines.own}`, 'unknown'],
    ['a bad line', (name: string) => `${name} ssh-rsa ${lines.own.split(' ')[1]}`, 'unknown'],
  ])('with %s', async (_, text, expected) => {
    const file = fresh(`${text(`[${address}]:${server.port}`)}\n`);
    expect((await readTrust(request(file, 'yes'))).judge(blob).type).toBe(expected);
    expect(verdict(await ssh(file, 'yes'))).toBe(expected);
  });

  it('it offers the algorithms in our order', async () => {
    const offered = (said: string): string[] => {
      // The second list is the server's.
      const list = /local client KEXINIT proposal[\s\S]*?host key algorithms: (\S+)/.exec(said)?.[1] ?? '';
      return list.split(',').filter((algorithm) => !algorithm.includes('-cert-'));
    };
    const name = `[${address}]:${server.port}`;
    const defaults = offered(await ssh(fresh(''), 'yes'));
    expect(defaults[0]).toBe('ssh-ed25519');
    for (const types of [['rsa'], ['ecdsa'], ['ecdsa', 'rsa'], ['rsa', 'ed25519']] as const) {
      const file = fresh(types.map((type) => `${name} ${lines[type]}\n`).join(''));
      const ours = (await readTrust(request(file, 'yes'))).orderAlgorithms(defaults);
      expect(ours).toEqual(offered(await ssh(file, 'yes')));
    }
  });

  it('it writes the line we write', async () => {
    const theirs = fresh(null);
    expect(await ssh(theirs, 'accept-new')).toContain('Permanently added');
    const ours = fresh(null);
    await (await readTrust(request(ours, 'accept-new'))).remember(blob);
    expect(readFileSync(ours, 'utf8')).toBe(readFileSync(theirs, 'utf8'));
  });

  it('it asks what we ask', async () => {
    const elsewhere = fresh(
      `other.example,web ${lines.own}\n|1|${'A'.repeat(27)}=|${'A'.repeat(27)}= ${lines.own}\n`,
    );
    for (const file of [fresh(''), elsewhere]) {
      const asked = path.join(dir, 'promptOpened');
      const askpass = path.join(dir, 'askpass');
      writeFileSync(askpass, `#!/bin/sh\nprintf %s "$1" > '${asked}'\necho no\n`, { mode: 0o755 });
      await ssh(file, 'ask', [], { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':none' });
      const trust = request(file, 'ask');
      const decision = decideTrust((await readTrust(trust)).judge(blob), trust, true);
      // ssh adds the address it reached, and writes ~ for the home; both are not ours to know.
      const theirs = readFileSync(asked, 'utf8')
        .replace(/ \([^)]*\)' can't/, "' can't")
        .replaceAll('~', dir);
      expect(decision).toMatchObject({ type: 'ask', question: { text: theirs } });
    }
  });

  it('with no file to remember it in, it refuses a new host even with StrictHostKeyChecking no', async () => {
    for (const strict of ['no', 'accept-new'] as const) {
      expect(await ssh('none', strict)).toContain('Host key verification failed');
      const trust = request(null, strict);
      expect(decideTrust((await readTrust(trust)).judge(blob), trust, true).type).toBe('refuse');
    }
  });

  it('with StrictHostKeyChecking no it accepts a changed key; we do not, and give the way out', async () => {
    const name = `[${address}]:${server.port}`;
    const file = fresh(`web ${lines.own}\n${name} ${lines.rsa}\n${name} ${lines.ecdsa}\n`);
    const said = await ssh(file, 'no');
    expect(verdict(said)).toBe('changed');
    expect(said).not.toContain('Host key verification failed');
    const trust = request(file, 'no');
    const decision = decideTrust((await readTrust(trust)).judge(blob), trust, true);
    if (decision.type !== 'refuse') throw new Error(`not refused but ${decision.type}`);
    const command = /ssh-keygen -f \S+ -R '[^']+'/.exec(decision.failure.message)?.[0] ?? 'false';
    execFileSync('sh', ['-c', command], { stdio: 'ignore' });
    expect(readFileSync(file, 'utf8')).toBe(`web ${lines.own}\n`);
    expect((await readTrust(trust)).judge(blob).type).toBe('unknown');
  });
});
