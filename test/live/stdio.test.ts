/** `holdfast run -W`: standard input and output through a server, by itself and as the ProxyCommand of the system's ssh. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { scratch } from '../support/guard.js';
import { bin, plainEnv } from '../support/holdfast.js';
import { needs, program } from '../support/machine.js';
import { freePort, type Sshd, startSshd } from '../support/sshd.js';
import { blocks, digest } from '../support/streams.js';
import { until } from '../support/until.js';

const bytes = 20_000_000;

/** A child whose output is bytes. */
class Speaker {
  readonly #hash = createHash('sha1');
  received = 0;
  text = '';
  stderr = '';
  /** Its standard output has ended. */
  silent = false;

  constructor(readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#hash.update(chunk);
      this.received += chunk.length;
      if (this.text.length < 1_024) this.text += chunk.toString('latin1', 0, 1_024);
    });
    child.stdout?.on('end', () => {
      this.silent = true;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    child.stdin?.on('error', () => {});
  }

  digest(): string {
    return this.#hash.digest('hex');
  }

  async end(withinMs = 15_000): Promise<number | NodeJS.Signals | null> {
    const ended = () => this.child.exitCode !== null || this.child.signalCode !== null;
    await until('its end', ended, { withinMs, detail: () => `${this.received} ${this.stderr}` });
    return this.child.exitCode ?? this.child.signalCode;
  }

  async pour(seed: number, count: number): Promise<void> {
    const { stdin } = this.child;
    if (!stdin) return;
    for (const part of blocks(seed, count)) if (!stdin.write(part)) await once(stdin, 'drain');
    stdin.end();
  }
}

