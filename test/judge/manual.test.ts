/** The table of keywords, held against ssh_config(5) as Debian has it. */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { allNames, tableOf } from '../../src/core/sshconfig/keywords/keywords.js';
import { needs } from '../support/machine.js';
import { judgeOf } from '../support/parts.js';

const releases = ['8.4', '10.0'] as const;

function manual(release: (typeof releases)[number]): string | null {
  const ssh = judgeOf(release)?.program.find((word) => word.endsWith('/usr/bin/ssh'));
  const page = ssh?.replace(/bin\/ssh$/, 'share/man/man5/ssh_config.5.gz');
  return page !== undefined && existsSync(page) ? gunzipSync(readFileSync(page)).toString('utf8') : null;
}

needs('openssh-8.4', 'openssh-10.0').describe('ssh_config(5)', () => {
  it.each(releases)(
    'of %s has a row for each keyword, and each row says what run does with it',
    (release) => {
      const page = manual(release);
      if (page === null) throw new Error('no manual came with this ssh');
      const written = [...page.matchAll(/^\.It Cm ([A-Z]\w+)\s*$/gm)].map(([, name = '']) =>
        name.toLowerCase(),
      );
      expect(written.length).toBeGreaterThan(80);
      const { keywords } = tableOf(release);
      const known = allNames(release);
      expect(written.filter((name) => !known.includes(name))).toEqual([]);
      const missing = keywords.filter(({ key }) => !written.includes(key)).map(({ name }) => name);
      expect(missing).toEqual([]);
    },
  );
});
