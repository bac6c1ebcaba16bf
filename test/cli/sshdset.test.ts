/** `holdfast sshd set`, `unset` and `keepalive` through the built command, without a running sshd. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { SshdPlan } from '../../src/edit.js';
import { scratch } from '../support/guard.js';
import { bin, plainEnv } from '../support/holdfast.js';
import { needs, program } from '../support/machine.js';
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

  it('says that 0 as a count gives up no client', async () => {
    const { stdout } = await sshd('keepalive', '--count', '0', '-f', main);
    expect(folded(stdout)).toContain(
      'sshd notices no dead client: ClientAliveCountMax 0 gives up no client.',
    );
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
    [['set'], 'sshd set: no Option; as in holdfast sshd set X11Forwarding no'],
    [['set', 'X11Forwarding', 'no', '--interval', '3'], '--interval is for keepalive'],
    [['set', 'X11Forwarding', 'no', '--dry-rn'], 'did you mean --dry-run?'],
    [['set', 'X11Forwarding', 'no', '--match'], '--match wants a value'],
    [['unset', 'X11Forwarding', 'no'], 'one word too many'],
    [['unset', 'PasswordAuthentication', '--print'], 'a new file takes nothing out of others'],
    [['keepalive', '15'], 'one word too many'],
    [['keepalive', '--interval', 'soon'], '"soon" is no time'],
    [['keepalive', '--off', '--count', '3'], '--off and --count: want one of them'],
    [['keepalive', '--dry-run', '--reload'], '--dry-run and --reload: want one of them'],
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
    expect(JSON.parse(stdout)).toMatchObject({
      error: { file: main, line: 1, refusals: [{ file: main, line: 1 }] },
    });
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

it('a word that sshd -T prints by its old name is said as people write it', async () => {
  writeFileSync(main, 'PermitRootLogin yes\n', { mode: 0o600 });
  const { stdout } = await sshd('set', 'PermitRootLogin', 'prohibit-password', '-f', main, '--json');
  const [option] = (JSON.parse(stdout) as SshdPlan).options;
  expect(option).toMatchObject({ before: ['yes'], after: ['prohibit-password'] });
  const why = await sshd('why', 'PermitRootLogin', '-f', main);
  expect(why.stdout).toContain('PermitRootLogin prohibit-password\n');
  expect(why.stdout).not.toContain('without-password');
  const effective = await sshd('effective', '-f', main);
  expect(effective.stdout).toContain('permitrootlogin without-password\n');
});

it('ClientAliveCountMax 0: what ends idle sessions is named', async () => {
  writeFileSync(main, '', { mode: 0o600 });
  const { stdout } = await sshd('keepalive', '--interval', '15', '--count', '0', '-f', main);
  expect(folded(stdout)).toContain(
    'ClientAliveCountMax 0 gives up no client. To end idle sessions there are ChannelTimeout and UnusedConnectionTimeout, from OpenSSH 9.2 on.',
  );
  const lint = await sshd('lint', '-f', main);
  expect(lint.stdout).toContain(
    'write 3, the default; to end idle sessions there are ChannelTimeout and UnusedConnectionTimeout',
  );
});

const flat = (text: string) => text.replace(/\s+/g, ' ');

describe('a port, where systemd listens', () => {
  /** systemd cannot run inside a test: a program of its name answers as it would. */
  const withUnits = (socket: string, ...args: readonly string[]): Promise<Finished> => {
    const folder = path.join(place.dir, 'bin');
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      path.join(folder, 'systemctl'),
      `#!/bin/sh\nprintf 'MainPID=0\\nId=ssh.service\\nActiveState=inactive\\n\\nId=ssh.socket\\nActiveState=${socket}\\n'\n`,
      { mode: 0o755 },
    );
    const env = plainEnv({
      XDG_STATE_HOME: path.join(place.dir, 'state'),
      PATH: `${folder}:${process.env.PATH}`,
    });
    return here.exec(process.execPath, [bin, 'sshd', ...args], { env, cwd: place.dir, detached: true });
  };

  it.each([
    ['Port', '2222'],
    ['ListenAddress', '127.0.0.1'],
  ])('is said to be held by it, without --reload, too: %s', async (option, value) => {
    writeFileSync(main, 'X11Forwarding no\n', { mode: 0o600 });
    const dry = await withUnits('active', 'set', option, value, '--dry-run', '-f', main);
    expect(flat(dry.stderr)).toContain('ssh.socket holds the ports, and not sshd');
    const json = await withUnits('active', 'set', option, value, '--dry-run', '--json', '-f', main);
    expect(JSON.parse(json.stdout)).toMatchObject({ socket: 'ssh.socket' });
    const done = await withUnits('active', 'set', option, value, '-f', main);
    expect(flat(done.stdout)).toContain('ssh.socket holds the ports, and not sshd');
    expect(flat(done.stdout)).not.toContain('sshd reads it at its next reload');
  });

  it("is sshd's own where the socket is off, and of other options nothing is said", async () => {
    const off = await withUnits('inactive', 'set', 'Port', '2222', '-f', main);
    expect(flat(off.stdout)).not.toContain('ssh.socket');
    const other = await withUnits('active', 'set', 'X11Forwarding', 'no', '-f', main);
    expect(flat(other.stdout)).not.toContain('ssh.socket');
  });
});

describe('what cannot be read', () => {
  const folder = path.join(place.dir, 'closed');
  const asOther = (...args: readonly string[]): Promise<Finished> =>
    here.exec(
      program('setpriv'),
      ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath, bin, 'sshd', ...args],
      { env: plainEnv({ HOME: '/nonexistent' }), detached: true },
    );

  beforeEach(() => {
    chmodSync(place.dir, 0o755);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, '50-x.conf'), 'PasswordAuthentication yes\n');
    writeFileSync(main, `Include ${folder}/*.conf\nPasswordAuthentication no\n`);
    chmodSync(main, 0o644);
  });

  const commands: readonly (readonly string[])[] = [
    ['lint'],
    ['why'],
    ['why', 'PasswordAuthentication'],
    ['effective'],
    ['set', 'X11Forwarding', 'no', '--dry-run'],
  ];

  const closings = [
    {
      what: 'a file',
      close: () => chmodSync(path.join(folder, '50-x.conf'), 0o000),
      said: `${folder}/50-x.conf cannot be VERB: you may not read it`,
    },
    {
      what: 'a folder',
      close: () => chmodSync(folder, 0o700),
      said: `${folder} cannot be VERB: you may not look into it`,
    },
  ];

  for (const { what, close, said } of closings) {
    needs('setpriv').it(`by this user, is an error that names it: ${what}`, async () => {
      close();
      for (const command of commands) {
        const { code, stdout, stderr } = await asOther(...command, '-f', main);
        expect(code, `${command[0]}: ${stdout}${stderr}`).toBe(2);
        expect(stdout).toBe('');
        const verb = command[0] === 'lint' ? 'read' : 'opened';
        expect(flat(stderr)).toContain(said.replace('VERB', verb));
      }
      chmodSync(folder, 0o755);
      chmodSync(path.join(folder, '50-x.conf'), 0o644);
    });
  }

  it('by sshd either, a link to nothing, is said of each command', async () => {
    symlinkSync('/nonexistent', path.join(folder, '60-y.conf'));
    for (const command of commands) {
      const { code, stdout, stderr } = await sshd(...command, '-f', main);
      expect(code).toBe(command[0] === 'lint' ? 1 : 2);
      expect(flat(`${stdout}${stderr}`)).toContain(
        `${folder}/60-y.conf cannot be opened: there is no such file`,
      );
    }
  });
});
