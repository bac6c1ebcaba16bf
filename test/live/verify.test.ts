import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { scratch } from '../support/guard.js';
import { bin, plainEnv } from '../support/holdfast.js';
import { needs } from '../support/machine.js';
import { canMountPrivately } from '../support/parts.js';
import { here } from '../support/place.js';

needs('ssh', 'netns').describe('config verify, with names that are looked up', () => {
  let place: ReturnType<typeof scratch>;
  beforeAll(() => {
    place = scratch('verify');
    const lines = [
      'CanonicalizeHostname yes',
      'CanonicalDomains one.example two.example',
      'Host web db nobody',
      'Host web.two.example',
      '  Port 23',
      'Match canonical host db.*',
      '  User canonical',
      '',
    ];
    writeFileSync(path.join(place.dir, 'main'), lines.join('\n'), { mode: 0o600 });
    // ssh asks with the dot at the end.
    const names = '10.1.1.1 web.two.example.\n10.1.1.2 db.one.example.\n10.1.1.3 db.two.example.\n';
    writeFileSync(path.join(place.dir, 'hosts'), names);
  });
  afterAll(() => place.remove());

  /** In a network of its own, where nobody but the hosts file knows names. */
  const inside = (...args: readonly string[]) =>
    here.exec('unshare', ['-n', '-m', 'sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', ...args], {
      env: plainEnv(),
      timeoutMs: 30_000,
    });

  it.runIf(canMountPrivately())('finds what ssh finds', async () => {
    const hosts = path.join(place.dir, 'hosts');
    const main = path.join(place.dir, 'main');
    const theirs = await inside(hosts, 'ssh', '-F', main, '-G', 'web');
    expect(theirs.stdout).toContain('\nhostname web.two.example\nport 23\n');
    const { code, stdout } = await inside(hosts, process.execPath, bin, 'config', 'verify', '-F', main);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '4 hosts: the same as ssh -G\n' });
  });
});
