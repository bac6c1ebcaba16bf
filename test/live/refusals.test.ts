/** Bad input and bad servers, through the built command: each has its exit code, and a message that says what to do. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratch } from '../support/guard.js';
import { needs } from '../support/machine.js';
import { freePort, type Sshd, startSshd } from '../support/sshd.js';
import { until } from '../support/until.js';

const bin = join(import.meta.dirname, '../../bin/holdfast.js');
const { dir, remove } = scratch('refusals');
afterAll(remove);

interface Ended {
  readonly code: number;
  readonly said: string;
}

/** Runs `holdfast run` to its end; never longer than 20 s. */
function run(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [bin, 'run', '-F', 'none', ...args],
      { timeout: 20_000 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, said: stderr + stdout });
      },
    );
  });
}

/** A server that answers each connection with this. */
async function serve(answer: (socket: net.Socket) => void): Promise<{ port: number; close(): void }> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    answer(socket);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: typeof address === 'object' && address ? address.port : 0, close };
}

describe('what makes no sense', () => {
  it('a forward that is none', async () => {
    const { code, said } = await run('-L', '8080:db', 'localhost');
    expect(code).toBe(2);
    expect(said).toContain('-L "8080:db"');
    expect(said).toMatch(/as in 8080:db:5432/);
  });

  it('no forward at all shows one', async () => {
    const { code, said } = await run('localhost');
    expect(code).toBe(2);
    expect(said).toContain('-L 5432:localhost:5432');
  });

  it('a remote command', async () => {
    const { code, said } = await run('-L', '0:localhost:1', 'localhost', 'uptime');
    expect(code).toBe(2);
    expect(said).toContain('uptime');
  });

  it('a unix socket in a folder that is not there', async () => {
    const { code, said } = await run('-L', '/nonexistent/sock:localhost:1', 'localhost');
    expect(code).toBe(6);
    expect(said).toContain('/nonexistent/sock cannot be made: its folder must be there');
  });

  it('ServerAliveCountMax 0 would end a healthy link', async () => {
    const { code, said } = await run('-L', '0:localhost:1', '-o', 'ServerAliveCountMax=0', 'localhost');
    expect(code).toBe(2);
    expect(said).toContain('ServerAliveCountMax');
  });
});

