/** `tcp set`, `tcp undo` and `tcp show` against a kernel: only ever inside a network namespace, with folders of their own. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { Watched } from '../support/client.js';
import { scratch } from '../support/guard.js';
import { bin, plainEnv } from '../support/holdfast.js';
import { needs, program } from '../support/machine.js';
import { type Finished, Namespace } from '../support/place.js';

const names = ['tcp_keepalive_time', 'tcp_keepalive_intvl', 'tcp_keepalive_probes'];
const own = '90-holdfast-tcp.conf';
/** On one line, blanks as one. */
const flat = (text: string) => text.replace(/\s+/g, ' ');

needs('netns', 'setpriv').describe('the kernel keepalive values', () => {
  let place: Namespace;
  let dir: string;
  let remove: () => void;

  beforeEach(async () => {
    place = await Namespace.open();
    ({ dir, remove } = scratch('tcpset'));
    for (const name of ['sysctl.d', 'lib']) mkdirSync(path.join(dir, name));
  });
  afterEach(async () => {
    await place.close();
    remove();
  });

  const binds = `mount --bind "${'$'}{0}/sysctl.d" /etc/sysctl.d && mount --bind "${'$'}{0}/lib" /var/lib`;
  /** The command in the namespace, /etc/sysctl.d and /var/lib being folders of this test. */
  const tcp = (args: readonly string[], { before = 'true', as = [] as readonly string[] } = {}) =>
    place.exec(
      program('unshare'),
      [
        '--mount',
        'sh',
        '-c',
        `${binds} && ${before} && exec "$@"`,
        dir,
        ...as,
        process.execPath,
        bin,
        'tcp',
        ...args,
      ],
      { env: plainEnv() },
    );
  /** What the kernel says, to the byte. */
  const values = async () =>
    (
      await place.must(
        'cat',
        names.map((name) => `/proc/sys/net/ipv4/${name}`),
      )
    ).split('\n');
  const folder = (name: string) => path.join(dir, 'sysctl.d', name);
  const shown = async () => JSON.parse((await tcp(['show', '--json'])).stdout) as Shown;
  const ok = ({ code, stdout, stderr }: Finished) => {
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  };

  needs('netns').it(
    'set reads back; undo restores the values to the byte, one set after the other',
    async () => {
      const before = await values();
      const said = ok(await tcp(['set', '--time', '600', '--interval', '60', '--probes', '20']));
      expect(said).toContain('net.ipv4.tcp_keepalive_time = 600 (was 7200), read back');
      expect(said).toContain('holdfast tcp undo takes it back.');
      expect(said).toContain('1800 s (30 min)');
      expect(await values()).toEqual(['600', '60', '20', '']);
      ok(await tcp(['set', '--time', '10m', '--probes', '3']));
      expect(await values()).toEqual(['600', '60', '3', '']);
      ok(await tcp(['undo']));
      expect(await values()).toEqual(['600', '60', '20', '']);
      ok(await tcp(['undo']));
      expect(await values()).toEqual(before);
      const none = await tcp(['undo']);
      expect(none).toMatchObject({ code: 2, stdout: '' });
      expect(none.stderr).toContain('nothing was set by holdfast here');
    },
  );

  needs('netns').it(
    '--persist writes a file of our own that sysctl reads; undo restores the folder to the byte',
    async () => {
      writeFileSync(folder('10-a.conf'), 'net.ipv4.tcp_keepalive_probes = 4\n');
      writeFileSync(folder('99-z.conf'), '# later\nnet/ipv4/tcp_keepalive_time=1000\n');
      const before = [await values(), readdirSync(path.join(dir, 'sysctl.d'))];
      const said = ok(await tcp(['set', '--time', '600', '--interval', '60', '--probes', '20', '--persist']));
      // What would win over it at the next start, and what would not, by file and line.
      expect(said.replace(/\s+/g, ' ')).toContain(
        '/etc/sysctl.d/99-z.conf:2 says net.ipv4.tcp_keepalive_time = 1000 and is applied after it',
      );
      expect(said.replace(/\s+/g, ' ')).toContain(
        '/etc/sysctl.d/10-a.conf:1 says net.ipv4.tcp_keepalive_probes = 4; it is applied before',
      );
      expect(statSync(folder(own)).mode & 0o777).toBe(0o644);
      await place.must('sh', [
        '-c',
        `sysctl -q -w net.ipv4.tcp_keepalive_time=7 && sysctl -q -p ${folder(own)}`,
      ]);
      expect(await values()).toEqual(['600', '60', '20', '']);
      const second = ok(await tcp(['set', '--interval', '30', '--persist']));
      expect(second).toContain(`/etc/sysctl.d/${own} written`);
      expect(readFileSync(folder(own), 'utf8')).toMatch(/time = 600\n.*intvl = 30\n.*probes = 20\n$/);
      ok(await tcp(['undo']));
      ok(await tcp(['undo']));
      expect([await values(), readdirSync(path.join(dir, 'sysctl.d'))]).toEqual(before);
    },
  );

  needs('netns').it('--dry-run shows the commands and the file, and changes nothing', async () => {
    const before = [
      await values(),
      readdirSync(path.join(dir, 'sysctl.d')),
      readdirSync(path.join(dir, 'lib')),
    ];
    const said = ok(await tcp(['set', '--time', '600', '--persist', '--dry-run']));
    expect(said).toContain('sysctl -w net.ipv4.tcp_keepalive_time=600  # now 7200');
    expect(said).toContain('+net.ipv4.tcp_keepalive_time = 600');
    expect([
      await values(),
      readdirSync(path.join(dir, 'sysctl.d')),
      readdirSync(path.join(dir, 'lib')),
    ]).toEqual(before);
  });

  needs('netns').it('out of range is refused with the range, and nothing is written', async () => {
    const before = await values();
    for (const [args, range] of [
      [['--time', '0'], /--time: 0 is out of range; want a whole number from 1 to 32767 s/],
      [['--interval', '40000'], /--interval: 40000 .*1 to 32767/],
      [['--time', '60', '--probes', '128'], /--probes: 128 .*1 to 127/],
    ] as const) {
      const { code, stderr } = await tcp(['set', ...args]);
      expect({ code, said: flat(stderr) }).toEqual({ code: 2, said: expect.stringMatching(range) });
    }
    expect(await values()).toEqual(before);
  });

  needs('netns').it('without root: the exact command, and nothing changed', async () => {
    const before = await values();
    const as = [program('setpriv'), '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];
    const { code, stderr, stdout } = await tcp(['set', '--time', '600', '--probes', '5'], { as });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(flat(stderr)).toContain('only root may set it; nothing was changed');
    const [, command = ''] = /^ {2}sudo (.*)$/m.exec(stderr) ?? [];
    expect(command).toBe('sysctl -w net.ipv4.tcp_keepalive_time=600 net.ipv4.tcp_keepalive_probes=5');
    expect(await values()).toEqual(before);
    const persisted = await tcp(['set', '--time', '600', '--probes', '5', '--persist'], { as });
    expect(persisted.stderr).toContain('  sudo holdfast tcp set --time 600 --probes 5 --persist\n');
    // The command does what was asked.
    await place.must('sh', ['-c', command]);
    expect(await values()).toEqual(['600', '75', '5', '']);
    ok(await tcp(['set', '--time', '700']));
    expect((await tcp(['undo'], { as })).stderr).toContain('\n  sudo holdfast tcp undo\n');
    expect(await values()).toEqual(['700', '75', '5', '']);
  });

  needs('netns').it('where /proc/sys is read-only, as in a container: how to start it instead', async () => {
    const before = 'mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys';
    const { code, stderr } = await tcp(['set', '--time', '600'], { before });
    expect(code).toBe(2);
    expect(stderr).toContain('docker run --sysctl net.ipv4.tcp_keepalive_time=600');
  });

  needs('netns').it('where what was before cannot be kept, nothing is changed', async () => {
    const before = await values();
    const readonly = 'mount -o remount,ro,bind /var/lib';
    for (const more of [[], ['--persist']]) {
      const { code, stderr } = await tcp(['set', '--time', '600', ...more], { before: readonly });
      expect({ code, said: flat(stderr) }).toEqual({
        code: 2,
        said: expect.stringContaining('what was before cannot be kept in /var/lib/holdfast'),
      });
    }
    const folder = 'mount -o remount,ro,bind /etc/sysctl.d';
    const { code, stderr } = await tcp(['set', '--time', '600', '--persist'], { before: folder });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(own) });
    expect(await values()).toEqual(before);
    expect(await tcp(['undo'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nothing was set'),
    });
  });

  needs('netns').it(
    'a namespace that is not the first one, whoever is its process 1, and 0 probes',
    async () => {
      const said = flat(ok(await tcp(['set', '--time', '600', '--persist'])));
      expect(said).toContain('note: this network namespace is not the first one');
      await place.must('sysctl', ['-q', '-w', 'net.ipv4.tcp_keepalive_probes=0']);
      const words = ['--pid', '--fork', '--mount', '--mount-proc', process.execPath, bin, 'tcp', 'show'];
      const contained = ok(await place.exec(program('unshare'), words, { env: plainEnv() }));
      expect(flat(contained)).not.toMatch(/, the first one\b/);
      expect(flat(contained)).toContain('600 s + 0 x 75 s = 600 s (10 min)');
      expect(flat(contained)).toContain('with 0 probes a healthy one ends then, too');
    },
  );

  needs('netns').it('where that an undo was done cannot be kept, it is not done', async () => {
    ok(await tcp(['set', '--time', '600', '--persist']));
    const { code, stderr } = await tcp(['undo'], { before: 'mount -o remount,ro,bind /var/lib' });
    expect({ code, said: flat(stderr) }).toEqual({
      code: 2,
      said: expect.stringMatching(/cannot be kept in \/var\/lib\/holdfast.*; nothing was changed/),
    });
    expect((await values())[0]).toBe('600');
    expect(readdirSync(path.join(dir, 'sysctl.d'))).toEqual([own]);
    ok(await tcp(['undo']));
    expect((await values())[0]).toBe('7200');
    expect(readdirSync(path.join(dir, 'sysctl.d'))).toEqual([]);
  });

  needs('netns').it('a state folder that is none: said, with its name, and nothing is changed', async () => {
    writeFileSync(path.join(dir, 'lib', 'holdfast'), 'a file\n');
    for (const args of [['set', '--time', '600'], ['undo']]) {
      const { code, stderr } = await tcp(args);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('/var/lib/holdfast') });
    }
    expect((await values())[0]).toBe('7200');
  });

  needs('netns').it(
    'undo refuses when somebody changed the values since, and says what it found',
    async () => {
      ok(await tcp(['set', '--time', '600']));
      await place.must('sysctl', ['-q', '-w', 'net.ipv4.tcp_keepalive_time=601']);
      const { code, stderr } = await tcp(['undo']);
      expect(code).toBe(2);
      expect(flat(stderr)).toContain('net.ipv4.tcp_keepalive_time is 601 now, and not 600');
      expect((await values())[0]).toBe('601');
    },
  );

  needs('netns').it('open connections keep their armed timer, and are named', async () => {
    await place.must(program('ip'), ['link', 'set', 'lo', 'up']);
    const script = `const n = require('net');
      const s = n.createServer(() => {}).listen(7100, '127.0.0.1', () => {
        const c = n.connect(7100, '127.0.0.1', () => { c.setKeepAlive(true, 0); console.log('up ' + c.localPort); });
      });`;
    const child = new Watched(place.spawn(process.execPath, ['-e', script], { stdio: 'pipe' }));
    await child.says(/up \d+/);
    const [, port = ''] = /up (\d+)/.exec(child.stdout) ?? [];
    const said = ok(await tcp(['set', '--time', '600'])).replace(/\s+/g, ' ');
    expect(said).toContain('1 open connection keep');
    expect(said).toContain(`127.0.0.1:${port} > 127.0.0.1:7100`);
    expect(said).toContain(`node ${child.child.pid}, rings in 2 h`);
    // And so it is: ss shows the old deadline.
    const timers = await place.must(program('ss'), ['-Htno', 'sport', '=', `:${port}`]);
    expect(timers).toMatch(/timer:\(keepalive,1(19|20)min,0\)/);
    await child.kill();
  });

  needs('netns').it('show says where each value comes from, and that of a namespace of its own', async () => {
    const { namespace, values: rows } = await shown();
    expect(namespace.id).toBe(await place.must('readlink', ['-n', '/proc/self/ns/net']));
    expect(rows.find(({ name }) => name === 'tcp_keepalive_time')).toMatchObject({
      value: 7200,
      unit: 's',
      origin: { from: 'default' },
    });
    ok(await tcp(['set', '--time', '600']));
    expect((await shown()).values[0]).toMatchObject({ value: 600, origin: { from: 'changed' } });
    const text = ok(await tcp(['show']));
    expect(text).toContain('600 s + 9 x 75 s = 1275 s (21 min 15 s)');
    expect(text).toContain('0.2 s x (2^10 - 1) + 6 x 120 s = 924.6 s');
  });
});

interface Shown {
  namespace: { id: string; isOfInit: boolean | null };
  values: { name: string; value: number; unit: string; origin: unknown }[];
}
