import { fstatSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isService } from '../../src/cli/run/unattended.js';

const { dev, ino } = fstatSync(2, { bigint: true });

describe('started by a service manager', () => {
  it.each<[string, NodeJS.ProcessEnv, number, boolean]>([
    ['a script', {}, 4_321, false],
    ['a unit of Type=notify', { NOTIFY_SOCKET: '/run/systemd/notify' }, 4_321, true],
    ['the process of a unit', { SYSTEMD_EXEC_PID: '4321', INVOCATION_ID: 'a1' }, 4_321, true],
    ['a shell of a desktop that is a unit', { SYSTEMD_EXEC_PID: '99', INVOCATION_ID: 'a1' }, 4_321, false],
    ['a script of a unit', { SYSTEMD_EXEC_PID: '99', JOURNAL_STREAM: `${dev}:${ino}` }, 4_321, true],
    ['its output redirected', { SYSTEMD_EXEC_PID: '99', JOURNAL_STREAM: `${dev}:1` }, 4_321, false],
    ['the first process of a container', {}, 1, true],
  ])('%s', (_name, env, pid, expected) => {
    expect(isService(env, pid, false)).toBe(expected);
    // On a terminal somebody looks, whatever the variables say.
    expect(isService(env, pid, true)).toBe(false);
  });
});
