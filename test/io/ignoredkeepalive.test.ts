/** Servers that never answer `keepalive@openssh.com`: one login, nobody is reset, and a line says so. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type Notice, openTunnel, type Tunnel, type TunnelOptions } from '../../src/open.js';
import { tunnelTo } from '../support/carrying.js';
import { scratch } from '../support/guard.js';
import { type Ignoring, slowPort, startIgnoring } from '../support/ignoring.js';
import { Caller, echo } from '../support/streams.js';
import { until } from '../support/until.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function server(ignores = true): Promise<Ignoring> {
  const started = await startIgnoring(ignores);
  closing.push(started.close);
  return started;
}

async function up(options: TunnelOptions) {
  const notices: Notice[] = [];
  const tunnel: Tunnel = openTunnel({ ...options, onNotice: (notice) => notices.push(notice) });
  closing.push(() => tunnel.stop({ now: true }));
  await tunnel.ready;
  const notes = () => notices.flatMap((notice) => (notice.type === 'note' ? [notice.text] : []));
  return { tunnel, notices, notes, port: tunnel.snapshot().forwards[0]?.port ?? 0 };
}

async function service() {
  const started = await echo().listen();
  closing.push(() => started.close());
  return started;
}

/** Trouble that was told. */
function troubles(notices: readonly Notice[]): Notice[] {
  return notices.filter(({ type }) => ['suspect', 'replaced', 'down', 'drained', 'waiting'].includes(type));
}

async function echoes(caller: Caller, text: string): Promise<void> {
  caller.socket.write(text);
  await until(`the echo of ${text}`, () => caller.text.includes(text));
}

it('an idle client lives on the one login, past many times the interval', async () => {
  const sshd = await server();
  const { port: target } = await service();
  // A silent server would be given up after 2 s.
  const options = { ServerAliveInterval: 1, ServerAliveCountMax: 1 };
  const { notices, notes, port } = await up(
    tunnelTo(sshd, [{ local: `0:127.0.0.1:${target}` }], { options }),
  );
  const caller = new Caller(port);
  await echoes(caller, 'before');
  await until('it was asked often', () => sshd.seen.refused >= 8, { withinMs: 30_000 });
  await echoes(caller, 'after');
  expect(sshd.seen).toMatchObject({ logins: 1, ignored: 1 });
  expect(troubles(notices)).toEqual([]);
  expect(notes().filter((text) => text.includes('keepalive@openssh.com'))).toEqual([
    `127.0.0.1 port ${sshd.port} does not answer keepalive@openssh.com: its heartbeat is a channel that it has to refuse instead`,
  ]);
  // The next tunnel of this process knows.
  const next = await up(tunnelTo(sshd, [{ local: `0:127.0.0.1:${target}` }], { options }));
  const before = sshd.seen.refused;
  await until('both are asked', () => sshd.seen.refused >= before + 4, { withinMs: 30_000 });
  expect(sshd.seen).toMatchObject({ logins: 2, ignored: 1 });
  expect(troubles(next.notices)).toEqual([]);
}, 90_000);

it('with ServerAliveInterval 0 clients that come bring no login of their own', async () => {
  const sshd = await server();
  const options = { ServerAliveInterval: 0 };
  const { tunnel, notices, port } = await up(
    tunnelTo(sshd, [{ local: `0:127.0.0.1:${slowPort}` }], { options }),
  );
  for (let client = 1; client <= 3; client++) {
    // The arrival on a connection that was quiet for over a second is a question.
    await until('it is quiet', () => (tunnel.snapshot().links[0]?.quietMs ?? 0) > 1_100);
    const caller = new Caller(port);
    closing.push(() => caller.socket.destroy());
    await until('it answered', () => sshd.seen.refused >= client);
  }
  expect(sshd.seen).toEqual({ logins: 1, ignored: 1, refused: 3 });
  expect(troubles(notices)).toEqual([]);
}, 60_000);

it('a server that answers them is asked by nothing else', async () => {
  const sshd = await server(false);
  const options = { ServerAliveInterval: 1, ServerAliveCountMax: 1 };
  const { notices, notes } = await up(tunnelTo(sshd, [{ local: '0:127.0.0.1:1' }], { options }));
  const beats = () => notices.filter(({ type }) => type === 'heartbeat').length;
  await until('heartbeats', () => beats() >= 3, { withinMs: 20_000 });
  expect(sshd.seen).toEqual({ logins: 1, ignored: 0, refused: 0 });
  expect(notes().join()).not.toContain('keepalive@openssh.com');
}, 60_000);

it('a hop that ignores them is not named for the silence of the server behind it', async () => {
  const hop = await server();
  const last = await server(false);
  const { dir, remove } = scratch('ignoring-hop');
  closing.push(remove);
  const config = path.join(dir, 'config');
  const host = (name: string, { address, port, user, keyPath, knownHostsPath }: Ignoring, more = '') =>
    `Host ${name}\n  HostName ${address}\n  Port ${port}\n  User ${user}\n  IdentityFile ${keyPath}\n` +
    `  IdentityAgent none\n  UserKnownHostsFile ${knownHostsPath}\n  GlobalKnownHostsFile none\n${more}`;
  const jump = '  ProxyJump hop\n  ServerAliveInterval 1\n  ServerAliveCountMax 3\n';
  writeFileSync(config, host('hop', hop) + host('last', last, jump));
  const { notices, notes } = await up({
    ...{ host: 'last', configFile: config, forwards: [{ local: '0:127.0.0.1:1' }] },
  });
  await until('the hop is asked otherwise', () => hop.seen.refused >= 3, { withinMs: 20_000 });
  expect(notes().filter((text) => text.includes('keepalive@openssh.com'))).toHaveLength(1);
  expect(notes().join()).toContain(`127.0.0.1 port ${hop.port} does not answer`);
  expect(hop.seen).toMatchObject({ logins: 1, ignored: 1 });
  expect(troubles(notices)).toEqual([]);
  last.freeze();
  await until('it is suspect', () => notices.some(({ type }) => type === 'suspect'));
  expect(notices.find(({ type }) => type === 'suspect')).toMatchObject({ server: 'last' });
}, 60_000);
