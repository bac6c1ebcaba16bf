/** Questions to a person: on a real terminal, and by SSH_ASKPASS. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askerFor, askpassOf } from '../../src/cli/terminal/asker.js';
import { nothing, type Typing, typed } from '../../src/cli/terminal/tty.js';
import type { Question } from '../../src/open.js';
import type { Watched } from '../support/client.js';
import { scratch } from '../support/guard.js';
import { onTerminal, plainEnv } from '../support/holdfast.js';
import { needs } from '../support/machine.js';
import { here } from '../support/place.js';
import { until } from '../support/until.js';

const script = fileURLToPath(new URL('../support/asking.mjs', import.meta.url));
const passphrase: Question = { type: 'passphrase', path: '/k', text: "Enter passphrase for key '/k': " };
const hostKey: Question = {
  type: 'host-key',
  name: 'db',
  keyType: 'ED25519',
  fingerprint: 'SHA256:abc',
  text: 'The authenticity of host db is unknown.\nAre you sure (yes/no/[fingerprint])? ',
};

let dir = '';
let remove = () => {};
beforeAll(() => {
  ({ dir, remove } = scratch('ask'));
});
afterAll(() => remove());

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

let questions = 0;

function numbered(): number {
  questions += 1;
  return questions;
}

/** Asks on a terminal. Afterwards the terminal's own settings are printed. */
function ask(question: Question, meanwhile = '') {
  const file = path.join(dir, `answer-${numbered()}`);
  const words = [process.execPath, script, JSON.stringify(question), file, meanwhile].map(quoted).join(' ');
  const watched = onTerminal(dir, `${words}; stty -a; echo the end`);
  const result = () =>
    JSON.parse(readFileSync(file, 'utf8')) as { by: string; answer: string | null; settings: string };
  return { watched, result, pid: () => Number(readFileSync(`${file}.pid`, 'utf8')) };
}

async function ends(watched: Watched): Promise<void> {
  await watched.says('the end');
  watched.child.stdin?.end();
  await watched.end();
}

/** As stty prints them: the driver echoes, edits lines and makes signals again. */
function expectRestored(settings: string): void {
  expect(settings).toMatch(/ icanon /);
  expect(settings).toMatch(/ echo /);
  expect(settings).toMatch(/[ \n]isig /);
}

needs('socat').describe('on a terminal', () => {
  it('reads a passphrase without echo, with the keys of a line editor', async () => {
    const { watched, result } = ask(passphrase);
    await watched.says(passphrase.text);
    watched.child.stdin?.write('wrong\u0015sesame\u001b[Aé1\u007f\u007f X\u0017X\r');
    await ends(watched);
    expect(result()).toMatchObject({ by: 'terminal', answer: 'sesame X' });
    expect(watched.stdout).not.toMatch(/sesame|wrong/);
    expectRestored(result().settings);
  });

  it('shows an answer where the server allows it', async () => {
    const { watched, result } = ask({ type: 'prompt', text: 'Token: ', echo: true });
    await watched.says('Token: ');
    watched.child.stdin?.write('1234');
    await watched.says('Token: 1234');
    watched.child.stdin?.write('\r');
    await ends(watched);
    expect(result().answer).toBe('1234');
  });

  it('asks about a host key until the answer is one', async () => {
    const { watched, result } = ask(hostKey);
    await watched.says(hostKey.text.split('\n')[1] ?? '');
    watched.child.stdin?.write('perhaps\r');
    await watched.says("Please type 'yes', 'no' or the fingerprint: ");
    watched.child.stdin?.write('YES\r');
    await ends(watched);
    expect(result().answer).toBe('yes');
  });

  it('takes Ctrl-C as nobody answers, and gives the terminal back', async () => {
    const { watched, result } = ask(passphrase);
    await watched.says(passphrase.text);
    watched.child.stdin?.write('ses\u0003');
    await ends(watched);
    expect(result()).toMatchObject({ by: 'terminal', answer: null });
    expectRestored(result().settings);
  });

  it('stops asking when the answer is no longer wanted', async () => {
    const { watched, result, pid } = ask(passphrase, 'withdraw');
    await watched.says(passphrase.text);
    process.kill(pid(), 'SIGUSR2');
    await ends(watched);
    expect(result().answer).toBeNull();
    expectRestored(result().settings);
  });

  it('puts news above the question and shows the question again', async () => {
    const { watched, result, pid } = ask({ type: 'prompt', text: 'Code: ', echo: true }, 'some news');
    await watched.says('Code: ');
    watched.child.stdin?.write('12');
    await watched.says('Code: 12');
    process.kill(pid(), 'SIGUSR2');
    await watched.says('some news\r\nCode: 12');
    watched.child.stdin?.write('3\r');
    await ends(watched);
    expect(result().answer).toBe('123');
  });

  it('leaves the terminal as it was when the process is told to exit', async () => {
    const { watched, pid } = ask(passphrase);
    await watched.says(passphrase.text);
    process.kill(pid(), 'SIGTERM');
    await ends(watched);
    expectRestored(watched.stdout);
  });
});

