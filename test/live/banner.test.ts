/** What a server says to whoever logs in is shown, safely; and -v names what was negotiated and which key was taken. */
import { execFile } from 'node:child_process';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Notice, openTunnel } from '../../src/open.js';
import { tunnelTo } from '../support/carrying.js';
import { scratch } from '../support/guard.js';
import { bin, plainEnv } from '../support/holdfast.js';
import { needs, program } from '../support/machine.js';
import { here } from '../support/place.js';
import { type Sshd, startSshd } from '../support/sshd.js';
import { until } from '../support/until.js';

needs('sshd', 'ssh-keygen').describe('a server with a banner', () => {
  const { dir, remove } = scratch('banner');
  const file = path.join(dir, 'banner');
  let sshd: Sshd;
  beforeAll(async () => {
    writeFileSync(file, 'To log in visit\n  https://login.example.org/\u001b[2Ja1b2\n');
    sshd = await startSshd({ config: [`Banner ${file}`] });
  });
  afterAll(async () => {
    await sshd.stop();
    remove();
  });

  /** The command, whose only client is stdin, at its end at once. */
  function run(...more: readonly string[]): Promise<string> {
    const options = [
      `IdentityFile=${sshd.keyPath}`,
      'IdentityAgent=none',
      `UserKnownHostsFile=${sshd.knownHostsPath}`,
    ];
    const argv = [
      ...['run', '-F', 'none', ...more, '-p', String(sshd.port)],
      ...options.flatMap((option) => ['-o', option]),
      ...['-W', `127.0.0.1:${sshd.port}`, `${sshd.user}@127.0.0.1`],
    ];
    return new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [bin, ...argv],
        { env: plainEnv(), timeout: 30_000 },
        (_error, _stdout, stderr) => resolve(stderr),
      );
      child.stdin?.end('SSH-2.0-none\r\n');
    });
  }

  it('shows it once, in lines of its own, without control characters', async () => {
    const said = await run();
    expect(said).toMatch(
      /^\d\d:\d\d:\d\d 127\.0\.0\.1 says:\n {2}To log in visit\n {4}https:\/\/login\.example\.org\/\[2Ja1b2\n/,
    );
    expect(said.match(/says:/g)).toHaveLength(1);
    expect(said).not.toContain('\u001b');
  });

  it.each([
    ['-q', ['-q']],
    ['LogLevel ERROR', ['-o', 'LogLevel=ERROR']],
    ['LogLevel quiet', ['-o', 'LogLevel=quiet']],
  ])('not with %s, as in ssh', async (_, more) => {
    expect(await run(...more)).not.toContain('login.example.org');
  });

  it('the same is not told again at a reconnect; another one is', async () => {
    const notices: Notice[] = [];
    const tunnel = openTunnel({
      ...tunnelTo(sshd, [{ local: '0:127.0.0.1:1' }]),
      onNotice: (notice) => notices.push(notice),
    });
    const banners = () => notices.flatMap((notice) => (notice.type === 'banner' ? [notice.text] : []));
    const ups = () => notices.filter(({ type }) => type === 'up').length;
    try {
      await tunnel.ready;
      expect(notices.find(({ type }) => type === 'banner')).toMatchObject({ server: '127.0.0.1' });
      const again = async (count: number) => {
        await sshd.restart();
        await until('the next link', () => ups() === count);
      };
      await again(2);
      expect(banners()).toHaveLength(1);
      appendFileSync(file, 'and be quick\n');
      await again(3);
      expect(banners()).toHaveLength(2);
      expect(banners()[1]).toMatch(/and be quick$/);
    } finally {
      await tunnel.stop({ now: true });
      rmSync(file);
    }
  });

  it('-v names the addresses, the algorithms, the host key and the key that was taken', async () => {
    const said = await run('-v');
    const place = `127.0.0.1 port ${sshd.port}`;
    const print = async (key: string) => {
      const printed = await here.must(program('ssh-keygen'), ['-l', '-f', key]);
      return printed.split(' ')[1] ?? '';
    };
    expect(said).toContain(`trying ${place}`);
    expect(said).toMatch(
      new RegExp(
        `${place}: key exchange \\S+, host key ssh-ed25519, cipher \\S+, MAC (?:in the cipher|\\S+)\n`,
      ),
    );
    expect(said).toMatch(new RegExp(`${place}: its host key is SHA256:\\S{43}\n`));
    expect(said).toContain(`${place}: logged in as ${sshd.user} with the key `);
    expect(said).toContain(`(ssh-ed25519 ${await print(`${sshd.keyPath}.pub`)})`);
  });
});

it('a name with several addresses: each that is tried', async () => {
  const notices: Notice[] = [];
  const tunnel = openTunnel({
    host: 'me@localhost',
    configFile: 'none',
    options: { Port: 1 },
    forwards: [{ local: '0:a:1' }],
    maxAttempts: 1,
    onNotice: (notice) => notices.push(notice),
  });
  await tunnel.done;
  const details = notices.flatMap((notice) => (notice.type === 'detail' ? [notice.text] : []));
  expect(details.filter((text) => /^trying (?:127\.0\.0\.1|::1) port 1$/.test(text)).length).toBeGreaterThan(
    0,
  );
});
