/** Which blocks could change what is asked for, where nobody may run a command. */
import { describe, expect, it } from 'vitest';
import { undecidedFor } from '../../../src/core/sshconfig/explain/undecided.js';
import { answerOf } from '../../support/configanswer.js';

const told = (text: string, keys: readonly string[] | null, part = '') =>
  undecidedFor(answerOf({ '/c/main': text, '/c/part': part }), keys).map(
    ({ file, line, options }) => `${file}:${line} ${options.join(' ')}`,
  );

describe('an undecided block is told of', () => {
  const two = 'Match exec a\nUser x\nMatch exec b\nPort 3\n';

  it('where it has a line of an option that is asked for', () => {
    expect(told(two, ['port'])).toEqual(['/c/main:3 Port']);
    expect(told(two, ['user', 'port'])).toEqual(['/c/main:1 User', '/c/main:3 Port']);
    expect(told(two, ['compression'])).toEqual([]);
    expect(told(two, null)).toEqual(['/c/main:1 User', '/c/main:3 Port']);
  });

  it('not where another line wins anyway, or where there is nothing in it', () => {
    expect(told('Port 1\nMatch exec a\nPort 3\n', null)).toEqual([]);
    expect(told('Match exec a\nMatch exec b\n# nothing\n', null)).toEqual([]);
  });

  it('where its lines are in a file that it includes', () => {
    expect(told('Match exec a\nInclude /c/part\n', ['port'], 'Port 3\n')).toEqual(['/c/main:1 Port']);
  });

  it('where it gives a name that another block looks at', () => {
    const text = 'Match exec a\nHostName real\nMatch exec b\nUser u\nMatch host real\nPort 3\n';
    expect(told(text, ['port'])).toEqual(['/c/main:1 Port', '/c/main:5 Port']);
    expect(told('Match exec a\nUser u\nMatch user u\nPort 3\n', ['port'])).toEqual([
      '/c/main:1 Port',
      '/c/main:3 Port',
    ]);
  });

  it('where it says something about another option that this one hangs on', () => {
    const rows: [line: string, key: string, name: string][] = [
      ['ClearAllForwardings yes', 'localforward', 'LocalForward'],
      ['BatchMode yes', 'serveraliveinterval', 'ServerAliveInterval'],
      ['ProxyJump x', 'proxycommand', 'ProxyCommand'],
      ['CanonicalizeHostname yes', 'port', 'Port'],
    ];
    for (const [line, key, name] of rows) {
      expect(told(`Match exec a\n${line}\n`, [key])).toEqual([`/c/main:1 ${name}`]);
      expect(told(`Match exec a\n${line}\n`, ['loglevel']).length).toBe(key === 'port' ? 1 : 0);
    }
  });
});
