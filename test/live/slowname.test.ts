/** A server's name that takes seconds to look up, as behind a dead first name server. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { needs, program } from '../support/machine.js';
import { net, openNetlab } from '../support/netlab.js';
import { Running } from '../support/running.js';
import { until } from '../support/until.js';
import { Visitors } from '../support/visitors.js';

needs('netns', 'sshd', 'ssh', 'ssh-keygen', 'unshare').it(
  'a waiting client does not make a slow look-up begin anew each second',
  async () => {
    const lab = await openNetlab();
    try {
      const { dir } = lab.sshd;
      // Asked first, the name server never answers; 4 s later the file knows.
      const files = {
        '/etc/nsswitch.conf': 'hosts: dns files\n',
        '/etc/resolv.conf': `nameserver ${net.silentDns}\noptions timeout:4 attempts:1\n`,
        '/etc/hosts': `127.0.0.1 localhost\n${net.server} slow.example\n`,
      };
      const mounts = Object.entries(files).map(([target, text], index) => {
        const source = path.join(dir, `client-${index}`);
        writeFileSync(source, text);
        return `mount --bind ${source} ${target}`;
      });
      const script = `${mounts.join(' && ')} && exec "$@"`;
      const place = {
        spawn: (command: string, args: readonly string[] = [], options = {}) =>
          lab.client.spawn(
            program('unshare'),
            ['--mount', 'sh', '-c', script, 'run', command, ...args],
            options,
          ),
      };
      const login = lab.sshd.sshArgs('-L', `18080:127.0.0.1:${net.httpPort}`).slice(0, -1);
      const alias = ['-o', `HostKeyAlias=[${net.server}]:${net.sshPort}`];
      const tunnel = new Running(place, [...alias, ...login, 'slow.example']);
      const visitors = await Visitors.from(lab.client);
      await until('the listener', () => tunnel.told('forward').length > 0, { detail: () => tunnel.words() });
      const visit = visitors.ask(18_080, 'slowly');
      await until('the answer', () => visit.how !== null, { withinMs: 35_000, detail: () => tunnel.words() });
      expect(visit.answered, tunnel.words()).toBe(true);
      expect(lab.logins()).toBe(1);
      expect(await tunnel.stop()).toBe(0);
    } finally {
      await lab.close();
    }
  },
  60_000,
);
