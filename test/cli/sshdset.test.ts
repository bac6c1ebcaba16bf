/** `holdfast sshd set`, `unset` and `keepalive` through the built command, without a running sshd. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { SshdPlan } from '../../src/edit.js';
import { scratch } from '../support/guard.js';
import { bin, plainEnv } from '../support/holdfast.js';
import { blocks, pageOf } from '../support/pages.js';
import { type Finished, here } from '../support/place.js';

const place = scratch('sshd-set');
afterAll(() => place.remove());
const main = path.join(place.dir, 'sshd_config');
const dropIn = path.join(place.dir, 'sshd_config.d', '00-holdfast.conf');

/** The main file of the page's sessions. */
const example = (blocks(pageOf('docs/sshd-edit.md'), 'text')[0] ?? '').replaceAll('/etc/ssh', place.dir);

/** Without the installed sshd: what it says of these files, which have no host key, is not the matter here. */
const sshd = (...args: readonly string[]): Promise<Finished> =>
  here.exec(process.execPath, [bin, 'sshd', ...args], {
    env: plainEnv({ XDG_STATE_HOME: path.join(place.dir, 'state') }),
    cwd: place.dir,
    detached: true,
  });

beforeEach(() => {
  const { dir } = place;
  mkdirSync(path.join(dir, 'sshd_config.d'), { recursive: true });
  writeFileSync(path.join(dir, 'sshd_config.d', '50-cloud-init.conf'), 'PasswordAuthentication no\n', {
    mode: 0o600,
  });
  writeFileSync(dropIn, '');
  writeFileSync(main, example, { mode: 0o600 });
});

/** The folder of the test may have any length, so lines break elsewhere; whether there is an sshd, too. */
const folded = (text: string) =>
  text
    .replaceAll(place.dir, '/etc/ssh')
    .replace(/\s+/g, ' ')
    .replace(/Not checked by sshd: .*?(?=Nothing|sshd reads|$)/, '')
    .trim();

it('a dry run changes nothing', async () => {
  rmSync(dropIn);
  const { code, stdout } = await sshd('set', 'PasswordAuthentication', 'yes', '--dry-run', '-f', main);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^--- .*\n\+\+\+ .*\n@@ -0,0 \+1,2 @@\n/);
  expect(existsSync(dropIn)).toBe(false);
  expect(readFileSync(main, 'utf8')).toBe(example);
});

it('a change is told on stdout', async () => {
  const { code, stderr } = await sshd('set', 'X11Forwarding', 'no', '-f', 'sshd_config');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(readFileSync(main, 'utf8')).toBe(example.replace('X11Forwarding yes', 'X11Forwarding no'));
});

it('the file for another machine is one that sshd reads', async () => {
  const { code, stdout } = await sshd('keepalive', '--print');
  expect(code).toBe(0);
  writeFileSync(main, stdout);
  const effective = await sshd('effective', '-f', main);
  expect(effective.stdout).toContain('\nclientaliveinterval 15\n');
});

describe('keepalive', () => {
  const plan = async (...args: readonly string[]) =>
    JSON.parse((await sshd('keepalive', '--json', '-f', main, ...args)).stdout) as SshdPlan & {
      written: boolean;
    };

  it('sets the count only where it differs, and says what it comes to', async () => {
    const { options, clientAlive, written } = await plan();
    expect(written).toBe(true);
    expect(options.map(({ option, changed }) => [option, changed])).toEqual([
      ['ClientAliveInterval', true],
      ['ClientAliveCountMax', false],
    ]);
    expect(clientAlive.before.noticedAfterMs).toBeNull();
    expect(clientAlive.after.noticedAfterMs).toBe(60_000 * clientAlive.after.stride);
    expect(readFileSync(dropIn, 'utf8')).toBe('ClientAliveInterval 15\n');
    expect(await plan()).toMatchObject({ written: false, files: [] });
    await plan('--count', '5');
    expect(readFileSync(dropIn, 'utf8')).toBe('ClientAliveInterval 15\nClientAliveCountMax 5\n');
    await plan('--off');
    expect(readFileSync(dropIn, 'utf8')).toBe('ClientAliveInterval 0\nClientAliveCountMax 5\n');
  });

  it.each([
    [
      'ClientAliveCountMax 10\n',
      'ClientAliveCountMax 10 stays at /etc/ssh/sshd_config:1; --count sets another one',
      11,
    ],
    [
      'ClientAliveInterval 300\nClientAliveCountMax 0\n',
      'ClientAliveCountMax 0 stays at /etc/ssh/sshd_config:2; --count sets another one',
      null,
    ],
  ] as const)(
    'keeps the count of a line that stands, and promises what then holds: %j',
    async (lines, said, times) => {
      writeFileSync(main, lines);
      const { stdout } = await sshd('keepalive', '-f', main, '--dry-run', '--json');
      const { options, clientAlive } = JSON.parse(stdout) as SshdPlan;
      expect(options.map(({ changed, stays }) => [changed, stays])).toEqual([
        [true, false],
        [false, true],
      ]);
      const { noticedAfterMs, stride } = clientAlive.after;
      expect(noticedAfterMs).toBe(times === null ? null : 15_000 * times * stride);
      const wet = await sshd('keepalive', '-f', main);
      expect(folded(wet.stdout)).toContain(said);
      expect(readFileSync(main, 'utf8')).toContain(lines.slice(lines.indexOf('ClientAliveCountMax')));
      expect(readFileSync(main, 'utf8')).toContain('ClientAliveInterval 15\n');
      await sshd('keepalive', '--count', '3', '-f', main);
      expect(readFileSync(main, 'utf8')).toContain('ClientAliveCountMax 3\n');
    },
  );

  it('says that 0 as a count gives up nobody', async () => {
    const { stdout } = await sshd('keepalive', '--count', '0', '-f', main);
    expect(folded(stdout)).toContain('sshd notices no dead client: ClientAliveCountMax 0 gives up nobody.');
  });

  it('for one Match line goes into its block', async () => {
    await plan('--match', 'User backup', '--interval', '1m');
    expect(readFileSync(main, 'utf8')).toBe(`${example}    ClientAliveInterval 1m\n`);
  });

  it('can be taken back from the history', async () => {
    await plan();
    const undone = await here.exec(process.execPath, [bin, 'config', 'undo', '-F', dropIn], {
      env: plainEnv({ XDG_STATE_HOME: path.join(place.dir, 'state') }),
      detached: true,
    });
    expect({ code: undone.code, text: readFileSync(dropIn, 'utf8') }).toEqual({ code: 0, text: '' });
  });
});

