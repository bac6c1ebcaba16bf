import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Attempt } from '../../src/core/login/loginattempt.js';
import type { Prompt } from '../../src/core/prompt.js';
import type { LoginRequest } from '../../src/core/request/request.js';
import { type Login, startLogin } from '../../src/dial/authenticate.js';
import { KeyMemory } from '../../src/dial/keymemory.js';
import { guard, release, scratch } from '../support/guard.js';
import { until } from '../support/until.js';

const { dir, remove } = scratch('login');
const env = { HOME: dir, SSH_AUTH_SOCK: join(dir, 'agent.sock') };
const keys = {
  plain: join(dir, 'plain'),
  second: join(dir, 'second'),
  locked: join(dir, 'locked'),
  /** PEM: its public half is not to be seen. */
  sealed: join(dir, 'sealed'),
  loaded: join(dir, 'loaded'),
  /** The same key in a file that is encrypted. */
  reloaded: join(dir, 'reloaded'),
  stranger: join(dir, 'stranger'),
};
let agent: ChildProcess;

beforeAll(async () => {
  const make = (path: string, phrase: string, ...options: string[]) =>
    execFileSync('ssh-keygen', [
      '-q',
      '-N',
      phrase,
      '-C',
      `my ${path.slice(dir.length + 1)}`,
      '-f',
      path,
      ...options,
    ]);
  for (const path of [keys.plain, keys.second, keys.loaded, keys.stranger]) make(path, '', '-t', 'ed25519');
  make(keys.locked, 'open sesame', '-t', 'ed25519', '-a', '1');
  make(keys.sealed, 'open sesame', '-t', 'ecdsa', '-m', 'PEM');
  rmSync(`${keys.sealed}.pub`);
  copyFileSync(keys.loaded, keys.reloaded);
  execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'open sesame', '-a', '1', '-f', keys.reloaded]);
  agent = spawn('ssh-agent', ['-D', '-a', env.SSH_AUTH_SOCK], { stdio: 'ignore' });
  if (agent.pid !== undefined) guard(`pid ${agent.pid}`);
  // 2: there is no agent behind the socket yet.
  const asked = () => spawnSync('ssh-add', ['-l'], { env: { ...process.env, ...env } });
  await until('the agent listens', () => asked().status !== 2);
  // The stranger first, so that the order is seen to be ours and not the agent's.
  execFileSync('ssh-add', ['-q', keys.stranger, keys.loaded], {
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

interface Scene {
  readonly files?: readonly string[];
  /** Paths of ssh's defaults. */
  readonly defaults?: readonly string[];
  readonly login?: Partial<LoginRequest>;
  /** Answers by kind of question; a list gives one after the other. None: no person can be prompted. */
  readonly answers?: Partial<Record<Prompt['type'], readonly (string | null)[]>> | null;
  readonly memory?: KeyMemory;
  readonly env?: Record<string, string>;
}

interface Begun {
  readonly login: Login;
  readonly notes: string[];
  readonly questions: Prompt[];
  readonly stop: AbortController;
}

function begin(scene: Scene = {}): Begun {
  const { files = [], defaults = [], answers = null } = scene;
  const notes: string[] = [];
  const questions: Prompt[] = [];
  const stop = new AbortController();
  const left = new Map(Object.entries(answers ?? {}).map(([kind, list]) => [kind, [...list]]));
  const login = startLogin({
    login: {
      user: 'me',
      identityFiles: [
        ...files.map((path) => ({ path, named: true })),
        ...defaults.map((path) => ({ path, named: false })),
      ],
      identitiesOnly: false,
      agent: null,
      batchMode: false,
      showsBanner: true,
      passwordPrompts: 3,
      methods: ['publickey', 'keyboard-interactive', 'password'],
      keyAlgorithms: null,
      leastRsaBits: 1_024,
      ...scene.login,
    },
    host: 'server',
    memory: scene.memory ?? new KeyMemory(),
    ask:
      answers === null
        ? null
        : async (question) => {
            questions.push(question);
            return left.get(question.type)?.shift() ?? null;
          },
    env: scene.env ?? env,
    onNote: (text) => notes.push(text),
    signal: stop.signal,
  });
  return { login, notes, questions, stop };
}

/** What an attempt says in a table. A locked key is unlocked, as if the server took it. */
async function told(attempt: Attempt | null): Promise<string> {
  if (attempt === null) return 'nothing';
  switch (attempt.type) {
    case 'none':
    case 'keyboard-interactive':
      return attempt.type;
    case 'password':
      return `password ${attempt.password}`;
    case 'publickey-locked':
      return `${attempt.name} locked, ${(await attempt.unlock()) === null ? 'stays so' : 'opens'}`;
    case 'publickey-agent':
    case 'publickey':
      return attempt.name;
  }
}

/** All attempts against a server that refuses everything. */
async function refusedAll({ login }: Begun, methods = ['publickey']): Promise<string[]> {
  const tried: string[] = [];
  for (let count = 0; count < 40; count += 1) {
    const line = await told(await login.next(count === 0 ? null : methods, false));
    if (line === 'nothing') return tried;
    tried.push(line);
  }
  throw new Error(`no end: ${tried.join(', ')}`);
}

const withAgent = { agent: { variable: 'SSH_AUTH_SOCK' } };

describe('the order of keys', () => {
  test.each<[string, Scene, string[]]>([
    ['no key at all', {}, []],
    ['files in their order', { files: [keys.second, keys.plain] }, ['the key ~/second', 'the key ~/plain']],
    [
      'the agent: first what is also a file, then the others, then the other files',
      { files: [keys.plain, keys.loaded], login: withAgent },
      ['the key ~/loaded (agent)', 'the agent\'s key "my stranger"', 'the key ~/plain'],
    ],
    [
      'IdentitiesOnly: of the agent only what is also a file',
      { files: [keys.plain, keys.loaded], login: { ...withAgent, identitiesOnly: true } },
      ['the key ~/loaded (agent)', 'the key ~/plain'],
    ],
    [
      'IdentitiesOnly with a public file: the agent has the other half',
      { files: [`${keys.loaded}.pub`], login: { ...withAgent, identitiesOnly: true } },
      ['the key ~/loaded.pub (agent)'],
    ],
    [
      'an encrypted key that the agent has needs no passphrase',
      { files: [keys.reloaded], login: { ...withAgent, identitiesOnly: true, batchMode: true } },
      ['the key ~/reloaded (agent)'],
    ],
    [
      'a key named twice is offered once',
      { files: [keys.plain, `${dir}/./plain`, keys.loaded, `${keys.loaded}.pub`], login: withAgent },
      ['the key ~/loaded (agent)', 'the agent\'s key "my stranger"', 'the key ~/plain'],
    ],
    [
      'an agent by its socket',
      { login: { agent: { socket: env.SSH_AUTH_SOCK } } },
      ['the agent\'s key "my stranger"', 'the agent\'s key "my loaded"'],
    ],
    ['no agent, when its variable is empty', { login: withAgent, env: { SSH_AUTH_SOCK: '' } }, []],
  ])('%s', async (_name, scene, keys) => {
    const begun = begin(scene);
    expect(await refusedAll(begun)).toEqual(['none', ...keys]);
    expect(begun.notes).toEqual([]);
    expect(begun.login.byPerson()).toBe(false);
  });

  test('nothing is read or asked before the server wants a key', async () => {
    const begun = begin({ files: [join(dir, 'nothing')], login: withAgent });
    expect(await refusedAll(begun, ['password'])).toEqual(['none']);
    expect(begun.notes).toEqual([]);
  });
});

describe('files that cannot be used', () => {
  test('a named one that is missing gives a note, a default one does not', async () => {
    const begun = begin({ files: [join(dir, 'nothing')], defaults: [join(dir, 'id_rsa')] });
    expect(await refusedAll(begun)).toEqual(['none']);
    expect(begun.notes).toEqual(['IdentityFile ~/nothing: no such file']);
    expect(begun.login.summary()).toContain('the key file ~/nothing does not exist');
    expect(begun.login.summary()).not.toContain('id_rsa');
    expect(begun.login.summary()).toContain('there was no key to offer');
  });

  test('others may read it', async () => {
    const path = join(dir, 'open to all');
    copyFileSync(keys.plain, path);
    execFileSync('chmod', ['644', path]);
    const begun = begin({ files: [path, keys.second] });
    expect(await refusedAll(begun)).toEqual(['none', 'the key ~/second']);
    expect(begun.notes.join()).toContain(
      'the key file ~/open to all cannot be used: permissions 0644 are too open',
    );
    // Its other half is in an agent: then the file does not matter.
    const loaded = join(dir, 'loaded too open');
    copyFileSync(keys.loaded, loaded);
    execFileSync('chmod', ['644', loaded]);
    const other = begin({ files: [loaded], login: { ...withAgent, identitiesOnly: true } });
    expect(await refusedAll(other)).toEqual(['none', 'the key ~/loaded too open (agent)']);
    expect(other.notes).toEqual([]);
  });

  test('only the public half is there', async () => {
    const begun = begin({ files: [`${keys.plain}.pub`] });
    expect(await refusedAll(begun)).toEqual(['none']);
    expect(begun.login.summary()).toContain('only the public half of ~/plain.pub is here');
  });

  test('a dead agent is a note, and the rest goes on', async () => {
    const begun = begin({
      files: [keys.plain],
      login: withAgent,
      env: { HOME: dir, SSH_AUTH_SOCK: join(dir, 'nothing.sock') },
    });
    expect(await refusedAll(begun)).toEqual(['none', 'the key ~/plain']);
    expect(begun.notes).toEqual([
      'the ssh agent at ~/nothing.sock cannot be used: its socket does not exist',
    ]);
  });
});

describe('passphrases', () => {
  const answers = (...passphrase: (string | null)[]) => ({ passphrase });

  test('asked when the server takes the key, as often as NumberOfPasswordPrompts says', async () => {
    const begun = begin({ files: [keys.locked], answers: answers('a', 'b', 'open sesame') });
    await begun.login.next(null, false);
    const attempt = await begun.login.next(['publickey'], false);
    if (attempt?.type !== 'publickey-locked') throw new Error(`${attempt?.type}`);
    expect(begun.questions).toEqual([]);
    expect(await attempt.unlock()).toContain('PRIVATE KEY');
    expect(begun.questions.map(({ text }) => text)).toEqual([
      `Enter passphrase for key '${keys.locked}': `,
      `This passphrase is wrong, please try again.\nEnter passphrase for key '${keys.locked}': `,
      `This passphrase is wrong, please try again.\nEnter passphrase for key '${keys.locked}': `,
    ]);
    expect(begun.login.byPerson()).toBe(false);
  });

  test('a key whose public half is sealed too is asked about when its turn comes', async () => {
    const begun = begin({ files: [keys.plain, keys.sealed], answers: answers('open sesame') });
    expect(await refusedAll(begun)).toEqual(['none', 'the key ~/plain', 'the key ~/sealed']);
    expect(begun.questions).toHaveLength(1);
  });

  test('three wrong ones end it, and the next key is tried', async () => {
    const begun = begin({ files: [keys.locked, keys.plain], answers: answers('a', 'b', 'c', 'open sesame') });
    expect(await refusedAll(begun)).toEqual(['none', 'the key ~/locked locked, stays so', 'the key ~/plain']);
    expect(begun.questions).toHaveLength(3);
    expect(begun.login.summary()).toContain('the passphrases given for the key ~/locked were wrong');
  });

  test('an empty one means the next key', async () => {
    const begun = begin({ files: [keys.locked, keys.sealed], answers: answers('', 'open sesame') });
    expect(await refusedAll(begun)).toEqual([
      'none',
      'the key ~/locked locked, stays so',
      'the key ~/sealed',
    ]);
  });

  test('nobody answers: nobody is asked again', async () => {
    const begun = begin({
      files: [keys.locked, keys.sealed],
      answers: { passphrase: [null, 'open sesame'], password: ['secret'] },
    });
    expect(await refusedAll(begun, ['publickey', 'password'])).toEqual([
      'none',
      'the key ~/locked locked, stays so',
    ]);
    expect(begun.questions).toHaveLength(1);
    expect(begun.login.summary()).toContain('the key ~/locked needs its passphrase and nobody answered');
  });

  test.each<[string, Scene, string]>([
    ['no ask', {}, 'no person can be prompted'],
    [
      'BatchMode',
      { answers: answers('open sesame'), login: { batchMode: true } },
      'BatchMode allows no questions',
    ],
  ])('%s: the failure says what would help', async (_name, scene, why) => {
    const begun = begin({ files: [keys.locked], ...scene });
    expect(await refusedAll(begun)).toEqual(['none', 'the key ~/locked locked, stays so']);
    expect(begun.questions).toEqual([]);
    expect(begun.login.summary()).toBe(
      'the server refused the login of me@server; it wants publickey; ' +
        `the key ~/locked needs its passphrase and ${why}: load it into an agent with ssh-add`,
    );
  });

  test('an opened key is kept, until its file is replaced', async () => {
    const memory = new KeyMemory();
    const path = join(dir, 'kept');
    copyFileSync(keys.locked, path);
    const first = begin({ files: [path], memory, answers: answers('open sesame') });
    expect(await refusedAll(first)).toEqual(['none', 'the key ~/kept locked, opens']);
    expect(await refusedAll(begin({ files: [path], memory }))).toEqual(['none', 'the key ~/kept']);
    rmSync(path);
    copyFileSync(keys.locked, path);
    expect(await refusedAll(begin({ files: [path], memory }))).toEqual([
      'none',
      'the key ~/kept locked, stays so',
    ]);
  });

  test('two logins at once ask once', async () => {
    const memory = new KeyMemory();
    const [one, other] = [1, 2].map(() =>
      begin({ files: [keys.locked], memory, answers: answers('open sesame') }),
    );
    if (!one || !other) throw new Error('two were begun');
    const tried = await Promise.all([refusedAll(one), refusedAll(other)]);
    expect(tried).toEqual([1, 2].map(() => ['none', 'the key ~/locked locked, opens']));
    expect(one.questions.length + other.questions.length).toBe(1);
  });

  test('a .pub file of another key is noticed', async () => {
    const path = join(dir, 'mixed up');
    copyFileSync(keys.sealed, path);
    copyFileSync(`${keys.plain}.pub`, `${path}.pub`);
    const begun = begin({ files: [path], answers: answers('open sesame') });
    expect(await refusedAll(begun)).toEqual(['none', 'the key ~/mixed up locked, stays so']);
    expect(begun.notes.join()).toContain(`${path}.pub belongs to another key`);
  });

  test('giving up the connection ends the question and the computing', async () => {
    const path = join(dir, 'slow');
    execFileSync('ssh-keygen', ['-q', '-N', 'x', '-t', 'ed25519', '-a', '100', '-f', path]);
    const begun = begin({ files: [path], answers: answers('x') });
    await begun.login.next(null, false);
    const attempt = await begun.login.next(['publickey'], false);
    if (attempt?.type !== 'publickey-locked') throw new Error(`${attempt?.type}`);
    const unlocked = attempt.unlock();
    await until('the question is asked', () => begun.questions.length > 0);
    begun.stop.abort(new Error('given up'));
    await expect(unlocked).rejects.toThrow('given up');
  });
});

describe('passwords', () => {
  const password = (...list: (string | null)[]) => ({ password: list });

  test('asked up to NumberOfPasswordPrompts times; the next login will need a person', async () => {
    const begun = begin({ answers: password('a', 'b', 'c', 'd') });
    expect(await refusedAll(begun, ['password'])).toEqual(['none', 'password a', 'password b', 'password c']);
    expect(begun.questions.map(({ text }) => text)).toEqual([
      "me@server's password: ",
      "Permission denied, please try again.\nme@server's password: ",
      "Permission denied, please try again.\nme@server's password: ",
    ]);
    expect(begun.login.byPerson()).toBe(true);
    expect(begun.login.summary()).toBe(
      'the server refused the login of me@server; it wants password; it refused password (3 times)',
    );
  });

  test.each<[string, Scene, string]>([
    ['no ask', {}, 'no person can be prompted'],
    ['BatchMode', { answers: password('a'), login: { batchMode: true } }, 'BatchMode allows no questions'],
    ['no answer', { answers: password(null, 'b') }, 'nobody answered'],
  ])('%s: skipped, and said so', async (_name, scene, why) => {
    const begun = begin(scene);
    expect(await refusedAll(begun, ['password'])).toEqual(['none']);
    expect(begun.login.byPerson()).toBe(false);
    expect(begun.login.summary()).toContain(`a password is needed and ${why}`);
  });
});

describe('keyboard-interactive', () => {
  async function conversation(begun: Begun) {
    const attempt = await begun.login.next(['keyboard-interactive', 'password'], false);
    if (attempt?.type !== 'keyboard-interactive') throw new Error(`${attempt?.type}`);
    return attempt;
  }

  test('comes before password; questions are cleaned and say who asks', async () => {
    const begun = begin({ answers: { prompt: ['one', 'two'] } });
    await begun.login.next(null, false);
    const attempt = await conversation(begun);
    const evil = '\x1b]0;title\x07\x1b[2J\u202eCode:\r ';
    expect(
      await attempt.answer('Two\x00 factors', 'Look at\r\nyour phone\n', [
        { text: evil, echo: true },
        { text: 'PIN: ', echo: false },
      ]),
    ).toEqual(['one', 'two']);
    expect(begun.questions).toEqual([
      {
        type: 'prompt',
        text: 'Two factors\nLook at\nyour phone\n(me@server) ]0;title[2JCode:\n ',
        echo: true,
      },
      { type: 'prompt', text: '(me@server) PIN: ', echo: false },
    ]);
    expect(begun.login.byPerson()).toBe(true);
  });

  test('without a prompt nobody is asked, and nobody is needed next time', async () => {
    const begun = begin({ answers: {} });
    await begun.login.next(null, false);
    expect(await (await conversation(begun)).answer('', 'Approved on your phone', [])).toEqual([]);
    expect(begun.login.byPerson()).toBe(false);
  });

  test('a server that refuses without a question is not tried again', async () => {
    const begun = begin({ answers: {} });
    expect(await refusedAll(begun, ['keyboard-interactive'])).toEqual(['none', 'keyboard-interactive']);
  });

  test('a server that asks and refuses is tried NumberOfPasswordPrompts times', async () => {
    const begun = begin({ answers: { prompt: ['a', 'b', 'c', 'd'] } });
    await begun.login.next(null, false);
    for (let count = 0; count < 3; count += 1) {
      await (await conversation(begun)).answer('', '', [{ text: 'Code: ', echo: false }]);
    }
    expect(await begun.login.next(['keyboard-interactive'], false)).toBeNull();
  });

  test('nobody answers', async () => {
    const begun = begin({ answers: { prompt: [null], password: ['secret'] } });
    await begun.login.next(null, false);
    expect(await (await conversation(begun)).answer('', '', [{ text: 'Code: ', echo: false }])).toBeNull();
    expect(await begun.login.next(['keyboard-interactive', 'password'], false)).toBeNull();
    expect(begun.login.summary()).toContain('keyboard-interactive) and nobody answered');
  });

  test('not in BatchMode', async () => {
    const begun = begin({ answers: { prompt: ['a'] }, login: { batchMode: true } });
    expect(await refusedAll(begun, ['keyboard-interactive'])).toEqual(['none']);
    expect(begun.login.summary()).toContain('(keyboard-interactive) and BatchMode allows no questions');
  });
});

describe('several steps', () => {
  test('a key, then a password', async () => {
    const begun = begin({ files: [keys.plain], answers: { password: ['secret'] } });
    await begun.login.next(null, false);
    expect(await told(await begun.login.next(['publickey'], false))).toBe('the key ~/plain');
    expect(await told(await begun.login.next(['password'], true))).toBe('password secret');
    expect(await begun.login.next(['password'], false)).toBeNull();
    expect(begun.login.summary()).toContain('it accepted the key ~/plain and wants more; it wants password');
  });

  test('two keys: the first is not offered again, those before it are', async () => {
    const begun = begin({ files: [keys.second, keys.plain] });
    await begun.login.next(null, false);
    expect(await told(await begun.login.next(['publickey'], false))).toBe('the key ~/second');
    expect(await told(await begun.login.next(['publickey'], false))).toBe('the key ~/plain');
    expect(await told(await begun.login.next(['publickey'], true))).toBe('the key ~/second');
    expect(await begun.login.next(['publickey'], false)).toBeNull();
  });

  test('a server that calls everything a partial success comes to an end', async () => {
    const begun = begin({ files: [keys.second, keys.plain], answers: { password: ['a', 'b', 'c', 'd'] } });
    await begun.login.next(null, false);
    let count = 0;
    while (count < 40 && (await begun.login.next(['publickey', 'password'], true)) !== null) count += 1;
    expect(count).toBe(5);
  });

  test('methods we do not have are named', async () => {
    const begun = begin();
    expect(await refusedAll(begun, ['gssapi-with-mic', 'hostbased'])).toEqual(['none']);
    expect(begun.login.summary()).toContain('it wants gssapi-with-mic or hostbased');
  });
});

test('secrets are in no note and no summary', async () => {
  const begun = begin({
    files: [keys.locked, keys.sealed],
    answers: { passphrase: ['Hunter1', 'open sesame', 'Hunter2', 'open sesame'], password: ['Hunter3'] },
  });
  await refusedAll(begun, ['publickey', 'password']);
  const all = [...begun.notes, begun.login.summary()].join('\n');
  expect(all).not.toMatch(/Hunter|sesame|PRIVATE/);
  const body = readFileSync(keys.locked, 'utf8').split('\n')[1] ?? '';
  expect(all).not.toContain(body);
});
