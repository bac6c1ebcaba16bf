/** `holdfast probe` against real NATs: Linux's conntrack with another time-out, and three ways to treat what comes too late. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { PathRecord } from '../../src/core/keepalive/probe/pathmemory.js';
import type { ProbeResult } from '../../src/inspect/probepath.js';
import { thorough } from '../support/amount.js';
import { Watched } from '../support/client.js';
import { scratch } from '../support/guard.js';
import { bin, plainEnv } from '../support/holdfast.js';
import { needs, program } from '../support/machine.js';
import { type Netlab, type NetlabOptions, net, openNetlab } from '../support/netlab.js';
import { until } from '../support/until.js';

const { dir, remove } = scratch('probe');
const labs: Netlab[] = [];
afterAll(async () => {
  await Promise.all(labs.map((lab) => lab.close()));
  remove();
});

async function labOf(options: NetlabOptions = {}): Promise<Netlab> {
  const lab = await openNetlab(options);
  labs.push(lab);
  return lab;
}

function started(lab: Netlab, args: readonly string[], ssh: readonly string[] = lab.sshd.sshArgs()): Watched {
  return new Watched(
    lab.client.spawn(process.execPath, [bin, 'probe', '--yes', ...args, ...ssh], {
      env: plainEnv({ XDG_STATE_HOME: path.join(dir, String(labs.indexOf(lab))) }),
      stdio: 'pipe',
    }),
  );
}

needs('netns', 'sshd', 'ssh', 'ssh-keygen', 'conntrack').describe('probe', () => {
  const late = { drop: 'silent', reset: 'rst', loose: 'loose' } as const;
  // 40 s take two minutes and a half.
  const cases = (thorough ? [13, 40] : [13]).flatMap((timeoutS) =>
    (['drop', 'reset', 'loose'] as const).map((mode) => ({ timeoutS, mode })),
  );

  it.concurrent('finds time-outs of 13 and 40 s in drop, reset and loose mode, to its resolution', async () => {
    const measured = await Promise.all(
      cases.map(async ({ timeoutS, mode }) => {
        const lab = await labOf();
        await lab.forgetAfter(timeoutS, late[mode]);
        const range = timeoutS === 13 ? ['--min', '8', '--max', '20'] : ['--min', '30', '--max', '50'];
        const resolutionS = timeoutS === 13 ? 1 : 2;
        const command = started(lab, [...range, '--resolution', `${resolutionS}s`, '--json']);
        const code = await command.end(280_000);
        const result = JSON.parse(command.stdout) as ProbeResult;
        return {
          timeoutS,
          mode,
          code,
          result,
          resolutionS,
          stderr: command.stderr,
          logins: lab.logins(),
          lab,
        };
      }),
    );
    for (const { timeoutS, mode, code, result, resolutionS, stderr, logins, lab } of measured) {
      const said = `${timeoutS} s, ${mode}: ${JSON.stringify(result)}\n${stderr}`;
      expect({ code, mode: result.mode, why: result.why }, said).toEqual({ code: 0, mode, why: null });
      expect(result.safeMs, said).toBeLessThanOrEqual(timeoutS * 1_000);
      expect(result.deadMs, said).toBeGreaterThanOrEqual(timeoutS * 1_000);
      expect((result.deadMs ?? 0) - (result.safeMs ?? 0), said).toBeLessThanOrEqual(resolutionS * 1_000);
      // What it says it took is what the server saw, and not more than it announced.
      expect(result.logins, said).toBe(logins);
      expect(logins, said).toBeLessThanOrEqual(Number(/at most (\d+) logins/.exec(stderr)?.[1]));
      const { paths, mode: rights, folderMode } = kept(lab);
      expect({ rights, folderMode }).toEqual({ rights: 0o600, folderMode: 0o700 });
      const gateway = expect.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/) as unknown;
      expect(paths).toMatchObject([
        {
          safeMs: result.safeMs,
          deadMs: result.deadMs,
          mode,
          gateway,
          host: '10.77.2.2:2222',
          network: '10.77.1.0/24',
        },
      ]);
    }
  }, 300_000);

  it.concurrent('a server that speaks by itself: it says that this is the bound', async () => {
    const lab = await labOf({ config: ['ClientAliveInterval 3', 'ClientAliveCountMax 3'] });
    const command = started(lab, ['--min', '5', '--max', '9', '--resolution', '2s']);
    expect(await command.end(60_000), command.stderr).toBe(0);
    // sshd 9.2 to 9.4 let twice the time pass.
    expect(command.stderr).toMatch(/the server spoke by itself after [36]/);
    expect(command.stdout.replace(/\s+/g, ' ')).toContain(
      'keeps the path open, and longer times cannot be measured',
    );
    expect(kept(lab).paths[0]?.deadMs).toBeNull();
  }, 90_000);

  it.concurrent('a server that may not forward: this side alone, and it says so', async () => {
    const lab = await labOf({ config: ['AllowTcpForwarding no'] });
    await lab.forgetAfter(6, 'silent');
    const command = started(lab, ['--min', '4', '--max', '8', '--resolution', '1s', '--json']);
    expect(await command.end(80_000), command.stderr).toBe(0);
    const result = JSON.parse(command.stdout) as ProbeResult;
    expect(result).toMatchObject({ mode: 'drop', complete: false });
    expect(result.why).toContain('the server could not be made to speak first');
    expect(Object.keys(result.directions)).toEqual(['client']);
    // Those that were given up before they began are none.
    expect(result.logins).toBe(lab.logins());
    expect(result.safeMs).toBeLessThanOrEqual(6_000);
    expect(result.deadMs).toBeGreaterThanOrEqual(6_000);
  }, 100_000);

  it.concurrent('an outage is no time-out: its verdicts do not count, and the connection is made anew', async () => {
    const lab = await labOf();
    const command = started(lab, ['--min', '10', '--max', '10', '--direction', 'client']);
    await command.says('connection idle for 10 s');
    await until('both connections', () => lab.logins() === 2);
    await lab.blackhole(true);
    await command.says('the path is down', 30_000);
    await lab.blackhole(false);
    expect(await command.end(60_000), command.stderr).toBe(0);
    expect(command.stdout).toMatch(/may be idle for 1\d(\.\d)? s; no limit was found up to there/);
    expect(command.stderr).not.toContain('dead');
  }, 120_000);

  it.concurrent('Ctrl-C: what is known by then, and nothing is left behind', async () => {
    const lab = await labOf();
    const command = started(lab, ['--min', '3', '--max', '600', '--json']);
    await command.says(/^ +3 s {2}alive$/m, 30_000);
    command.child.kill('SIGINT');
    expect(await command.end(5_000), command.stderr).toBe(0);
    const result = JSON.parse(command.stdout) as ProbeResult;
    expect(result).toMatchObject({ deadMs: null, complete: false, why: 'it was stopped' });
    // Later timers only make it longer; the next one would have been 8.7 s.
    expect(result.safeMs).toBeGreaterThanOrEqual(3_000);
    expect(result.safeMs).toBeLessThan(8_000);
    await until('the end of all sessions', () => lab.sshd.pids().length === 1);
  }, 60_000);

  it.concurrent('through another server: the time-out on the way there, and a login at each of both', async () => {
    const lab = await labOf();
    await lab.forgetAfter(6, 'silent');
    const file = path.join(dir, 'jump');
    const place = `HostName ${net.server}\nPort ${net.sshPort}`;
    const known = `IdentityFile ${lab.sshd.keyPath}\nUserKnownHostsFile ${lab.sshd.knownHostsPath}\nUser root`;
    writeFileSync(file, `Host hop\n${place}\nHost target\n${place}\nProxyJump hop\nHost *\n${known}\n`);
    const range = ['--min', '4', '--max', '8', '--resolution', '1s', '--json'];
    const command = started(lab, range, ['-F', file, '-o', 'BatchMode=yes', 'target']);
    expect(await command.end(120_000), command.stderr).toBe(0);
    const result = JSON.parse(command.stdout) as ProbeResult;
    expect(result, command.stderr).toMatchObject({ complete: true, mode: 'drop', host: 'target' });
    expect(result.safeMs).toBeLessThanOrEqual(6_000);
    expect(result.deadMs).toBeGreaterThanOrEqual(6_000);
    expect(lab.logins()).toBe(2 * result.logins);
    expect(result.path.host).toBe('10.77.2.2:2222 via 10.77.2.2:2222');
  }, 150_000);

  it.concurrent('a refused login is not repeated; a host that is away is said to be', async () => {
    const lab = await labOf();
    const other = path.join(dir, 'other');
    await lab.client.must(program('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', other]);
    const refused = started(
      lab,
      [],
      lab.sshd.sshArgs().map((word) => (word === lab.sshd.keyPath ? other : word)),
    );
    expect(await refused.end()).toBe(3);
    expect(refused.stderr).toContain('the server refused the login');
    expect(lab.sshd.connections()).toBe(1);
    await lab.blackhole(true);
    const away = started(lab, ['-o', 'ConnectTimeout=1']);
    expect(await away.end()).toBe(5);
    expect(away.stderr).toContain('no TCP connection within 1 s');
    expect(away.stdout).toBe('');
  }, 60_000);
});

/** What the state folder of a lab holds. */
function kept(lab: Netlab) {
  const folder = path.join(dir, String(labs.indexOf(lab)), 'holdfast');
  const file = path.join(folder, 'paths.json');
  const { paths } = JSON.parse(readFileSync(file, 'utf8')) as { paths: PathRecord[] };
  return { paths, mode: statSync(file).mode & 0o777, folderMode: statSync(folder).mode & 0o777 };
}