describe('refused, with exit 2 and one line', () => {
  const refused: [args: string[], words: string][] = [
    [
      ['set', 'ServerAliveInterval', '15'],
      "holdfast config keepalive HOST --interval N; the server's own is ClientAliveInterval: holdfast sshd keepalive --interval N",
    ],
    [
      ['set', 'HostName', 'x'],
      'HostName belongs in ssh_config, on the client: holdfast config set HOST HostName VALUE',
    ],
    [['set', 'PasswordAuthentification', 'no'], 'sshd has no option "PasswordAuthentification"'],
    [['set', 'X11Forwardin', 'no'], 'did you mean X11Forwarding?'],
    [['set', 'Port', '70000'], 'want a port from 1 to 65535'],
    [['set', 'Port', '22', '--match', 'User x'], 'Port counts for the whole server'],
    [['set', 'Banner', 'a\nb'], 'a value without line ends'],
    [['set', 'X11Forwarding', 'no', '--match', 'Usr x'], 'want criteria that some connection fits'],
    [['set', 'Match', 'User x'], 'Match is not set as an option is'],
    [['set', 'X11Forwarding'], 'to which value is X11Forwarding to be set?'],
    [['set'], 'set: no option; as in holdfast sshd set X11Forwarding no'],
    [['set', 'X11Forwarding', 'no', '--interval', '3'], '--interval is for keepalive'],
    [['set', 'X11Forwarding', 'no', '--dry-rn'], 'did you mean --dry-run?'],
    [['set', 'X11Forwarding', 'no', '--match'], '--match wants a value'],
    [['unset', 'X11Forwarding', 'no'], 'one word too many'],
    [['unset', 'PasswordAuthentication', '--print'], 'a new file takes nothing out of others'],
    [['keepalive', '15'], 'one word too many'],
    [['keepalive', '--interval', 'soon'], '"soon" is no time'],
    [['keepalive', '--off', '--count', '3'], '--off stands alone'],
    [['keepalive', '--dry-run', '--reload'], 'there is nothing to --reload'],
    [['keepalive', '--check-login', 'me@here'], '--check-login is for --reload'],
    [['keepalive', '--reload', '--check-login=-oProxyCommand=x'], 'want [user@]host'],
  ];
  it.each(refused)('%j', async (args, words) => {
    const [first = '', ...rest] = args;
    const file = args.includes('--print') ? [] : ['-f', main];
    const { code, stdout, stderr } = await sshd(first, ...file, ...rest);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(readFileSync(main, 'utf8')).toBe(example);
  });

  it('where the file is not as sshd takes it: each line is named', async () => {
    writeFileSync(main, 'Nonsense 1\n');
    const { code, stdout, stderr } = await sshd('keepalive', '-f', main, '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ refusals: [{ file: main, line: 1 }] });
    expect(stderr).toContain(`${main}:1: there is no option "Nonsense"`);
  });

  it('where others may write to the file', async () => {
    writeFileSync(main, 'X11Forwarding yes\n');
    chmodSync(main, 0o666);
    const { code, stderr } = await sshd('set', 'X11Forwarding', 'no', '-f', main);
    chmodSync(main, 0o600);
    expect(code).toBe(2);
    expect(stderr).toContain('chmod go-w');
    expect(readFileSync(main, 'utf8')).toBe('X11Forwarding yes\n');
  });
});

it.each(['set', 'unset', 'keepalive'])('the help of %s fits a terminal', async (command) => {
  const { code, stdout } = await sshd(command, '--help');
  expect(code).toBe(0);
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});
