import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Prompt } from '../../src/core/prompt.js';
import type { LoginRequest } from '../../src/core/request/request.js';
import { guard, release, scratch } from '../support/guard.js';
import { logInAt } from '../support/login.js';
import { until } from '../support/until.js';

/** Whole logins against ssh2's own server: what the attempts of login.ts look like at the other end. */

const { dir, remove } = scratch('authentication');
const env = { HOME: dir, SSH_AUTH_SOCK: join(dir, 'agent.sock') };
let agent: ChildProcess;
let hostKey = '';

const types = ['ed25519', 'rsa', 'ecdsa'] as const;
const file = (name: string) => join(dir, name);

function blobOf(name: string): Buffer {
  return Buffer.from(readFileSync(file(`${name}.pub`), 'utf8').split(' ')[1] ?? '', 'base64');
}

beforeAll(async () => {
  const make = (name: string, phrase: string, ...options: string[]) =>
    execFileSync('ssh-keygen', ['-q', '-N', phrase, '-C', name, '-f', file(name), ...options]);
  make('host', '', '-t', 'ed25519');
  hostKey = readFileSync(file('host'), 'utf8');
  for (const type of types) {
    make(`plain-${type}`, '', '-t', type);
    make(`locked-${type}`, 'open sesame', '-t', type, '-a', '1');
    make(`agent-${type}`, '', '-t', type);
  }
  make('other', '', '-t', 'ed25519');
  agent = spawn('ssh-agent', ['-D', '-a', env.SSH_AUTH_SOCK], { stdio: 'ignore' });
  if (agent.pid !== undefined) guard(`pid ${agent.pid}`);
  await until('the agent listens', () => existsSync(env.SSH_AUTH_SOCK));
  execFileSync('ssh-add', ['-q', ...types.map((type) => file(`agent-${type}`))], {
    env: { ...process.env, ...env },
    stdio: 'pipe',
  });
});

afterAll(async () => {
  agent.kill();
  if (agent.exitCode === null && agent.signalCode === null) await once(agent, 'exit');
  if (agent.pid !== undefined) release(`pid ${agent.pid}`);
  remove();
});

interface Server {
  readonly port: number;
  /** Each attempt as it arrived: the method, and for keys the type and whether it was signed. */
  readonly seen: string[];
  close(): void;
}

type Verdict = 'accept' | 'reject' | { readonly partial: readonly string[] };

