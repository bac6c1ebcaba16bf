/** Logins at a real sshd: every kind of key file, an agent, a password, two steps. */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LoginRequest } from '../../src/core/request/request.js';
import { guard, release } from '../support/guard.js';
import { type LoginScene, logInAt } from '../support/login.js';
import { canMountPrivately, needs, program } from '../support/machine.js';
import { here } from '../support/place.js';
import { person, type Sshd, startSshd } from '../support/sshd.js';
import { until } from '../support/until.js';

const passphrase = 'open sesame';
const formats = [
  ['ed25519', ['-t', 'ed25519']],
  ['rsa', ['-t', 'rsa', '-b', '2048']],
  ['ecdsa-521', ['-t', 'ecdsa', '-b', '521']],
  ['rsa-pem', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']],
  ['ecdsa-pkcs8', ['-t', 'ecdsa', '-m', 'PKCS8']],
  ['chacha', ['-t', 'ed25519', '-Z', 'chacha20-poly1305@openssh.com']],
] as const;

needs('sshd', 'ssh-keygen', 'ssh-agent', 'ssh-add').describe('logins at a real sshd', () => {
  let sshd: Sshd;
  let twoSteps: Sshd;
  let agent: ChildProcess;
  let socket = '';

  beforeAll(async () => {
    sshd = await startSshd({ config: ['PasswordAuthentication yes'] });
    twoSteps = await startSshd({ config: ['AuthenticationMethods publickey,publickey'] });
    for (const [name, options] of formats) {
      for (const phrase of ['', passphrase]) {
        const path = join(sshd.dir, phrase ? `locked-${name}` : name);
        // -a is for OpenSSH's own format; the others ignore it.
        await here.must(program('ssh-keygen'), [
          '-q',
          '-N',
          phrase,
          '-a',
          '2',
          '-C',
          name,
          '-f',
          path,
          ...options,
        ]);
        for (const one of [sshd, twoSteps]) one.authorize(readFileSync(`${path}.pub`, 'utf8'));
      }
    }
    socket = join(sshd.dir, 'agent.sock');
    agent = here.spawn(program('ssh-agent'), ['-D', '-a', socket], { stdio: 'ignore' });
    if (agent.pid !== undefined) guard(`pid ${agent.pid}`);
    await until('the agent listens', () => existsSync(socket));
  });

  afterAll(async () => {
    agent?.kill();
    if (agent?.exitCode === null && agent.signalCode === null) await once(agent, 'exit');
    if (agent?.pid !== undefined) release(`pid ${agent.pid}`);
    await sshd?.stop();
    await twoSteps?.stop();
  });

  const agentHas = (...names: string[]) => {
    const env = { ...process.env, SSH_AUTH_SOCK: socket };
    execFileSync(program('ssh-add'), ['-q', '-D'], { env, stdio: 'pipe' });
    const paths = names.map((name) => join(sshd.dir, name));
    if (paths.length > 0) execFileSync(program('ssh-add'), ['-q', ...paths], { env, stdio: 'pipe' });
  };
  const logIn = (
    server: Sshd,
    { files = [], ...login }: Partial<LoginRequest> & { files?: string[] },
    answers: LoginScene['answers'] = null,
  ) =>
    logInAt(server.port, {
      login: {
        user: server.user,
        identityFiles: files.map((name) => ({ path: join(sshd.dir, name), named: true })),
        ...login,
      },
      answers,
      env: { HOME: sshd.dir, SSH_AUTH_SOCK: socket },
    });
  const withAgent = { agent: { variable: 'SSH_AUTH_SOCK' }, identitiesOnly: false } as const;

  for (const [name] of formats) {
    it(`${name}: plain, encrypted, in an agent`, async () => {
      expect((await logIn(sshd, { files: [name] })).outcome).toBe('in');
      const opened = await logIn(sshd, { files: [`locked-${name}`] }, { passphrase });
      expect([opened.outcome, opened.questions.length]).toEqual(['in', 1]);
      agentHas(name);
      expect((await logIn(sshd, withAgent)).outcome).toBe('in');
    });
  }

  it('two steps: one key of the agent, one of a locked file', async () => {
    agentHas('rsa');
    const both = await logIn(twoSteps, { ...withAgent, files: ['locked-ed25519'] }, { passphrase });
    expect(both.outcome).toBe('in');
    const one = await logIn(twoSteps, withAgent);
    expect(one.outcome).toContain('it accepted the agent\'s key "rsa" and wants more; it wants publickey');
  });

  it('nothing that it takes: the message says what it wants', async () => {
    const { outcome } = await logIn(sshd, { batchMode: true, files: [] });
    expect(outcome).toMatch(/^denied: .*it wants publickey or password; there was no key to offer/);
  });

  it.runIf(canMountPrivately())('a password', async () => {
    const right = await logIn(sshd, { user: person.user }, { password: person.password });
    expect([right.outcome, right.byPerson]).toEqual(['in', true]);
    const wrong = await logIn(sshd, { user: person.user }, { password: 'guess' });
    expect(wrong.outcome).toContain('it refused password (3 times)');
  });
});