needs('sshd', 'ssh').describe('run -W', () => {
  let gate: Sshd;
  let target: Sshd;
  let dir = '';
  let remove = () => {};
  let config = '';
  const children: ChildProcess[] = [];
  const servers: Server[] = [];

  beforeAll(async () => {
    ({ dir, remove } = scratch('stdio'));
    [gate, target] = await Promise.all([startSshd(), startSshd()]);
    config = path.join(dir, 'config');
    const taken = await freePort();
    writeFileSync(
      config,
      [
        'Host gate gone',
        `  HostName ${gate.address}`,
        `  User ${gate.user}`,
        `  IdentityFile ${gate.keyPath}`,
        `  UserKnownHostsFile ${gate.knownHostsPath}`,
        '  IdentityAgent none',
        '  GlobalKnownHostsFile none',
        // Forwards of the files are no business of -W.
        `  LocalForward ${taken} localhost:1`,
        'Host gate',
        `  Port ${gate.port}`,
        'Host gone',
        `  Port ${taken}`,
        '',
      ].join('\n'),
    );
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const server of servers.splice(0)) server.close();
  });
  afterAll(async () => {
    await Promise.all([gate?.stop(), target?.stop()]);
    remove();
  });

  function spoken(command: string, args: readonly string[], stdio: ('pipe' | number)[] = []): Speaker {
    const child = spawn(command, args, {
      env: plainEnv(),
      detached: true,
      stdio: [stdio[0] ?? 'pipe', stdio[1] ?? 'pipe', 'pipe'],
    });
    children.push(child);
    return new Speaker(child);
  }

  const run = (to: string, args: readonly string[] = [], host = 'gate', stdio?: ('pipe' | number)[]) =>
    spoken(process.execPath, [bin, 'run', '-F', config, ...args, '-W', to, host], stdio);

  /** A service, and where it is. */
  async function service(serve: (socket: Socket) => void): Promise<string> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      serve(socket);
    });
    servers.push(server);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Answers with the number of bytes it was sent, once it was sent all of them. */
  const counter = () =>
    service((socket) => {
      let count = 0;
      socket.on('data', (chunk: Buffer) => {
        count += chunk.length;
      });
      socket.on('end', () => socket.end(`${count} bytes`));
    });

  it('is a ProxyCommand of the system’s ssh: 20 MB each way', { timeout: 90_000 }, async () => {
    const command = `${process.execPath} ${bin} run -F ${config} -W [%h]:%p gate`;
    const ssh = spoken(program('ssh'), [...target.sshArgs('-o', `ProxyCommand=${command}`), 'cat']);
    await ssh.pour(3, bytes);
    expect(await ssh.end(60_000), ssh.stderr).toBe(0);
    await until('the end of its output', () => ssh.silent);
    expect(ssh.received).toBe(bytes);
    expect(ssh.digest()).toBe(digest(3, bytes));
    expect(ssh.stderr).toBe('');
    await until('nothing is left at the gate', () => gate.pids().length === 1);
  });

  it('passes the end of its input on, and ends when all is answered, without a word', async () => {
    const asked = run(await counter());
    await asked.pour(4, 1_000_000);
    expect(await asked.end(), asked.stderr).toBe(0);
    expect(asked.text).toBe('1000000 bytes');
    expect(asked.stderr).toBe('');
  });

  it('takes files for its input and output', async () => {
    const [from, to] = [path.join(dir, 'from'), path.join(dir, 'to')];
    writeFileSync(from, Buffer.concat([...blocks(5, 300_000)]));
    const stdio = [openSync(from, 'r'), openSync(to, 'w')];
    const echo = await service((socket) => socket.pipe(socket));
    const asked = run(echo, [], 'gate', stdio);
    for (const fd of stdio) closeSync(fd);
    expect(await asked.end(), asked.stderr).toBe(0);
    expect(createHash('sha1').update(readFileSync(to)).digest('hex')).toBe(digest(5, 300_000));
  });

  it('ends when the target does, though its input goes on', async () => {
    const asked = run(await service((socket) => socket.end('bye')));
    expect(await asked.end(), asked.stderr).toBe(0);
    expect([asked.text, asked.stderr]).toEqual(['bye', '']);
  });

  it('holds nobody but its writer up when its output is not read', { timeout: 60_000 }, async () => {
    const pouring = await service((socket) => {
      for (const part of blocks(6, bytes)) socket.write(part);
      socket.end();
    });
    const asked = run(pouring, ['-v', '-o', 'ServerAliveInterval=1', '-o', 'ServerAliveCountMax=1']);
    asked.child.stdout?.pause();
    const beats = () => asked.stderr.match(/answered in/g)?.length ?? 0;
    await until('heartbeats', () => beats() > 3, { withinMs: 30_000, detail: () => asked.stderr });
    expect(asked.child.exitCode).toBeNull();
    asked.child.stdout?.resume();
    expect(await asked.end(30_000), asked.stderr).toBe(0);
    await until('the end of its output', () => asked.silent);
    expect(asked.digest()).toBe(digest(6, bytes));
  });

  it('a target that refuses is the end: exit code 6, and nothing on stdout', async () => {
    const port = await freePort();
    const asked = run(`127.0.0.1:${port}`);
    expect(await asked.end(), asked.stderr).toBe(6);
    expect(asked.text).toBe('');
    expect(asked.stderr).toMatch(
      new RegExp(`^\\S+ stopped: -W 127\\.0\\.0\\.1:${port}: .*Connection refused\\n$`),
    );
  });

  it('a lost connection is a loss: exit code 5, and the sentence says so', async () => {
    const silent = await service((socket) => socket.write('hello'));
    const asked = run(silent);
    await until('it is through', () => asked.text === 'hello', { detail: () => asked.stderr });
    await gate.restart();
    expect(await asked.end(), asked.stderr).toBe(5);
    expect(asked.stderr).toContain(
      `stopped: the connection that carried stdin and stdout to ${silent} was lost`,
    );
  });

  it('waits for a server as long as a client is held, and keeps what was written', async () => {
    const counting = await counter();
    await gate.kill();
    const asked = run(counting, ['--hold', '60s']);
    try {
      await asked.pour(7, 1_000);
      await until('it tries again', () => asked.stderr.includes('trying again'), {
        detail: () => asked.stderr,
      });
    } finally {
      await gate.start();
    }
    expect(await asked.end(), asked.stderr).toBe(0);
    expect(asked.text).toBe('1000 bytes');
  });

  it('gives up when that is over: exit code 5', async () => {
    const asked = run('127.0.0.1:1', ['--hold', '2s'], 'gone');
    expect(await asked.end(), asked.stderr).toBe(5);
    expect(asked.stderr).toMatch(
      /stopped: no link for 2 s .*ECONNREFUSED|stopped: no link for 2 s .*refused/,
    );
    expect(asked.text).toBe('');
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)('%s ends it at once', async (signal) => {
    const asked = run(await service((socket) => socket.write('hello')));
    await until('it is through', () => asked.text === 'hello', { detail: () => asked.stderr });
    asked.child.kill(signal);
    expect(await asked.end(5_000), asked.stderr).toBe(0);
  });
});
