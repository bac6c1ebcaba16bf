/** `holdfast sshd set` and `keepalive` on a real sshd: written, reloaded, judged, and taken back. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect } from 'vitest';
import type { SshdPlan } from '../../src/edit.js';
import { bin, onTerminal } from '../support/holdfast.js';
import { needs } from '../support/machine.js';
import { OwnSshd } from '../support/ownsshd.js';
import { canMountPrivately, program } from '../support/parts.js';
import { here } from '../support/place.js';
import { family, signal } from '../support/processes.js';
import { until } from '../support/until.js';

const able = canMountPrivately() ? needs('sshd', 'ssh', 'unshare', 'socat') : needs('sshd', 'netns');

const endingInMatch = `# the server
@BASE@
#ClientAliveInterval 0
X11Forwarding yes

# the backup
Match User backup
    ClientAliveInterval 300
    X11Forwarding no
`;
const withDropIns = `Include @DROPINS@/*.conf
@BASE@
PasswordAuthentication yes
Match User backup
    X11Forwarding no
`;

able.describe('a change of sshd', () => {
  let own: OwnSshd;
  afterEach(() => own.stop());

  able.it(
    'goes above a trailing Match of the main file, and the block is named that overrides it',
    async () => {
      own = await OwnSshd.made(endingInMatch);
      const done = await own.holdfast('keepalive', '--interval', '20', '-f', own.main);
      expect(done).toMatchObject({ code: 0, stderr: '' });
      expect(done.stdout).toMatch(/noticed after (?:80 s|2 min 40 s) at the latest; before: never/);
      expect(done.stdout.replace(/\s+/g, ' ')).toContain(
        'Match User backup keeps its own: ClientAliveInterval 300',
      );
      expect(own.text()).toBe(
        endingInMatch
          .replace('@BASE@', `Include ${own.file('base')}`)
          .replace('#ClientAliveInterval 0\n', '#ClientAliveInterval 0\nClientAliveInterval 20\n'),
      );
      expect(await own.says('clientaliveinterval')).toEqual(['20']);
      expect(await own.says('clientaliveinterval', 'user=backup')).toEqual(['300']);
      const again = await own.holdfast('keepalive', '--interval', '0m20s', '-f', own.main, '--json');
      expect(JSON.parse(again.stdout)).toMatchObject({ written: false, files: [] });
    },
  );

  able.it("comes before cloud-init's 50 file, in a drop-in of its own", async () => {
    const cloud = 'PasswordAuthentication no\n';
    own = await OwnSshd.made(withDropIns, { '50-cloud-init.conf': cloud });
    const before = own.text();
    const done = await own.holdfast('set', 'PasswordAuthentication', 'yes', '-f', own.main);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(own.text()).toBe(before);
    expect(own.text('sshd_config.d/50-cloud-init.conf')).toBe(cloud);
    expect(own.text('sshd_config.d/00-holdfast.conf')).toMatch(/^#.*\nPasswordAuthentication yes\n$/);
    expect(await own.says('passwordauthentication')).toEqual(['yes']);
    // Nothing is left beside it: an Include would read it.
    expect(readdirSync(own.dropIns).sort()).toEqual(['00-holdfast.conf', '50-cloud-init.conf']);
  });

  able.it('that sshd -t refuses is not written', async () => {
    own = await OwnSshd.made(endingInMatch);
    const before = own.text('base');
    const done = await own.holdfast('set', 'HostKey', own.file('none-such'), '-f', own.main);
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('sshd -t refuses the new files, nothing was written');
    expect(own.text('base')).toBe(before);
  });

  able.it('that sshd -t refuses only where it stands is taken back, byte for byte', async () => {
    own = await OwnSshd.made(endingInMatch.replaceAll('\n', '\r\n').trimEnd());
    const before = own.text();
    // What the copies cannot show, as a rule of the machine about that one file.
    const real = program('sshd');
    mkdirSync(own.file('bin'));
    const script = `#!/bin/sh\n[ "$*" != "-t -f ${own.main}" ] || { echo "not this one" >&2; exit 255; }\nexec ${real} "$@"\n`;
    writeFileSync(own.file('bin/sshd'), script);
    chmodSync(own.file('bin/sshd'), 0o755);
    const inside = own.inside(process.execPath, bin, 'sshd', 'keepalive', '-f', own.main);
    const env = own.env();
    const done = await here.exec(inside.command, inside.args, {
      env: { ...env, PATH: `${own.file('bin')}:${env.PATH}` },
    });
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('the old files are back: not this one');
    expect(own.text()).toBe(before);
  });

  able.it('is read by the running sshd after --reload, with a login to prove it', async () => {
    own = await OwnSshd.made(withDropIns);
    await own.start();
    const { pid } = own;
    const login = ['--reload', '--check-login', 'own', '--login-config', own.file('ssh_config')];
    const done = await own.holdfast('keepalive', '-f', own.main, ...login);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toContain('sshd has read it');
    expect(own.log()).toContain('Received SIGHUP; restarting.');
    expect(own.log().match(/Accepted publickey/g)).toHaveLength(1);
    expect(own.pid).toBe(pid);
    expect(own.runs).toBe(true);
  });

  // systemd cannot run inside a test: a program of its name answers as it would.
  able.it('is read through the unit of systemd that runs sshd', async () => {
    own = await OwnSshd.made(withDropIns);
    await own.start();
    mkdirSync(own.file('bin'));
    const [pid, said] = [own.file('pid'), own.file('systemctl.log')];
    const script = `#!/bin/sh
echo "$*" >> ${said}
case "$1" in
  show) printf 'MainPID=%s\\nId=ssh.service\\nActiveState=active\\n\\nId=ssh.socket\\nActiveState=inactive\\n' "$(cat ${pid})" ;;
  reload) kill -HUP "$(cat ${pid})" ;;
esac
`;
    writeFileSync(own.file('bin/systemctl'), script, { mode: 0o755 });
    const env = own.env();
    const inside = own.inside(
      process.execPath,
      bin,
      'sshd',
      'keepalive',
      '-f',
      own.main,
      '--reload',
      '--json',
    );
    const done = await here.exec(inside.command, inside.args, {
      env: { ...env, PATH: `${own.file('bin')}:${env.PATH}` },
      detached: true,
    });
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(done.stdout)).toMatchObject({
      written: true,
      reload: { by: 'unit', unit: 'ssh.service' },
    });
    expect(readFileSync(said, 'utf8')).toContain('reload ssh.service');
    expect(own.log()).toContain('Received SIGHUP');
  });

  able.it('that makes sshd die is taken back, and sshd runs again', async () => {
    own = await OwnSshd.made(endingInMatch);
    await own.start();
    const { pid } = own;
    const before = own.text('base');
    const busy = createServer().listen(0, '127.0.0.1');
    const port = await until('a port in use', () => {
      const at = busy.address();
      return typeof at === 'object' && at !== null ? at.port : 0;
    });
    try {
      const done = await own.holdfast('set', 'Port', String(port), '-f', own.main, '--reload');
      expect(done.code).toBe(2);
      expect(done.stderr).toContain('sshd does not run any more');
      expect(done.stderr).toContain('the old files are back, and sshd has read them');
    } finally {
      busy.close();
    }
    expect(own.text('base')).toBe(before);
    await until('a new sshd', () => own.pid !== pid && own.runs);
    expect(own.log()).toMatch(/Cannot bind any address[\s\S]*Server listening on/);
  });

  able.it('after which nobody can log in is taken back', async () => {
    own = await OwnSshd.made(endingInMatch);
    await own.start();
    const before = own.text('base');
    const login = ['--reload', '--check-login', 'own', '--login-config', own.file('ssh_config')];
    const done = await own.holdfast('set', 'AuthorizedKeysFile', '/none/such', '-f', own.main, ...login);
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('Permission denied');
    expect(own.text('base')).toBe(before);
    expect(own.log().match(/Received SIGHUP/g)).toHaveLength(2);
    const again = await own.holdfast('keepalive', '-f', own.main, ...login);
    expect(again).toMatchObject({ code: 0, stderr: '' });
  });

  able.it('is refused before anything is written where no sshd runs', async () => {
    own = await OwnSshd.made(endingInMatch);
    const before = own.text();
    const done = await own.holdfast('keepalive', '-f', own.main, '--reload');
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('no running sshd can be signalled');
    expect(own.text()).toBe(before);
  });

  able.it('gives up a client that fell silent in the time that is told', async () => {
    own = await OwnSshd.made(`${endingInMatch}`);
    const asked = ['keepalive', '--interval', '1', '--count', '1', '-f', own.main, '--json'];
    const { clientAlive } = JSON.parse((await own.holdfast(...asked)).stdout) as SshdPlan;
    await own.start();
    const client = here.spawn('ssh', ['-F', own.file('ssh_config'), '-T', 'own', 'echo in; sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      await new Promise((said) => client.stdout?.once('data', said));
      client.kill('SIGSTOP');
      // A second for the interval under way, and the machine's own pauses.
      const withinMs = (clientAlive.after.noticedAfterMs ?? 0) + 5_000;
      expect(withinMs).toBeLessThan(10_000);
      await until('the client is given up', () => /Timeout, client not responding/.test(own.log()), {
        withinMs,
      });
    } finally {
      client.kill('SIGKILL');
    }
  });

  /** On a terminal of its own, until it asks. */
  const asked = async (command: readonly string[] = [bin, 'sshd', 'keepalive']) => {
    own = await OwnSshd.made(withDropIns);
    await own.start();
    const inside = own.inside(process.execPath, ...command, '-f', own.main, '--reload');
    const words = [inside.command, ...inside.args].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
    const terminal = onTerminal(own.dir, `${words.join(' ')}; echo "exit code $?"`, own.env());
    await terminal.says('[y/N]', 30_000);
    expect(existsSync(path.join(own.dropIns, '00-holdfast.conf'))).toBe(true);
    expect(await own.says('clientaliveinterval')).toEqual(['15']);
    return terminal;
  };
  const takenBack = async () => {
    await until('the old files', () => !existsSync(path.join(own.dropIns, '00-holdfast.conf')), {
      withinMs: 30_000,
    });
    await until('the second reload', () => own.log().match(/Received SIGHUP/g)?.length === 2, {
      withinMs: 30_000,
      detail: () => own.log(),
    });
    expect(await own.says('clientaliveinterval')).toEqual(['0']);
    // It takes its PidFile away and writes it again while it reads.
    await until('sshd runs', () => own.runs);
  };

  able.it('stays when the person says keep', async () => {
    const terminal = await asked();
    terminal.child.stdin?.write('y\r');
    await terminal.says('sshd has read it');
    await terminal.says('exit code 0');
    expect(existsSync(path.join(own.dropIns, '00-holdfast.conf'))).toBe(true);
    expect(own.log().match(/Received SIGHUP/g)).toHaveLength(1);
  });

  able.it('goes when the person says no', async () => {
    const terminal = await asked();
    terminal.child.stdin?.write('\r');
    await terminal.says('the old files are back');
    await terminal.says('exit code 2');
    await takenBack();
  });

  // The command gives a minute, which nobody waits for here.
  able.it('goes when nobody answers in time', async () => {
    const keeping = fileURLToPath(new URL('../support/keeping.mjs', import.meta.url));
    const terminal = await asked([keeping, '4000']);
    expect(terminal.stdout).toContain('Without an answer in 4 s the old file returns.');
    await terminal.says('the change was not confirmed');
    await terminal.says('the old files are back, and sshd has');
    await terminal.says('read them');
    await terminal.says('exit code 2');
    await takenBack();
  });

  able.it('goes when holdfast itself is killed before the person says keep', async () => {
    const terminal = await asked();
    const commandOf = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const ours = family([terminal.child.pid ?? 0]).filter(
      (pid) => commandOf(pid).includes(`${bin}\0sshd\0keepalive`) && !commandOf(pid).startsWith('socat'),
    );
    expect(ours).toHaveLength(1);
    signal(ours, 'SIGKILL');
    await takenBack();
  });

  able.it('goes when the terminal is lost before the person says keep', async () => {
    const terminal = await asked();
    await terminal.kill();
    await takenBack();
  });
});