describe('without a terminal', () => {
  const run = async (env: NodeJS.ProcessEnv, question: Question = passphrase) => {
    const file = path.join(dir, `answer-${numbered()}`);
    await here.must(process.execPath, [script, JSON.stringify(question), file], {
      env: plainEnv(env),
      detached: true,
    });
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  };

  const askpass = (body: string) => {
    const file = path.join(dir, `askpass-${numbered()}`);
    writeFileSync(file, `#!/bin/sh\n${body}\n`);
    chmodSync(file, 0o700);
    return file;
  };

  it('no person can be prompted', async () => {
    expect(await run({ SSH_ASKPASS: askpass('echo no') })).toEqual({
      by: null,
      answer: null,
      settings: null,
    });
  });

  it('SSH_ASKPASS is given the question and answers with its first line', async () => {
    const heard = path.join(dir, 'heard');
    const program = askpass(`printf %s "$1" > ${heard}; echo sesame; echo more`);
    expect(await run({ SSH_ASKPASS: program, DISPLAY: ':9' })).toMatchObject({
      by: 'window',
      answer: 'sesame',
    });
    expect(readFileSync(heard, 'utf8')).toBe(passphrase.text);
  });

  it('SSH_ASKPASS that fails means that nobody answers', async () => {
    const program = askpass('echo sesame; exit 1');
    expect(await run({ SSH_ASKPASS: program, DISPLAY: ':9' })).toMatchObject({ by: 'window', answer: null });
  });

  it('SSH_ASKPASS that never says yes or no is not asked for ever', async () => {
    const asked = path.join(dir, 'asked');
    const program = askpass(`echo x >> ${asked}; echo perhaps`);
    expect(await run({ SSH_ASKPASS: program, DISPLAY: ':9' }, hostKey)).toMatchObject({
      by: 'window',
      answer: null,
    });
    expect(readFileSync(asked, 'utf8')).toBe('x\n'.repeat(5));
  });
});

describe('which program asks, as in read_passphrase of OpenSSH', () => {
  const program = '/bin/true';
  const rows: [env: Record<string, string>, answer: { first: boolean } | null][] = [
    [{}, null],
    [{ DISPLAY: ':0' }, { first: false }],
    [{ WAYLAND_DISPLAY: 'wayland-0' }, { first: false }],
    [{ DISPLAY: '' }, null],
    [{ SSH_ASKPASS_REQUIRE: 'force' }, { first: true }],
    [{ SSH_ASKPASS_REQUIRE: 'FORCE', DISPLAY: ':0' }, { first: true }],
    [{ SSH_ASKPASS_REQUIRE: 'prefer' }, null],
    [{ SSH_ASKPASS_REQUIRE: 'prefer', DISPLAY: ':0' }, { first: true }],
    [{ SSH_ASKPASS_REQUIRE: 'never', DISPLAY: ':0' }, null],
    [{ SSH_ASKPASS_REQUIRE: 'nonsense', DISPLAY: ':0' }, { first: false }],
  ];
  it.each(rows)('%o', (env, answer) => {
    expect(askpassOf({ ...env, SSH_ASKPASS: program })).toEqual(answer && { program, ...answer });
  });
});

describe('typing', () => {
  const type = (text: string) => {
    let typing: Typing = nothing;
    for (const character of text) {
      const now = typed(typing, character);
      if (now.type !== 'typing') return now;
      typing = now.typing;
    }
    return typing.text;
  };
  const rows: [keys: string, what: string, result: unknown][] = [
    ['ab\r', 'return', { type: 'entered', text: 'ab' }],
    ['ab\n', 'line feed', { type: 'entered', text: 'ab' }],
    ['\r', 'an empty line', { type: 'entered', text: '' }],
    ['ab\u0003', 'Ctrl-C', { type: 'declined' }],
    ['\u0004', 'Ctrl-D on nothing', { type: 'declined' }],
    ['ab\u0004', 'Ctrl-D behind text', 'ab'],
    ['a€\u007fb', 'erase takes a character, not a byte', 'ab'],
    ['a😀\u0008b', 'and not half of one', 'ab'],
    ['\u007fa', 'erase on nothing', 'a'],
    ['one two \u0017x', 'Ctrl-W', 'one x'],
    ['one\u0015x', 'Ctrl-U', 'x'],
    ['a\u001b[1;5Db\u001bOPc\u001bxd', 'keys that send a sequence', 'abcd'],
    ['a\u0001b\tc', 'other control characters, and tab', 'ab\tc'],
  ];
  it.each(rows)('%j: %s', (keys, _, result) => {
    expect(type(keys)).toEqual(result);
  });
});

describe('several questions', () => {
  it('are asked one after the other', async () => {
    const open: ((answer: string) => void)[] = [];
    const ask = askerFor(
      (text) => new Promise((resolve) => open.push((answer) => resolve(`${text}${answer}`))),
    );
    const { signal } = new AbortController();
    const first = ask({ type: 'prompt', text: 'a', echo: true }, signal);
    const second = ask({ type: 'prompt', text: 'b', echo: true }, signal);
    await until('the first question', () => open.length === 1);
    open[0]?.('1');
    expect(await first).toBe('a1');
    await until('the second question', () => open.length === 2);
    open[1]?.('2');
    expect(await second).toBe('b2');
  });

  it('one that was withdrawn while it waited is not asked', async () => {
    const asked: string[] = [];
    const ask = askerFor(async (text) => {
      asked.push(text);
      return 'x';
    });
    const controller = new AbortController();
    const first = ask({ type: 'prompt', text: 'a', echo: true }, new AbortController().signal);
    const second = ask({ type: 'prompt', text: 'b', echo: true }, controller.signal);
    controller.abort();
    expect([await first, await second]).toEqual(['x', null]);
    expect(asked).toEqual(['a']);
  });
});