describe('servers that are none', () => {
  const once = ['--max-attempts', '1', '-L', '0:localhost:1'];

  it('nobody listens', async () => {
    const port = await freePort();
    const { code, said } = await run(...once, '-p', String(port), '127.0.0.1');
    expect(code).toBe(5);
    expect(said).toContain(`127.0.0.1 port ${port}: connection refused (ECONNREFUSED)`);
  });

  it('a name that nobody has', async () => {
    const { code, said } = await run(...once, 'no-such-host.invalid');
    expect(code).toBe(5);
    expect(said).toContain('no-such-host.invalid');
  });

  it('something else answers', async () => {
    const server = await serve((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const { code, said } = await run(...once, '-p', String(server.port), '127.0.0.1');
    server.close();
    expect(code).toBe(5);
    expect(said).toContain('HTTP/1.1 400 Bad Request');
  });

  it('it never answers', async () => {
    const server = await serve(() => {});
    const { code, said } = await run(
      ...once,
      '-o',
      'ConnectTimeout=1',
      '-p',
      String(server.port),
      '127.0.0.1',
    );
    server.close();
    expect(code).toBe(5);
    expect(said).toContain('within 1 s (ConnectTimeout)');
  });

  it('it limits us', async () => {
    const server = await serve((socket) => socket.end('Not allowed at this time\r\n'));
    const { code, said } = await run(...once, '-p', String(server.port), '127.0.0.1');
    server.close();
    expect(code).toBe(5);
    expect(said).toContain('"Not allowed at this time"');
  });
});

needs('sshd', 'ssh').describe('a real sshd that says no', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());

  const login = (more: Readonly<Record<string, string>> = {}) =>
    Object.entries({
      Port: String(sshd.port),
      IdentityFile: sshd.keyPath,
      IdentityAgent: 'none',
      UserKnownHostsFile: sshd.knownHostsPath,
      BatchMode: 'yes',
      ...more,
    }).flatMap(([key, value]) => ['-o', `${key}=${value}`]);

  it('a port in use names who has it', async () => {
    const server = await serve(() => {});
    const forward = `${server.port}:localhost:1`;
    const { code, said } = await run(...login(), '-L', forward, `${sshd.user}@127.0.0.1`);
    server.close();
    expect(code).toBe(6);
    expect(said).toContain(`-L ${forward}: port ${server.port} is in use by process ${process.pid} (`);
  });

  it('a login that is refused is not tried again', async () => {
    const before = sshd.connections();
    const wrong = join(dir, 'wrong');
    await new Promise((done) => execFile('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', wrong], done));
    const { code, said } = await run(
      ...login({ IdentityFile: wrong }),
      '-L',
      '0:localhost:1',
      `${sshd.user}@127.0.0.1`,
    );
    expect(code).toBe(3);
    expect(said).toContain(`${sshd.user}@127.0.0.1`);
    expect(said).toContain('wrong');
    expect(sshd.connections() - before).toBe(1);
  });

  it('a missing key file is a warning', async () => {
    const missing = join(dir, 'missing');
    const { code, said } = await run(
      ...login({ IdentityFile: missing }),
      '-L',
      '0:localhost:1',
      `${sshd.user}@127.0.0.1`,
    );
    expect(code).toBe(3); // no other key is there
    expect(said).toMatch(/missing: no such file/);
  });

  it('a changed host key names both fingerprints, the file and the line', async () => {
    const known = join(dir, 'known_hosts');
    const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIDlEnVRS6zqcThWHKKMZP2M6mNc4Zq2bdU3qXAhXpYwK';
    writeFileSync(known, `# one line before\n[127.0.0.1]:${sshd.port} ssh-ed25519 ${key}\n`);
    for (const strict of ['yes', 'no']) {
      const options = login({ UserKnownHostsFile: known, StrictHostKeyChecking: strict });
      const { code, said } = await run(...options, '-L', '0:localhost:1', `${sshd.user}@127.0.0.1`);
      expect(code).toBe(4);
      expect(said.match(/SHA256:\S+/g)?.length).toBeGreaterThanOrEqual(2);
      expect(said).toContain(`${known}:2`);
    }
  });

  it('an unknown host', async () => {
    const options = login({ UserKnownHostsFile: join(dir, 'empty'), StrictHostKeyChecking: 'yes' });
    const { code, said } = await run(...options, '-L', '0:localhost:1', `${sshd.user}@127.0.0.1`);
    expect(code).toBe(4);
    expect(said).toContain('SHA256:');
  });

  it('a remote port that the server does not give, for a minute (here: until we give up)', async () => {
    const strict = await startSshd({ config: ['AllowTcpForwarding local'] });
    const options = [
      '-p',
      String(strict.port),
      '-o',
      `UserKnownHostsFile=${strict.knownHostsPath}`,
      '-i',
      strict.keyPath,
    ];
    const asked = ['-R', '0:localhost:1', '--give-up-after', '4s', '-o', 'IdentityAgent=none'];
    const running = run(...options, ...asked, `${strict.user}@127.0.0.1`);
    // The link is up, so nothing gives up: the forward alone is refused, and asked for again without a login.
    await until('it is logged in', () => strict.logins() > 0, { withinMs: 20_000 });
    await new Promise((later) => setTimeout(later, 5_000));
    expect(strict.logins()).toBe(1);
    await strict.stop();
    const { code, said } = await running;
    expect(said).toMatch(/-R 0:localhost:1.*refused/);
    expect(code).toBe(5); // the server is gone
  });
});
