/** The loopback sshd of the tests, and the watchdog, seen from outside. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Watched } from '../support/client.js';
import { canMountPrivately, needs, program } from '../support/machine.js';
import { here } from '../support/place.js';
import { alive } from '../support/processes.js';
import { person, type Sshd, startSshd } from '../support/sshd.js';
import { until } from '../support/until.js';

needs('sshd', 'ssh', 'ssh-keygen').describe('an sshd on loopback', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd({
      hostKeys: ['ed25519', 'ecdsa'],
      config: ['PasswordAuthentication yes', 'Match LocalPort 1', 'DisableForwarding yes'],
    });
  });
  afterAll(() => sshd.stop());

  const ssh = (...options: string[]) => new Watched(here.spawn(program('ssh'), sshd.sshArgs(...options)));
  // sshd's own banner, fetched through a forward to itself: proof that the connection carries bytes.
  const bannerThrough = (...options: string[]) =>
    here.exec(program('ssh'), sshd.sshArgs(...options, '-W', `${sshd.address}:${sshd.port}`));

  it('lets its own key in, shows each host key it was asked for, and counts logins', async () => {
    const before = sshd.logins();
    expect((await bannerThrough('-o', 'HostKeyAlgorithms=ssh-ed25519')).stdout).toMatch(/^SSH-2\.0-/);
    expect((await bannerThrough('-o', 'HostKeyAlgorithms=ecdsa-sha2-nistp256')).stdout).toMatch(/^SSH-2\.0-/);
    expect(sshd.logins()).toBe(before + 2);
    expect(sshd.log()).toContain('Accepted publickey for');
  });

  it('refuses a key that is not authorized, and takes it once it is', async () => {
    const other = path.join(sshd.dir, 'other');
    await here.must(program('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', other]);
    const before = sshd.logins();
    const args = sshd
      .sshArgs('-W', `${sshd.address}:${sshd.port}`)
      .map((arg) => (arg === sshd.keyPath ? other : arg));
    expect((await here.exec(program('ssh'), args)).stderr).toContain('Permission denied');
    sshd.authorize(await here.must('cat', [`${other}.pub`]));
    expect((await here.exec(program('ssh'), args)).stdout).toMatch(/^SSH-2\.0-/);
    expect(sshd.logins()).toBe(before + 1);
  });

  it.runIf(canMountPrivately())('knows a person with a password', async () => {
    const askpass = path.join(sshd.dir, 'askpass');
    await here.must('sh', [
      '-c',
      `printf '#!/bin/sh\\necho "${person.password}"\\n' > ${askpass}; chmod 700 ${askpass}`,
    ]);
    const env = { ...process.env, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' };
    const options = ['-o', 'BatchMode=no', '-o', 'PubkeyAuthentication=no', '-l', person.user];
    const args = sshd.sshArgs(...options, '-W', `${sshd.address}:${sshd.port}`);
    const done = await here.exec(program('ssh'), args, { env });
    expect(done.stdout, done.stderr).toMatch(/^SSH-2\.0-/);
    expect(sshd.log()).toContain(`Accepted password for ${person.user}`);
  });

  it('ends sessions on restart, or keeps them', async () => {
    const first = ssh('-v', '-N');
    await first.says('Entering interactive session');
    await sshd.restart({ keepSessions: true });
    expect(first.ended).toBe(false);
    expect(sshd.pids().length).toBeGreaterThan(1);
    await sshd.restart();
    expect(await first.end()).toBe(255);
    expect((await bannerThrough()).stdout).toMatch(/^SSH-2\.0-/);
  });

  it('frozen, its kernel takes connections and nobody speaks; thawed, it goes on', async () => {
    sshd.freeze();
    const client = ssh('-v', '-N');
    await client.says('Connection established');
    expect(client.stderr).not.toContain('remote software version');
    sshd.thaw();
    await client.says('Entering interactive session');
    await client.kill();
  });

  it('with other host keys it is a stranger', async () => {
    await sshd.changeHostKeys();
    expect((await bannerThrough()).stderr).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED');
  });

  it('leaves nothing behind', async () => {
    const own = await startSshd();
    const pids = own.pids();
    expect(pids.length).toBeGreaterThan(0);
    await own.stop();
    expect(pids.some(alive)).toBe(false);
    expect(existsSync(own.dir)).toBe(false);
  });
});

needs('netns').it('the watchdog ends processes, namespaces and folders of a test that died', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-watchdog-'));
  const tree = spawn('sh', ['-c', 'sleep 60 & wait'], { stdio: 'ignore' });
  const inside = spawn(program('unshare'), ['--net', 'sleep', '60'], { stdio: 'ignore' });
  const network = await until('a namespace of its own', () => {
    const id = readlinkSync(`/proc/${inside.pid}/ns/net`);
    return id !== readlinkSync('/proc/self/ns/net') && id;
  });
  const script = fileURLToPath(new URL('../support/watchdog.mjs', import.meta.url));
  const watchdog = spawn(process.execPath, [script], { stdio: ['pipe', 'ignore', 'inherit'] });
  const other = spawn('sleep', ['60'], { stdio: 'ignore' });
  watchdog.stdin.end(
    `+pid ${tree.pid}\n+pid ${other.pid}\n+net ${network}\n+dir ${dir}\n-pid ${other.pid}\n`,
  );
  await until('the watchdog to finish', () => watchdog.exitCode !== null);
  expect(existsSync(dir)).toBe(false);
  await until('their end', () => tree.signalCode === 'SIGKILL' && inside.signalCode === 'SIGKILL');
  expect(other.exitCode ?? other.signalCode).toBeNull();
  other.kill('SIGKILL');
});
