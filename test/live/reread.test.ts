/** The configuration is read again before a link is dialled anew, and at HUP and USR1. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Notice, openTunnel } from '../../src/open.js';
import { Carrying } from '../support/carrying.js';
import { needs } from '../support/machine.js';
import { here } from '../support/place.js';
import { alive } from '../support/processes.js';
import { Running } from '../support/running.js';
import { freePort, type Sshd, startSshd } from '../support/sshd.js';
import { Caller, echo } from '../support/streams.js';
import { until } from '../support/until.js';

// The first test builds the library, on a busy machine slowly.
vi.setConfig({ testTimeout: 120_000 });

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function server(): Promise<Sshd> {
  const sshd = await startSshd();
  closing.push(() => sshd.stop());
  return sshd;
}

/** What a host's block says of one of these servers. */
function lines(sshd: Sshd): string {
  return [
    `  HostName ${sshd.address}`,
    `  Port ${sshd.port}`,
    `  User ${sshd.user}`,
    `  IdentityFile ${sshd.keyPath}`,
    `  UserKnownHostsFile ${sshd.knownHostsPath}`,
    '  GlobalKnownHostsFile none',
    '  IdentityAgent none',
    '',
  ].join('\n');
}

interface Written {
  readonly sshd: Sshd;
  readonly file: string;
  readonly service: number;
}

/** A configuration with one host, `db`, at a server of its own. */
async function written(): Promise<Written> {
  const sshd = await server();
  const service = await echo().listen();
  closing.push(() => service.close());
  const file = path.join(sshd.dir, 'config');
  writeFileSync(file, `Host db\n${lines(sshd)}`);
  return { sshd, file, service: service.port };
}

async function tunnelBy({ file, service }: Written): Promise<Carrying> {
  const options = { host: 'db', configFile: file, forwards: [{ local: `0:127.0.0.1:${service}` }] };
  const tunnel = new Carrying(options);
  closing.push(() => tunnel.stop());
  return tunnel.up();
}

const notes = (tunnel: Carrying) => tunnel.told('note').map(({ text }) => text);

async function back(tunnel: Carrying): Promise<void> {
  await until('it is back', () => tunnel.told('up').length === 2, {
    withinMs: 20_000,
    detail: () => tunnel.words(),
  });
  const caller = new Caller(await tunnel.port(0));
  closing.push(() => caller.socket.destroy());
  caller.socket.write('hello');
  await until('the answer', () => caller.text === 'hello');
}

