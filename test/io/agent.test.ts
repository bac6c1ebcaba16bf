import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AgentKeys, listAgent, lockedKeyAgent, oneKeyAgent } from '../../src/io/ssh/agent.js';
import { guard, release, scratch } from '../support/guard.js';
import { until } from '../support/until.js';

const { dir, remove } = scratch('agent');
const socket = join(dir, 'agent.sock');
let agent: ChildProcess;

function key(name: string, ...options: string[]): string {
  const path = join(dir, name);
  execFileSync('ssh-keygen', ['-q', '-N', '', '-C', `comment of ${name}`, '-f', path, ...options]);
  return path;
}

function blobOf(path: string): Buffer {
  return Buffer.from(readFileSync(`${path}.pub`, 'utf8').split(' ')[1] ?? '', 'base64');
}

function add(...paths: string[]): void {
  execFileSync('ssh-add', ['-q', ...paths], {
    env: { ...process.env, SSH_AUTH_SOCK: socket },
    stdio: 'pipe',
  });
}

function listed(keys: AgentKeys) {
  if (keys.type !== 'listed') throw new Error(keys.reason);
  return keys;
}

function sign(from: ssh2.BaseAgent, blob: Buffer, data: Buffer, hash?: 'sha256' | 'sha512'): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    from.sign(blob, data, hash ? { hash } : {}, (error, signature) =>
      signature ? resolve(signature) : reject(error),
    );
  });
}

function offered(from: ssh2.BaseAgent): Promise<unknown> {
  return new Promise((resolve, reject) => {
    from.getIdentities((error, keys) => (keys ? resolve(keys) : reject(error)));
  });
}

beforeAll(async () => {
  agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  if (agent.pid !== undefined) guard(`pid ${agent.pid}`);
  // Its socket is there a moment before it listens.
  await until(
    'the agent listens',
    async () => (await listAgent(socket, AbortSignal.timeout(1_000))).type === 'listed',
  );
});

afterAll(async () => {
  if (agent.exitCode === null && agent.signalCode === null) {
    agent.kill();
    await once(agent, 'exit');
  }
  if (agent.pid !== undefined) release(`pid ${agent.pid}`);
  remove();
});

describe('a real ssh-agent', () => {
  test('an empty one has no keys', async () => {
    expect(await listAgent(socket, AbortSignal.timeout(5_000))).toEqual({
      type: 'listed',
      keys: [],
      skipped: [],
    });
  });

  test('its keys in its order, with what cannot be used and why', async () => {
    const paths = [
      key('ed', '-t', 'ed25519'),
      key('rsa', '-t', 'rsa', '-b', '2048'),
      key('ec', '-t', 'ecdsa'),
    ];
    const ca = key('ca', '-t', 'ed25519');
    const certified = key('certified', '-t', 'ed25519');
    execFileSync('ssh-keygen', ['-q', '-s', ca, '-I', 'test', '-n', 'someone', `${certified}.pub`]);
    add(...paths, certified);
    const { keys, skipped } = listed(await listAgent(socket, AbortSignal.timeout(5_000)));
    expect(keys.map(({ type, comment }) => [type, comment])).toEqual([
      ['ssh-ed25519', 'comment of ed'],
      ['ssh-rsa', 'comment of rsa'],
      ['ecdsa-sha2-nistp256', 'comment of ec'],
      ['ssh-ed25519', 'comment of certified'],
    ]);
    expect(keys.map(({ blob }) => blob)).toEqual([...paths, certified].map(blobOf));
    expect(skipped.map(({ type, reason }) => [type, reason])).toEqual([
      ['ssh-ed25519-cert-v01@openssh.com', 'certificates are not supported'],
    ]);
  });

  test('a one-key agent offers that key alone and signs through the real one', async () => {
    const blob = blobOf(join(dir, 'ed'));
    const one = oneKeyAgent(socket, blob);
    expect(await offered(one)).toEqual([blob]);
    const data = Buffer.from('to be signed');
    const key = ssh2.utils.parseKey(blob);
    if (key instanceof Error || Array.isArray(key)) throw new Error('no key');
    expect(key.verify(data, await sign(one, blob, data))).toBe(true);
    const rsa = ssh2.utils.parseKey(blobOf(join(dir, 'rsa')));
    if (rsa instanceof Error || Array.isArray(rsa)) throw new Error('no key');
    const signature = await sign(oneKeyAgent(socket, blobOf(join(dir, 'rsa'))), blob, data, 'sha512');
    expect(rsa.verify(data, signature, 'sha512')).toBe(true);
    expect(rsa.verify(data, signature, 'sha256')).toBe(false);
  });

  test('a key that was taken out meanwhile cannot sign', async () => {
    const path = key('gone', '-t', 'ed25519');
    const one = oneKeyAgent(socket, blobOf(path));
    await expect(sign(one, blobOf(path), Buffer.from('x'))).rejects.toThrow();
  });

  test('a locked agent shows no keys', async () => {
    // ssh-add reads the agent's password from a terminal, or from what a program prints.
    const asker = join(dir, 'asker');
    writeFileSync(asker, '#!/bin/sh\necho secret\n', { mode: 0o700 });
    const lock = (option: string) =>
      execFileSync('ssh-add', [option], {
        env: {
          ...process.env,
          SSH_AUTH_SOCK: socket,
          SSH_ASKPASS: asker,
          SSH_ASKPASS_REQUIRE: 'force',
        },
        stdio: 'pipe',
      });
    lock('-x');
    try {
      expect(listed(await listAgent(socket, AbortSignal.timeout(5_000))).keys).toEqual([]);
    } finally {
      lock('-X');
    }
    expect(listed(await listAgent(socket, AbortSignal.timeout(5_000))).keys.length).toBeGreaterThan(0);
  });
});

