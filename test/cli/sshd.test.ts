/** `holdfast sshd`: effective, why and lint, through the built command. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratch } from '../support/guard.js';
import { holdfast } from '../support/holdfast.js';
import { commands, pageOf } from '../support/pages.js';

describe('holdfast sshd', () => {
  let place: ReturnType<typeof scratch>;
  const file = (name: string) => path.join(place.dir, name);
  beforeAll(() => {
    place = scratch('sshd-cli');
    const main = [
      `Include ${file('drop-in')}`,
      'PasswordAuthentication yes',
      'Match user bob',
      'X11Forwarding yes',
    ];
    writeFileSync(file('main'), `${main.join('\n')}\n`);
    writeFileSync(file('drop-in'), 'PasswordAuthentication no\n');
    writeFileSync(file('bad'), 'ServerAliveInterval 30\n');
  });
  afterAll(() => place.remove());

  it('effective: a block overrides for its user alone; the first file wins', async () => {
    const bob = await holdfast('sshd', 'effective', '-f', file('main'), 'user=bob');
    const eve = await holdfast('sshd', 'effective', '-f', file('main'), '-C', 'user=eve,addr=10.0.0.1');
    expect({ code: bob.code, stderr: bob.stderr }).toEqual({ code: 0, stderr: '' });
    const lines = bob.stdout.split('\n');
    expect(lines).toContain('x11forwarding yes');
    expect(lines).toContain('passwordauthentication no');
    expect(eve.stdout.split('\n')).toContain('x11forwarding no');
  });

  it('why: names the line that gives it and the one that lost', async () => {
    const asked = ['sshd', 'why', 'passwordauthentication', 'X11Forwarding', '-F', file('main'), 'user=eve'];
    const { code, stdout } = await holdfast(...asked);
    expect(code).toBe(0);
    expect(stdout).toContain(`from  ${file('drop-in')}:1  PasswordAuthentication no`);
    expect(stdout).toContain(`lost  ${file('main')}:2  PasswordAuthentication yes`);
    expect(stdout.replace(/\s+/g, ' ')).toContain('does not match: user bob: the user is eve');
  });

  it('a refusal is exit 2, with the line and what would be right', async () => {
    const { code, stdout, stderr } = await holdfast('sshd', 'effective', '-f', file('bad'), '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { refusals: [{ file: file('bad'), line: 1 }] } });
    expect(stderr).toContain(`${file('bad')}:1: `);
    expect(stderr).toContain('ClientAliveInterval');
  });

  it('lint: each finding with its code and its fix, exit 1; nothing found, exit 0; no file, exit 2', async () => {
    writeFileSync(file('good'), 'ClientAliveInterval 15\n', { mode: 0o600 });
    const bad = await holdfast('sshd', 'lint', '-f', file('bad'));
    expect({ code: bad.code, stderr: bad.stderr }).toEqual({ code: 1, stderr: '' });
    expect(bad.stdout).toBe(
      `${file('bad')}:1: ServerAliveInterval is an option of ssh_config; sshd does not start [client-option]\n` +
        '    write ClientAliveInterval\n',
    );
    expect(await holdfast('sshd', 'lint', '-f', file('good'))).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
    const none = await holdfast('sshd', 'lint', '-f', file('nowhere'));
    expect(none).toMatchObject({ code: 2, stdout: '' });
    expect(none.stderr).toBe(`holdfast: ${file('nowhere')} cannot be read: there is no such file\n`);
  });

  it('lint: the edits are data', async () => {
    const { code, stdout } = await holdfast('sshd', 'lint', '--json', '-f', file('bad'));
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      findings: [
        {
          code: 'client-option',
          fix: { edit: { file: file('bad'), from: 0, to: 19, text: 'ClientAliveInterval' } },
        },
      ],
    });
  });

  it('lint: judges for another release', async () => {
    writeFileSync(file('newer'), 'PerSourcePenalties yes\n', { mode: 0o600 });
    const codes = async (target: string) =>
      (await holdfast('sshd', 'lint', '-f', file('newer'), `--target=${target}`)).stdout;
    expect(await codes('9.2')).toContain('[newer-option]');
    expect(await codes('9.8')).toBe('');
  });

  it.each<[readonly string[], string]>([
    [['undo'], 'sshd: unknown command "undo"; there are effective, why, lint, set, unset and keepalive'],
    [['lnt'], 'sshd: unknown command "lnt"; did you mean lint?'],
    [['lint', 'user=bob'], 'sshd lint: "user=bob" is one word too many; it takes none'],
    [['why', '--target', '9.2'], 'sshd why: --target is for lint'],
    [['lint', '--target'], 'sshd lint: --target wants a value: --target VERSION'],
    [['lint', '--target', 'new'], 'target: "new" is no release; want one as 9.2'],
  ])('%j makes no sense: one line, exit 2', async (words, line) => {
    expect(await holdfast('sshd', ...words)).toEqual({ code: 2, stdout: '', stderr: `holdfast: ${line}\n` });
  });

  it('the help fits a terminal', async () => {
    const { stdout } = await holdfast('sshd', '--help');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

describe('docs/sshd.md', () => {
  const place = scratch('sshd-page');
  afterAll(() => place.remove());
  const lines = commands(pageOf('docs/sshd.md')).flatMap(
    (line) => /\bholdfast sshd (.+)$/.exec(line)?.[1] ?? [],
  );
  it.each(lines)('holdfast sshd %s is understood', async (line) => {
    const empty = path.join(place.dir, 'empty');
    writeFileSync(empty, '', { mode: 0o600 });
    const { code, stderr } = await holdfast('sshd', ...line.split(' '), '-f', empty);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
