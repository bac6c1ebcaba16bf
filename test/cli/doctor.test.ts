/** `holdfast doctor` at the command line, with nobody to ask: what it says, what it prints to type, and what it never does. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { hostKey, pathsFile, printPaths } from '../../src/core/keepalive/probe/pathmemory.js';
import { type DoctorReport, doctor } from '../../src/inspect.js';
import { nextHop } from '../../src/io/kernel/kernelroutes.js';
import { readSysctl } from '../../src/io/kernel/sysctls.js';
import { scratch } from '../support/guard.js';
import { bin, holdfast, plainEnv } from '../support/holdfast.js';
import { needs, program } from '../support/machine.js';
import { here } from '../support/place.js';

const { dir, remove } = scratch('doctor');
afterAll(remove);

let files = 0;
/** A configuration of its own, and the words that name it; no sshd of this machine is looked at. */
function configured(text: string): { file: string; words: string[] } {
  files += 1;
  const file = path.join(dir, `config${files}`);
  writeFileSync(file, text);
  return { file, words: ['-F', file, '--sshd-config', path.join(dir, 'no-sshd'), '--offline'] };
}

const well = 'Host *\n  ServerAliveInterval 15\n';
const ask = (words: readonly string[], ...more: readonly string[]) => holdfast('doctor', ...words, ...more);
const flat = (text: string) => text.replace(/\s+/g, ' ');
const reportOf = async (words: readonly string[], ...more: readonly string[]) =>
  JSON.parse((await ask(words, ...more, '--json')).stdout) as DoctorReport;
/** What is printed to be typed. */
const commandsIn = (text: string) =>
  text.match(/^ {5}(?:sudo )?(?:holdfast|sysctl) .*$/gm)?.map((line) => line.trim()) ?? [];
/** Types a printed line: `holdfast` is the command that was built. */
const type = (line: string) =>
  here.exec(
    'sh',
    ['-c', `holdfast() { "${process.execPath}" "${bin}" "$@"; }\n${line.replace(/^sudo /, '')}`],
    {
      env: plainEnv({ XDG_STATE_HOME: path.join(dir, 'state') }),
      detached: true,
    },
  );