needs('sshd', 'ssh-keygen').describe('a loss, and another configuration', () => {
  it('the server has moved', async () => {
    const made = await written();
    const tunnel = await tunnelBy(made);
    const other = await server();
    writeFileSync(made.file, `Host db\n${lines(other)}`);
    await made.sshd.kill();
    await back(tunnel);
    expect(other.logins()).toBe(1);
    const said = notes(tunnel).filter((text) => text.includes('has changed'));
    expect(said).toEqual([expect.stringContaining(`Port ${made.sshd.port} -> ${other.port}`)]);
    expect(said[0]).toContain(`IdentityFile ${made.sshd.keyPath} -> ${other.keyPath}`);
  });

  it('at home, away: Match exec', async () => {
    const made = await written();
    const gate = await server();
    const away = path.join(made.sshd.dir, 'away');
    const jump = `Match host db exec "test -e ${away}"\n  ProxyJump gate\n`;
    writeFileSync(made.file, `${jump}Host db\n${lines(made.sshd)}Host gate\n${lines(gate)}`);
    const tunnel = await tunnelBy(made);
    expect(gate.logins()).toBe(0);
    writeFileSync(away, '');
    await made.sshd.restart();
    await back(tunnel);
    expect(gate.logins()).toBeGreaterThan(0);
    expect(notes(tunnel)).toContainEqual(expect.stringContaining('direct -> ProxyJump gate'));
  });

  it('a command of it that still runs ends with the tunnel, and nothing is said behind the end', async () => {
    const made = await written();
    const [slow, pid] = ['slow', 'pid'].map((name) => path.join(made.sshd.dir, name));
    const command = `test ! -e ${slow} || { echo $$ > ${pid}; exec sleep 60; }`;
    writeFileSync(
      made.file,
      `Match exec "${command}"\n  ServerAliveInterval 33\nHost db\n${lines(made.sshd)}`,
    );
    const notices: Notice[] = [];
    const tunnel = openTunnel({
      host: 'db',
      configFile: made.file,
      forwards: [{ local: `0:127.0.0.1:${made.service}` }],
      giveUpAfterMs: 1_500,
      onNotice: (notice) => notices.push(notice),
    });
    closing.push(() => tunnel.stop({ now: true }));
    await tunnel.ready;
    writeFileSync(`${slow}`, '');
    await made.sshd.kill();
    expect((await tunnel.done).ok).toBe(false);
    const running = Number(readFileSync(`${pid}`, 'utf8'));
    await until('the end of the command', () => !alive(running), { withinMs: 5_000 });
    expect(notices.at(-1)?.type).toBe('stopped');
  });

  it('a file that has become wrong changes nothing, and is said once', async () => {
    const made = await written();
    const tunnel = await tunnelBy(made);
    const right = readFileSync(made.file, 'utf8');
    writeFileSync(made.file, `Host db\n  Port none\n${right}`);
    await made.sshd.kill();
    await until('some attempts', () => tunnel.told('waiting').length > 2, { withinMs: 20_000 });
    await made.sshd.start();
    await back(tunnel);
    const said = notes(tunnel).filter((text) => text.includes('cannot be used'));
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('config');
    expect(said[0]).toMatch(/line 2|:2/);
  });

  it('forwards stay as they are, and that is said', async () => {
    const made = await written();
    const options = { host: 'db', configFile: made.file };
    const port = await freePort();
    writeFileSync(
      made.file,
      `Host db\n${lines(made.sshd)}  LocalForward ${port} 127.0.0.1:${made.service}\n`,
    );
    const tunnel = new Carrying(options);
    closing.push(() => tunnel.stop());
    await tunnel.up();
    writeFileSync(made.file, `Host db\n${lines(made.sshd)}  LocalForward 1 127.0.0.1:1\n`);
    await made.sshd.restart();
    await back(tunnel);
    expect(await tunnel.port(0)).toBe(port);
    expect(notes(tunnel)).toContainEqual(expect.stringMatching(/forwards .* restart/));
  });
});

needs('sshd', 'ssh-keygen').describe('a signal', () => {
  describe.each(['SIGHUP', 'SIGUSR1'] as const)('%s', (signal) => {
    it('reads it while connected: the next connection follows', async () => {
      const made = await written();
      const args = ['-F', made.file, '-N', '-L', `0:127.0.0.1:${made.service}`, 'db'];
      const running = new Running(here, args);
      closing.push(() => running.stop());
      await running.tells('up');
      const other = await server();
      writeFileSync(made.file, `Host db\n${lines(other)}  ServerAliveInterval 7\n`);
      running.watched.child.kill(signal);
      const changed = () => running.told('note').filter(({ notice }) => notice.text.includes('has changed'));
      await until('it is said', () => changed().length > 0, { detail: () => running.words() });
      expect(changed()[0]?.notice.text).toContain(`Port ${made.sshd.port} -> ${other.port}`);
      expect(changed()[0]?.notice.text).toContain('ServerAliveInterval 15 -> 7');
      expect(changed()[0]?.notice.text).toMatch(/next connection/);
      expect(other.logins()).toBe(0);
      await made.sshd.kill();
      await running.tells('up', 2);
      expect(other.logins()).toBe(1);
      expect(changed()).toHaveLength(1);
    });
  });

  it('a file that is gone', async () => {
    const made = await written();
    const running = new Running(here, ['-F', made.file, '-N', '-L', `0:127.0.0.1:${made.service}`, 'db']);
    closing.push(() => running.stop());
    await running.tells('up');
    rmSync(made.file);
    running.watched.child.kill('SIGHUP');
    await until('it is said', () =>
      running.told('note').some(({ notice }) => notice.text.includes('cannot be used')),
    );
    await made.sshd.restart();
    await running.tells('up', 2);
  });
});