describe('what is no agent', () => {
  const reasonOf = async (path: string, signal = AbortSignal.timeout(5_000)) => {
    const answer = await listAgent(path, signal);
    return answer.type === 'unreachable' ? answer.reason : 'listed';
  };

  async function served(name: string, reply: Buffer | null): Promise<string> {
    const path = join(dir, name);
    const server = createServer((client) => {
      client.on('error', () => {});
      if (reply) client.end(reply);
    });
    server.listen(path).unref();
    await once(server, 'listening');
    return path;
  }

  test('missing, dead, a plain file', async () => {
    expect(await reasonOf(join(dir, 'nothing'))).toBe('its socket does not exist');
    expect(await reasonOf(join(dir, 'ed'))).toBe('no agent listens at its socket');
    const dead = join(dir, 'dead.sock');
    const other = spawn('ssh-agent', ['-D', '-a', dead], { stdio: 'ignore' });
    await until('the other agent listens', () => existsSync(dead));
    other.kill('SIGKILL');
    await once(other, 'exit');
    expect(await reasonOf(dead)).toBe('no agent listens at its socket');
  });

  test('one that hangs up, babbles, or refuses', async () => {
    expect(await reasonOf(await served('empty', Buffer.alloc(0)))).toContain('without an answer');
    expect(await reasonOf(await served('http', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')))).toContain(
      'agent',
    );
    expect(await reasonOf(await served('refuses', Buffer.from([0, 0, 0, 1, 5])))).toContain('refused');
    const short = Buffer.from([0, 0, 0, 9, 12, 0, 0, 0, 2, 0, 0, 0, 200]);
    expect(await reasonOf(await served('short', short))).toContain('cut short');
  });

  test('one that never answers is given up with the connection', async () => {
    const stop = new AbortController();
    const asked = reasonOf(await served('mute', null), stop.signal);
    stop.abort(new Error('given up'));
    expect(await asked).toBe('given up');
  });
});

describe('a locked key', () => {
  const text = () => readFileSync(join(dir, 'ec'), 'utf8');

  test('is opened when a signature is wanted, not before', async () => {
    const blob = blobOf(join(dir, 'ec'));
    let asked = 0;
    const locked = lockedKeyAgent(blob, async () => {
      asked += 1;
      return text();
    });
    expect(await offered(locked)).toEqual([blob]);
    expect(asked).toBe(0);
    const data = Buffer.from('to be signed');
    const key = ssh2.utils.parseKey(blob);
    if (key instanceof Error || Array.isArray(key)) throw new Error('no key');
    expect(key.verify(data, await sign(locked, blob, data))).toBe(true);
    expect(asked).toBe(1);
  });

  test('that stays locked is an error of the signature', async () => {
    const blob = blobOf(join(dir, 'ec'));
    const locked = lockedKeyAgent(blob, async () => null);
    await expect(sign(locked, blob, Buffer.from('x'))).rejects.toThrow('stayed locked');
    const failing = lockedKeyAgent(blob, () => Promise.reject(new Error('given up')));
    await expect(sign(failing, blob, Buffer.from('x'))).rejects.toThrow('given up');
  });
});
