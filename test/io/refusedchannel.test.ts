/** Why a server opens no channel reaches people in words, whatever the server says. */
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import ssh2 from 'ssh2';
import { afterEach, expect, it } from 'vitest';
import { freshKey } from '../../src/io/ssh/demoserver.js';
import { openTunnel } from '../../src/open.js';
import { tunnelTo } from '../support/carrying.js';
import { scratch } from '../support/guard.js';
import { needs } from '../support/machine.js';
import { startSshd } from '../support/sshd.js';
import { Caller } from '../support/streams.js';
import { until } from '../support/until.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Protocol {
  channelOpenFail(channel: number, reason: number, description: string): void;
}

/** A server that lets everybody in and refuses each channel like this. */
async function refusing(code: number, description: string) {
  const { dir, remove } = scratch('refusing');
  closing.push(remove);
  const [host, user] = [freshKey(), freshKey()];
  const files = { keyPath: path.join(dir, 'id'), knownHostsPath: path.join(dir, 'known_hosts') };
  const server = new ssh2.Server({ hostKeys: [host.private] }, (client) => {
    closing.push(() => client.end());
    client.on('error', () => {});
    client.on('authentication', (context) => context.accept());
    const protocol = (client as unknown as { _protocol: Protocol })._protocol;
    const { channelOpenFail } = protocol;
    protocol.channelOpenFail = (channel) => channelOpenFail.call(protocol, channel, code, description);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  closing.push(() => server.close());
  const { port } = server.address() as unknown as AddressInfo;
  writeFileSync(files.keyPath, user.private, { mode: 0o600 });
  writeFileSync(files.knownHostsPath, `[127.0.0.1]:${port} ${host.public}\n`);
  return { address: '127.0.0.1', user: 'me', port, ...files };
}

/** What a client is told that comes to the only forward. */
async function reasonTo(to: Parameters<typeof tunnelTo>[0], target: string): Promise<string> {
  const reasons: string[] = [];
  const tunnel = openTunnel({
    ...tunnelTo(to, [{ local: `0:${target}` }]),
    onNotice: (notice) => {
      if (notice.type === 'client-refused') reasons.push(notice.reason);
    },
  });
  closing.push(() => tunnel.stop({ now: true }));
  await tunnel.ready;
  const caller = new Caller(tunnel.snapshot().forwards[0]?.port ?? 0);
  closing.push(() => caller.socket.destroy());
  await until('the refusal', () => reasons.length > 0);
  return reasons.join();
}

const look = "see AllowTcpForwarding and PermitOpen in the server's sshd_config";

it.each<[number, string, string]>([
  [1, '', `db:1: administratively prohibited; ${look}`],
  [1, 'open failed', `db:1: administratively prohibited: open failed; ${look}`],
  [1, 'not\u001b[2J for you', `db:1: administratively prohibited: not[2J for you; ${look}`],
  [
    2,
    '',
    'db:1: connect failed; see whether the server knows the name, and whether the port is open from there',
  ],
  [2, 'Name or service not known', 'db:1: Name or service not known'],
  [3, '', 'db:1: unknown channel type; the server does not know this kind of forward'],
  [4, '', 'db:1: resource shortage'],
  [4, 'too many', 'db:1: resource shortage: too many'],
  [4711, ' ', 'db:1: refused with reason 4711'],
])('code %d, %j', async (code, description, reason) => {
  expect(await reasonTo(await refusing(code, description), 'db:1')).toBe(reason);
});

it('a socket', async () => {
  expect(await reasonTo(await refusing(2, 'open failed'), '/run/db.sock')).toBe(
    '/run/db.sock: connect failed: open failed; see whether the path is there on the server, and AllowStreamLocalForwarding in its sshd_config',
  );
  expect(await reasonTo(await refusing(1, ''), '/run/db.sock')).toBe(
    "/run/db.sock: administratively prohibited; see AllowStreamLocalForwarding in the server's sshd_config",
  );
});

needs('sshd').it('a real sshd with PermitOpen', async () => {
  const sshd = await startSshd({ config: ['PermitOpen none'] });
  closing.push(() => sshd.stop());
  expect(await reasonTo(sshd, '127.0.0.1:1')).toMatch(
    /^127\.0\.0\.1:1: administratively prohibited.*PermitOpen/,
  );
});