/** A server whose rule decides; a signed key is checked first. */
async function serve(
  rule: (context: ssh2.AuthContext, step: number) => Verdict,
  methods: string[],
): Promise<Server> {
  const seen: string[] = [];
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    let step = 0;
    client.on('error', () => {});
    client.on('authentication', (context) => {
      const key = context.method === 'publickey' ? context : null;
      seen.push(key ? `${key.key.algo}${key.signature ? ' signed' : ''}` : context.method);
      if (key?.signature && key.blob) {
        const parsed = ssh2.utils.parseKey(key.key.data);
        const one = Array.isArray(parsed) ? parsed[0] : parsed;
        if (!one || one instanceof Error || one.verify(key.blob, key.signature, key.hashAlgo) !== true) {
          seen.push('bad signature');
          return context.reject(methods as ssh2.AuthenticationType[]);
        }
      }
      const verdict = rule(context, step);
      if (verdict === 'accept') return context.accept();
      if (verdict === 'reject') return context.reject(methods as ssh2.AuthenticationType[]);
      step += 1;
      return context.reject([...verdict.partial] as ssh2.AuthenticationType[], true);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, seen, close: () => server.close() };
}

const logIn = (
  port: number,
  { files = [], ...login }: Partial<LoginRequest> & { files?: readonly string[] },
  answers: Partial<Record<Prompt['type'], string>> | null = null,
) =>
  logInAt(port, {
    login: { ...login, identityFiles: files.map((name) => ({ path: file(name), named: true })) },
    answers,
    env,
  });

const takes = (name: string) => (context: ssh2.AuthContext) =>
  context.method === 'publickey' && context.key.data.equals(blobOf(name)) ? 'accept' : 'reject';

const withAgent = { agent: { variable: 'SSH_AUTH_SOCK' }, identitiesOnly: false } as const;
const algorithm = { ed25519: 'ssh-ed25519', rsa: 'rsa-sha2-256', ecdsa: 'ecdsa-sha2-nistp256' } as const;

describe.each(types)('%s', (type) => {
  test('a key file', async () => {
    const server = await serve(takes(`plain-${type}`), ['publickey']);
    const { outcome } = await logIn(server.port, { files: ['other', `plain-${type}`] });
    server.close();
    expect(outcome).toBe('in');
    expect(server.seen).toEqual([
      'none',
      'ssh-ed25519',
      expect.stringMatching(type === 'rsa' ? /^(rsa-sha2-256|ssh-rsa)$/ : algorithm[type]),
      expect.stringMatching(/ signed$/),
    ]);
  });

  test('a locked key: the passphrase is asked when the server takes it', async () => {
    const server = await serve(takes(`locked-${type}`), ['publickey']);
    const { outcome, questions, byPerson } = await logIn(
      server.port,
      { files: ['other', `locked-${type}`] },
      { passphrase: 'open sesame' },
    );
    server.close();
    expect(outcome).toBe('in');
    expect(questions).toHaveLength(1);
    expect(byPerson).toBe(false);
  });

  test("an agent's key", async () => {
    const server = await serve(takes(`agent-${type}`), ['publickey']);
    const { outcome } = await logIn(server.port, withAgent);
    server.close();
    expect(outcome).toBe('in');
    expect(server.seen).not.toContain('bad signature');
  });
});

test('a locked key that the server does not take costs nobody a passphrase', async () => {
  const server = await serve(() => 'reject', ['publickey']);
  const { outcome, questions } = await logIn(
    server.port,
    { files: ['locked-ed25519'] },
    { passphrase: 'open sesame' },
  );
  server.close();
  expect(questions).toEqual([]);
  expect(outcome).toBe(
    'denied: the server refused the login of me@server; it wants publickey; it refused the key ~/locked-ed25519',
  );
});

test('a key that stays locked: the next one is tried', async () => {
  const server = await serve(
    (context) => (context.method === 'publickey' ? 'accept' : 'reject'),
    ['publickey'],
  );
  const { outcome } = await logIn(server.port, { files: ['locked-ed25519', 'plain-ed25519'] });
  server.close();
  expect(outcome).toBe('in');
  expect(server.seen).toEqual(['none', 'ssh-ed25519', 'ssh-ed25519', 'ssh-ed25519 signed']);
});

test('a password', async () => {
  const server = await serve(
    (context) => (context.method === 'password' && context.password === 'secret' ? 'accept' : 'reject'),
    ['password'],
  );
  const { outcome, byPerson } = await logIn(server.port, {}, { password: 'secret' });
  const wrong = await logIn(server.port, {}, { password: 'guess' });
  server.close();
  expect([outcome, byPerson]).toEqual(['in', true]);
  expect(wrong.outcome).toContain('it refused password (3 times)');
  expect(wrong.questions).toHaveLength(3);
});

test('a password that has to be changed ends the login with the reason', async () => {
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => {
      if (context.method === 'password') context.requestChange('Expired. New password: ', () => {});
      else context.reject(['password']);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { outcome } = await logIn((server.address() as AddressInfo).port, {}, { password: 'old' });
  server.close();
  expect(outcome).toBe('denied: the server wants me to choose a new password: log in with ssh once to do so');
});

test('keyboard-interactive, in two rounds', async () => {
  const answers: string[] = [];
  const talking = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => {
      if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
      context.prompt([{ prompt: 'Code: ', echo: true }], 'Two steps', 'Look at your phone', (first) => {
        answers.push(...(first as unknown as string[]));
        context.prompt([{ prompt: 'PIN: ', echo: false }], (second) => {
          answers.push(...(second as unknown as string[]));
          context.accept();
        });
      });
    });
  });
  talking.listen(0, '127.0.0.1');
  await once(talking, 'listening');
  const { outcome, questions, byPerson } = await logIn(
    (talking.address() as AddressInfo).port,
    {},
    { prompt: 'answer' },
  );
  talking.close();
  expect([outcome, byPerson]).toEqual(['in', true]);
  expect(answers).toEqual(['answer', 'answer']);
  expect(questions).toEqual(['Two steps\nLook at your phone\n(me@server) Code: ', '(me@server) PIN: ']);
});

describe('two steps', () => {
  /** An unsigned question about the right key is answered with yes, a signed one with "and now a password". */
  const keyThenPassword = (name: string) => (context: ssh2.AuthContext, step: number) => {
    if (step > 0) return context.method === 'password' && context.password === 'secret' ? 'accept' : 'reject';
    const signed = context.method === 'publickey' && context.signature !== undefined;
    const right = takes(name)(context);
    return right === 'accept' && signed ? { partial: ['password'] } : right;
  };

  test.each([
    ['a key file', 'plain-ed25519', { files: ['plain-ed25519'] }],
    ['a locked key', 'locked-ed25519', { files: ['locked-ed25519'] }],
    ["an agent's key", 'agent-ed25519', withAgent],
  ])('%s, then a password', async (_name, name, login) => {
    const server = await serve(keyThenPassword(name), ['publickey']);
    const { outcome } = await logIn(server.port, login, { passphrase: 'open sesame', password: 'secret' });
    server.close();
    expect(outcome).toBe('in');
    expect(server.seen.at(-1)).toBe('password');
  });
});
