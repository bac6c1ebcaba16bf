/** The parts of the demo: its wire and its ssh server. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LossyWire, openWire } from '../../src/io/lossywire.js';
import { freshKey, type SshServer, startServer } from '../../src/io/ssh/demoserver.js';
import { scratch } from '../support/guard.js';
import { needs, program } from '../support/machine.js';
import { here } from '../support/place.js';
import { freePort } from '../support/sshd.js';
import { until } from '../support/until.js';

/** Sends back what it gets. */
async function echo(): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

/** A client, and what it heard. */
class Talk {
  readonly socket: Socket;
  heard = '';
  how: string | undefined;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.setEncoding('utf8').on('data', (text: string) => {
      this.heard += text;
    });
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.how = error.code;
    });
    this.socket.on('end', () => {
      this.how ??= 'end';
    });
  }

  async hears(text: string): Promise<void> {
    await until(`hears ${text}`, () => this.heard === text, { detail: () => this.heard });
  }

  async ends(how: string): Promise<void> {
    await until(`ends by ${how}`, () => this.how === how, { detail: () => this.how });
  }
}

describe('the wire', () => {
  let server: Server;
  let wire: LossyWire;
  const talks: Talk[] = [];
  const talk = () => {
    const one = new Talk(wire.port);
    talks.push(one);
    return one;
  };
  beforeEach(async () => {
    server = await echo();
    wire = await openWire(portOf(server));
  });
  afterEach(() => {
    wire.close();
    server.close();
    for (const { socket } of talks.splice(0)) socket.destroy();
  });

  it('carries both ways, and each end of data', async () => {
    const one = talk();
    one.socket.end('hello');
    await one.hears('hello');
    await one.ends('end');
    await until('nothing is left', () => wire.connections() === 0);
  });

  it('silence holds back old and new ones, and loses nothing', async () => {
    const old = talk();
    old.socket.write('a');
    await old.hears('a');
    wire.silence();
    old.socket.write('b');
    const young = talk();
    young.socket.write('c');
    await until('both are taken', () => wire.connections() === 2);
    // What would get through would be here after a round trip of another connection.
    const other = new Talk(portOf(server));
    other.socket.end('d');
    await other.ends('end');
    expect([old.heard, young.heard]).toEqual(['a', '']);
    await wire.restore();
    await old.hears('ab');
    await young.hears('c');
  });

  it('forgets: the old one stays silent for good, a new one gets through', async () => {
    const old = talk();
    old.socket.write('a');
    await old.hears('a');
    wire.forget();
    old.socket.write('b');
    await wire.restore();
    const young = talk();
    young.socket.write('c');
    await young.hears('c');
    expect(old.heard).toBe('a');
    wire.cut();
    await old.ends('ECONNRESET');
  });

  it('cut: resets, refuses, and is back on the same port', async () => {
    const old = talk();
    old.socket.write('a');
    await old.hears('a');
    wire.cut();
    await old.ends('ECONNRESET');
    await talk().ends('ECONNREFUSED');
    await wire.restore();
    const young = talk();
    young.socket.write('c');
    await young.hears('c');
  });
});

needs('ssh').describe('the ssh server', () => {
  const { dir, remove } = scratch('demo-server');
  let target: Server;
  let server: SshServer;
  beforeAll(async () => {
    target = await echo();
    server = await startServer(portOf(target));
    writeFileSync(path.join(dir, 'key'), server.userKey, { mode: 0o600 });
    writeFileSync(path.join(dir, 'known_hosts'), `demo ${server.hostKey}\n`);
  });
  afterAll(() => {
    server.close();
    target.close();
    remove();
  });

  const ssh = (key: string, to: string) => {
    const options = {
      HostKeyAlias: 'demo',
      UserKnownHostsFile: path.join(dir, 'known_hosts'),
      GlobalKnownHostsFile: 'none',
      StrictHostKeyChecking: 'yes',
      IdentitiesOnly: 'yes',
      IdentityAgent: 'none',
      BatchMode: 'yes',
    };
    const set = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    const args = ['-F', 'none', ...set, '-i', path.join(dir, key), '-p', String(server.port), '-W', to];
    return here.exec(program('ssh'), [...args, 'demo@127.0.0.1'], { input: 'hello' });
  };

  it('lets its key in, to the one port', async () => {
    const before = server.logins();
    expect(await ssh('key', `127.0.0.1:${portOf(target)}`)).toMatchObject({ code: 0, stdout: 'hello' });
    expect(server.logins()).toBe(before + 1);
  });

  it('opens nothing else', async () => {
    const elsewhere = await freePort();
    for (const to of [`127.0.0.1:${elsewhere}`, `localhost:${portOf(target)}`]) {
      const { code, stderr } = await ssh('key', to);
      expect(code).not.toBe(0);
      expect(stderr).toContain('open failed');
    }
  });

  it('lets no other key in', async () => {
    await here.must(program('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(dir, 'other')]);
    const before = server.logins();
    const { code, stderr } = await ssh('other', `127.0.0.1:${portOf(target)}`);
    expect(code).toBe(255);
    expect(stderr).toContain('Permission denied (publickey)');
    expect(server.logins()).toBe(before);
  });
});

it('each of 2,000 keys can be read', () => {
  for (let made = 0; made < 2_000; made += 1)
    expect(ssh2.utils.parseKey(freshKey().private)).not.toBeInstanceOf(Error);
});