describe('a page', () => {
  it('of a host for which nothing has to change: exit 0, every part, 80 columns', async () => {
    const { words } = configured(`Host db\n  HostName db.example.org\n  Port 2200\n${well}`);
    const { code, stdout, stderr } = await ask(words, 'db');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^db \(db\.example\.org\): nothing has to change\.$/m);
    for (const part of ['kernel', 'config', 'server', 'path', 'time-outs'])
      expect(stdout).toMatch(new RegExp(`^${part} {2,}\\S`, 'm'));
    expect(stdout).toContain('ServerAliveInterval 15');
    expect(stdout).toContain('15 s x (3 + 1)');
    expect(flat(stdout)).toContain('to db.example.org port 2200: not tried (--offline)');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('what is to be typed names the files that were named', async () => {
    const file = path.join(dir, 'with a blank');
    writeFileSync(file, 'Host db\n  ServerAliveInterval 15\n  Port 1\n  Port 2\n');
    const sshd = path.join(dir, 'sshd of mine');
    writeFileSync(sshd, 'Port 22\nClientAliveInterval 0\n');
    const { stdout } = await ask(['-F', file, '--sshd-config', sshd, '--offline'], 'db');
    expect(flat(stdout)).toContain(`holdfast probe db -F '${file}'`);
    expect(flat(stdout)).toContain(`holdfast config lint -F '${file}'`);
    expect(flat(stdout)).toContain(`holdfast sshd lint -f '${sshd}'`);
  });

  it('a server without ClientAlive, and TCP keepalive on or off there', async () => {
    const sshd = path.join(dir, 'sshd-silent');
    const told = async (more: string) => {
      writeFileSync(sshd, `Port 1\n${more}`);
      const { file } = configured(well);
      return flat((await ask(['-F', file, '--sshd-config', sshd, '--offline'])).stdout);
    };
    const on = await told('');
    expect(on).toContain('a dead client is given up by TCP keepalive alone (TCPKeepAlive yes)');
    expect(on).toMatch(/TCP keepalive alone does after \d+ s.*; until then the ports of -R stay taken/);
    const off = await told('TCPKeepAlive no\n');
    expect(off).toContain('a dead client is never given up');
    expect(off).toContain('this sshd never gives up a dead client; the ports of -R stay taken');
  });

  it('a state folder that is none: nothing is known of the way, and the page is whole', async () => {
    const { words } = configured(well);
    const state = path.join(dir, 'state-is-a-file');
    mkdirSync(state);
    writeFileSync(path.join(state, 'holdfast'), '');
    const env = plainEnv({ XDG_STATE_HOME: state });
    const { code, stdout, stderr } = await here.exec(process.execPath, [bin, 'doctor', ...words, 'db'], {
      env,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(flat(stdout)).toContain('holdfast probe db');
  });

  it('which layer sees what: none asks the service behind a forward', async () => {
    const { words } = configured(well);
    const text = flat((await ask(words, 'db')).stdout);
    expect(text).toContain('TCP keepalive asks the kernel there, the heartbeat asks sshd');
    expect(text).toContain('Ask the service itself, through its port');
  });

  it('what a forgotten connection meets: not measured, or as it was', async () => {
    const { words } = configured(`Host db\n  HostName 203.0.113.7\n  Port 2200\n${well}`);
    const state = path.join(dir, 'measured');
    const page = async () => {
      const env = plainEnv({ XDG_STATE_HOME: state });
      return here.exec(process.execPath, [bin, 'doctor', ...words, 'db'], { env });
    };
    expect(flat((await page()).stdout)).toContain('(drop, reset, picked up again): holdfast probe db');
    const key = { ...nextHop('203.0.113.7'), host: hostKey({ hostName: '203.0.113.7', port: 2200 }, []) };
    const record = { ...key, doubtfulMs: null, at: Date.now() };
    const written = (safeMs: number, deadMs: number) => {
      mkdirSync(path.join(state, 'holdfast'), { recursive: true });
      const text = printPaths([{ ...record, safeMs, deadMs, mode: 'reset' }]);
      writeFileSync(path.join(state, 'holdfast', pathsFile), text);
    };
    written(100_000, 110_000);
    const fine = await page();
    expect(fine.code).toBe(0);
    expect(flat(fine.stdout)).toContain(
      'measured on this way: quiet for 100 s is survived; forgotten after 110 s: its next packet is reset',
    );
    written(12_000, 13_000);
    const short = await page();
    expect(short.code).toBe(1);
    expect(flat(short.stdout)).toContain('this way, as measured, forgets a quiet connection after 13 s');
    expect(commandsIn(short.stdout)[0]).toContain('holdfast config keepalive db --interval 9 -F');
  });

  it('of this machine alone, without a host', async () => {
    const { words } = configured(well);
    const { code, stdout } = await ask(words);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^This machine/);
    expect(stdout).toContain('for hosts without lines of their own');
    expect(stdout).toContain('no sshd of its own');
    expect(stdout).not.toMatch(/^path/m);
  });
});

describe('faults give exit 1 and the exact commands; typed as printed, they make it exit 0', () => {
  it.each<[string, string, string[], RegExp[]]>([
    ['no heartbeat for a host', 'Host db\n  Port 2200\n', ['db'], [/config keepalive db --interval 15 -F/]],
    ['no heartbeat for anyone', '', [], [/config keepalive --interval 15 -F/]],
    [
      'count 0, too seldom, and a line that never counts',
      'Host db\n  ServerAliveInterval 300\n  ServerAliveCountMax 0\n  Port 2200\n  Port 2201\n',
      ['db'],
      [/config keepalive db --interval 15 --count 3 -F/, /config lint --fix -F/],
    ],
    [
      'a misspelt option: refused, and then without a heartbeat',
      'Host db\n  Prot 2200\n',
      ['db'],
      [/config lint --fix -F/],
    ],
  ])('%s', async (_name, text, host, expected) => {
    const { file, words } = configured(text);
    const first = await ask(words, ...host);
    expect(first.code).toBe(1);
    const commands = commandsIn(first.stdout).filter((line) => !line.includes(' tcp set '));
    expect(commands.length).toBe(expected.length);
    expected.forEach((pattern, at) => {
      expect(commands[at]).toMatch(pattern);
    });
    let said = first;
    for (let round = 0; round < 3 && said.code !== 0; round += 1) {
      for (const line of commandsIn(said.stdout).filter((one) => !one.includes(' tcp set '))) {
        // What changes the meaning of a line wants a yes, and there is no terminal here.
        const done = await type(line.includes(' --fix ') ? `${line} --yes` : line);
        expect(done, line).toMatchObject({ code: 0 });
      }
      said = await ask(words, ...host);
    }
    expect({ code: said.code, text: readFileSync(file, 'utf8') }).toMatchObject({ code: 0 });
  });

  it('what no command mends is said by file and line', async () => {
    const { file, words } = configured(`Nonsense yes\n${well}`);
    const { code, stdout } = await ask(words, 'db');
    expect(code).toBe(1);
    expect(flat(stdout)).toContain(`by hand: ${file}:1: remove the line`);
    expect(stdout).toContain('ssh would not connect at all');
  });
});

describe('--json', () => {
  it('has every fact, the findings, and what to type', async () => {
    const { words, file } = configured('Host db\n  HostName db.example.org\n  LocalForward 1 localhost:2\n');
    const report = await reportOf(words, 'db');
    expect(report).toMatchObject({
      host: { name: 'db', hostName: 'db.example.org', port: 22 },
      config: { file, lint: [], state: { type: 'read', forwards: 1, remoteForwards: 0, undecided: [] } },
      server: { banner: null, flaws: [] },
      path: { through: [], contact: { type: 'skipped', why: 'offline' }, nat: null, hops: null },
      triage: 'not tried',
      shouldChange: true,
      findings: [
        { code: 'heartbeat-off', level: 'change', command: expect.stringContaining('keepalive db') },
      ],
    });
    expect(report.changes).toEqual(report.findings.slice(0, 3));
    expect(report.death?.inFlight.ms).toBeGreaterThan(0);
  });

  it('without a host: no path', async () => {
    const { words } = configured(well);
    expect(await reportOf(words)).toMatchObject({
      host: null,
      path: null,
      triage: null,
      shouldChange: false,
    });
  });
});

describe('what it never does', () => {
  const marked = (name: string) => path.join(dir, `${name}.ran`);

  it('runs no Match exec, no ProxyCommand and no KnownHostsCommand', async () => {
    const { words } = configured(
      `Match exec "touch ${marked('exec')}"\n  ServerAliveInterval 5\nHost cmd\n  ProxyCommand touch ${marked('proxy')}\n  KnownHostsCommand /usr/bin/touch ${marked('known')}\n${well}`,
    );
    const asked = words.filter((word) => word !== '--offline');
    const { code, stdout } = await ask(asked, 'cmd');
    expect(code).toBe(0);
    expect(flat(stdout)).toContain('by ProxyCommand');
    expect(flat(stdout)).toContain('its ProxyCommand is not run');
    expect(flat(stdout)).toContain('not decided, as its command is not run: Match exec');
    expect(['exec', 'proxy', 'known'].filter((name) => existsSync(marked(name)))).toEqual([]);
  });

  it('changes no file', async () => {
    const { file, words } = configured('Host db\n');
    await ask(words, 'db');
    expect(readFileSync(file, 'utf8')).toBe('Host db\n');
  });
});

describe('this machine as a server', () => {
  const server = (text: string) => {
    files += 1;
    const file = path.join(dir, `sshd_config${files}`);
    writeFileSync(file, text);
    return file;
  };
  const asked = (text: string) => {
    const { words } = configured(well);
    const file = server(text);
    return words.map((word) => (word.endsWith('no-sshd') ? file : word));
  };

  it('its ClientAlive, what it comes to, and what forbids tunnels', async () => {
    const text = 'ClientAliveInterval 20\nClientAliveCountMax 2\nAllowTcpForwarding no\nPort 1\n';
    const { code, stdout } = await ask(asked(text), '--json');
    expect(code).toBe(0);
    const { server: found } = JSON.parse(stdout) as DoctorReport;
    expect(found.own?.state).toMatchObject({
      type: 'read',
      interval: { value: 20, from: expect.stringMatching(/sshd_config\d+:1$/) },
      countMax: { value: 2 },
      limits: ['AllowTcpForwarding no'],
    });
    const page = flat((await ask(asked(text))).stdout);
    expect(page).toMatch(/a dead client is given up after (2 x )?20 s x \(2 \+ 1\)/);
    expect(page).toContain('AllowTcpForwarding no: ends or forbids forwards');
    expect(page).toContain('which does not run');
  });

  needs('setpriv').it(
    'a drop-in that only root may read: not seen, and sshd is not said to refuse it',
    async () => {
      const open = scratch('doctordropin');
      try {
        chmodSync(open.dir, 0o755);
        const main = path.join(open.dir, 'sshd_config');
        writeFileSync(main, `Include ${path.join(open.dir, 'part')}\n`);
        writeFileSync(path.join(open.dir, 'part'), 'ClientAliveInterval 15\n', { mode: 0o600 });
        const other = (...line: readonly string[]) =>
          here.exec(
            program('setpriv'),
            ['--reuid', '65534', '--regid', '65534', '--clear-groups', process.execPath, bin, ...line],
            { env: plainEnv({ HOME: '/nonexistent' }), detached: true },
          );
        const why = `${path.join(open.dir, 'part')} cannot be read: you may not read it`;
        const page = await other('doctor', '-F', 'none', '--sshd-config', main, '--offline', '--json');
        const { server: found, findings } = JSON.parse(page.stdout) as DoctorReport;
        expect(found.own?.state).toEqual({ type: 'unreadable', reason: why });
        expect(findings.map(({ code }) => code)).not.toContain('server-refused');
        expect(await other('sshd', 'lint', '-f', main)).toMatchObject({
          code: 2,
          stdout: '',
          stderr: `holdfast: ${why}\n`,
        });
        const { stderr } = await other('sshd', 'effective', '-f', main);
        expect(stderr).toContain("you may not read it; want root's rights, or a copy that you may read\n");
      } finally {
        open.remove();
      }
    },
  );

  it('refused: it would not start', async () => {
    const { code, stdout } = await ask(asked('Nonsense 1\n'));
    expect(code).toBe(1);
    expect(flat(stdout)).toContain('sshd of this machine would not start again');
  });
});

// Another value of this kernel has other times.
const asShipped = readSysctl('tcp_retries2')?.trim() === '15';
it.runIf(asShipped)(
  'a count that the kernel does not wait for: what config why says, and what to type',
  async () => {
    const place = scratch('doctor-count');
    try {
      const file = path.join(place.dir, 'config');
      writeFileSync(file, 'Host db\n  ServerAliveInterval 30\n  ServerAliveCountMax 120\n', { mode: 0o600 });
      const why = await holdfast('config', 'why', 'db', '-F', file, '--json');
      const { keepalive } = JSON.parse(why.stdout) as { keepalive: { noticedAfterMs: number } };
      const page = await ask(['db', '-F', file, '--offline', '--json']);
      const report = JSON.parse(page.stdout) as DoctorReport;
      expect(report.death?.idle).toEqual({ by: 'retransmission', ms: keepalive.noticedAfterMs });
      expect(report.changes[0]).toMatchObject({
        code: 'count-beyond-kernel',
        command: `holdfast config keepalive db --interval 30 --count 30 -F ${file}`,
      });
      const words = (report.changes[0]?.command ?? '').split(' ').slice(1);
      const env = plainEnv({ XDG_STATE_HOME: path.join(place.dir, 'state') });
      const made = await here.exec(process.execPath, [bin, ...words], { env, detached: true });
      expect(made.code).toBe(0);
      const after = JSON.parse((await ask(['db', '-F', file, '--offline', '--json'])).stdout) as DoctorReport;
      expect(after.death?.idle).toEqual({ by: 'heartbeat', ms: 930_000 });
      expect(after.findings.map(({ code }) => code)).not.toContain('count-beyond-kernel');
    } finally {
      place.remove();
    }
  },
);

describe('useful answers, and no stack trace', () => {
  it.each<[string[], string]>([
    [['--jason'], 'did you mean --json?'],
    [['a', 'b'], '"b" is one word too many; it takes [host]'],
    [['a;b'], 'host "a;b"'],
    [['-F'], '-F wants a value: -F FILE'],
    [['--json=yes'], '--json takes no value'],
    [['-F', '/nonexistent/config', 'db'], '/nonexistent/config cannot be read: there is no such file'],
  ])('%j: exit 2', async (words, said) => {
    const { code, stdout, stderr } = await ask(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(flat(stderr)).toContain(said);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('a jump through itself: exit 2, with what would be right', async () => {
    const { words } = configured(`Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n${well}`);
    const { code, stderr } = await ask(words, 'a');
    expect(code).toBe(2);
    expect(flat(stderr)).toContain('is reached through itself; want ProxyJump none');
  });

  it.each([
    ['darwin', 'macOS', '7200 s + 8 x 75 s'],
    ['win32', 'Windows', '7200 s + 10 x 1 s'],
    ['aix', 'AIX', '7200 s + 9 x 75 s'],
  ])('on %s: what is not available is said', async (system, name, sum) => {
    const { words } = configured('Host old\n  ServerAliveInterval 0\nHost *\n  ServerAliveInterval 15\n');
    const cjs = fileURLToPath(new URL('../support/othersystem.cjs', import.meta.url));
    const env = plainEnv({ NODE_OPTIONS: `--require=${cjs}`, HOLDFAST_TEST_SYSTEM: system });
    const run = (...more: string[]) =>
      here.exec(process.execPath, [bin, 'doctor', ...words, ...more], { env });
    const { code, stdout, stderr } = await run();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(flat(stdout)).toContain(`the values in force: not available on ${name}, only on Linux`);
    expect(flat(stdout)).toContain(sum);
    const old = await run('old');
    expect(old.code).toBe(1);
    expect(flat(old.stdout)).toContain(`in flight not available on ${name}`);
  });

  needs('setpriv').it('without root: the page, and sudo where root is wanted', async () => {
    const { file } = configured('');
    chmodSync(dir, 0o755);
    const as = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];
    const { code, stdout, stderr } = await here.exec(
      program('setpriv'),
      [...as, process.execPath, bin, 'doctor', '-F', file, '--sshd-config', path.join(dir, 'none')],
      { env: plainEnv() },
    );
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/^ {5}holdfast config keepalive --interval 15 -F/m);
    expect(stdout).toMatch(/^ {5}sudo holdfast tcp set /m);
  });
});

it('the library: the same report, for a system that is named', async () => {
  const { file } = configured(well);
  const report = await doctor('db', { configFile: file, offline: true, system: 'darwin' });
  expect(report).toMatchObject({ shouldChange: false, kernel: { times: null, shipped: { probes: 8 } } });
  await expect(doctor('a b', { offline: true })).rejects.toMatchObject({ kind: 'usage' });
});
