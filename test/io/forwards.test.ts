import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { parseForwardLine } from '../../src/core/request/forwardspec.js';
import { accepted, brief, refusedByAll } from '../support/forwards.js';
import { needs, program } from '../support/machine.js';
import { printedForwards } from '../support/printedforwards.js';

const letters = { local: '-L', remote: '-R', dynamic: '-D' } as const;

needs('ssh').describe('the installed ssh as the judge of forwards', () => {
  /** ssh's answer in our words, read back from what it prints. */
  function judged(args: readonly string[]): string {
    let printed: string;
    try {
      printed = execFileSync(program('ssh'), ['-F', 'none', '-T', '-G', ...args, 'x'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    } catch {
      return 'refused';
    }
    const lines = (keyword: string) =>
      printed
        .split('\n')
        .flatMap((line) => (line.startsWith(`${keyword} `) ? [line.slice(keyword.length + 1)] : []));
    const { forwards, unread } = printedForwards(
      { local: lines('localforward'), remote: lines('remoteforward'), dynamic: lines('dynamicforward') },
      false,
    );
    expect(unread).toEqual([]);
    return forwards.map(brief).join(', ');
  }

  it('agrees on what is accepted', () => {
    for (const [kind, spec, expected] of accepted) {
      expect([spec, judged([letters[kind], spec])]).toEqual([spec, expected]);
    }
  });

  it('agrees on what is refused', () => {
    for (const [kind, spec] of refusedByAll) {
      expect([spec, judged([letters[kind], spec])]).toEqual([spec, 'refused']);
    }
  });

  it('agrees on lines of a configuration', () => {
    for (const [keyword, kind, line] of [
      ['LocalForward', 'local', '8080 db:80'],
      ['LocalForward', 'local', '"/tmp/a b" "/tmp/c d"'],
      ['LocalForward', 'local', '*:1 /tmp/s'],
      ['RemoteForward', 'remote', '9'],
      ['RemoteForward', 'remote', '/tmp/x localhost:80'],
      ['DynamicForward', 'dynamic', '[::1]:1080'],
    ] as const) {
      const ours = parseForwardLine(kind, line, false);
      expect(ours.ok && brief(ours.forward)).toBe(judged(['-o', `${keyword} ${line}`]));
    }
  });
});
