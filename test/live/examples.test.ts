/** Each file of examples/ does what it says, against a real sshd, found by the package's own name. */
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Watched } from '../support/client.js';
import { scratch } from '../support/guard.js';
import { plainEnv } from '../support/holdfast.js';
import { needs } from '../support/machine.js';
import { here } from '../support/place.js';
import { freePort, type Sshd, startSshd } from '../support/sshd.js';

const folder = fileURLToPath(new URL('../../examples/', import.meta.url));
const elsewhere = fileURLToPath(new URL('../support/elsewhere.cjs', import.meta.url));
const tested = ['database.mjs', 'keepalive.mjs', 'reverse.mjs', 'socks.mjs'];

it('every example is tested here', () => {
  expect(readdirSync(folder).sort()).toEqual(tested);
});

it('keepalive: gives a list of hosts a heartbeat, and no other host', async () => {
  const { dir, remove } = scratch('keepalive');
  try {
    const config = path.join(dir, 'config');
    const text = 'Host db\n  User d\n\nHost web\n  ServerAliveInterval 60\n\nHost other\n  User o\n';
    writeFileSync(config, text, { mode: 0o600 });
    const run = (...words: readonly string[]) =>
      here.exec(process.execPath, [path.join(folder, 'keepalive.mjs'), config, ...words], {
        env: plainEnv({ XDG_STATE_HOME: path.join(dir, 'state') }),
      });
    const dry = await run('db', 'web', '--dry-run');
    expect(readFileSync(config, 'utf8')).toBe(text);
    expect(dry.stdout).toContain('+  ServerAliveInterval 30\n');
    const wet = await run('db', 'web');
    expect(wet).toMatchObject({ code: 0, stderr: '' });
    expect(wet.stdout).toBe(
      [
        'db: a dead server is noticed after 120 s',
        'web: a dead server is noticed after 120 s',
        'db: ServerAliveInterval 0 -> 30',
        'web: ServerAliveInterval 60 -> 30',
        '',
      ].join('\n'),
    );
    expect(readFileSync(config, 'utf8')).toBe(
      text.replace('User d\n', 'User d\n  ServerAliveInterval 30\n').replace('60', '30'),
    );
    expect((await run('db', 'web')).stdout).toContain('nothing to do');
    expect(await run('*.corp')).toMatchObject({ code: 2, stderr: expect.stringContaining('*.corp') });
  } finally {
    remove();
  }
});

needs('sshd').describe('the examples', () => {
  let sshd: Sshd;
  let service: Server;
  const children: Watched[] = [];

  beforeAll(async () => {
    sshd = await startSshd();
    // Answers what it was sent, in capitals, when the client has said everything.
    service = createServer({ allowHalfOpen: true }, (socket) => {
      const parts: Buffer[] = [];
      socket.on('data', (part: Buffer) => parts.push(part));
      socket.on('end', () => socket.end(answerTo(Buffer.concat(parts))));
      socket.on('error', () => {});
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
  });
  afterAll(async () => {
    for (const child of children) if (!child.ended) await child.kill();
    service.close();
    await sshd.stop();
  });

  const servicePort = () => (service.address() as AddressInfo).port;

  /** The example with a host of its own configuration in place of the user's. */
  function run(name: string, ...args: readonly string[]): Watched {
    const file = path.join(folder, name);
    const env = plainEnv({ NODE_OPTIONS: `--require=${elsewhere}`, HOLDFAST_TEST_HOME: homeOf(sshd) });
    const child = new Watched(
      here.spawn(process.execPath, [file, 'example', ...args], { cwd: sshd.dir, stdio: 'pipe', env }),
    );
    children.push(child);
    return child;
  }

  it('database: asks the database and ends', async () => {
    const child = run('database.mjs', `127.0.0.1:${servicePort()}`);
    expect(await child.end(), child.stderr).toBe(0);
    expect(child.stdout).toMatch(/^the database is at 127\.0\.0\.1:\d+\nit answers N\n$/);
    expect(child.stderr).toBe('');
  });

  it('socks: carries a SOCKS client, and ends when asked', async () => {
    const port = await freePort();
    const child = run('socks.mjs', String(port));
    await child.says('up');
    const target = servicePort();
    // RFC 1928: no authentication, then CONNECT to 127.0.0.1.
    const request = Buffer.from([5, 1, 0, 1, 127, 0, 0, 1, target >> 8, target & 255]);
    const said = await exchange(port, Buffer.concat([Buffer.from([5, 1, 0]), request, Buffer.from('hello')]));
    expect(said.subarray(0, 4)).toEqual(Buffer.from([5, 0, 5, 0]));
    expect(said.toString('latin1')).toMatch(/HELLO$/);
    child.child.kill('SIGTERM');
    expect(await child.end()).toBe(0);
  });

  it('reverse: the server reaches the web server, and the port is free afterwards', async () => {
    const port = await freePort();
    const child = run('reverse.mjs', String(port));
    await child.says(`the server listens on port ${port}`);
    const said = await exchange(port, Buffer.from('GET / HTTP/1.0\r\n\r\n'));
    expect(said.toString()).toContain('hello from behind the NAT');
    child.child.kill('SIGINT');
    expect(await child.end()).toBe(0);
    await expect(exchange(port, Buffer.alloc(0))).rejects.toThrow('ECONNREFUSED');
  });
});

/** PostgreSQL without TLS answers N to the SSLRequest; everything else comes back in capitals. */
function answerTo(said: Buffer): string {
  return said.equals(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])) ? 'N' : said.toString('latin1').toUpperCase();
}

/** Sends, ends, and gives what came back. */
function exchange(port: number, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.end(bytes));
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.on('end', () => resolve(Buffer.concat(parts)));
    socket.on('error', reject);
  });
}

/**
 * A home whose configuration knows the example's host. Examples name no configuration file, and a test must not depend on
 * the one of whoever runs it.
 */
function homeOf(sshd: Sshd): string {
  const home = path.join(sshd.dir, 'home');
  mkdirSync(path.join(home, '.ssh'), { recursive: true });
  writeFileSync(
    path.join(home, '.ssh', 'config'),
    `Host example
  HostName ${sshd.address}
  Port ${sshd.port}
  User ${sshd.user}
  IdentityFile ${sshd.keyPath}
  IdentitiesOnly yes
  UserKnownHostsFile ${sshd.knownHostsPath}
  GlobalKnownHostsFile none
`,
    { mode: 0o600 },
  );
  return home;
}
