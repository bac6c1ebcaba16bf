/** Programs that run to their end: what comes back when they fail, are missing, are slow or print too much. */
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/io/base/program.js';

const shell = (script: string, options = {}) => runProgram('/bin/sh', ['-c', script], options);

describe('runProgram', () => {
  it('gives what was printed, as bytes or as text, and an empty stdin', async () => {
    const printed = await shell("printf '\\303\\251'; cat; echo warning >&2", {
      env: { PATH: '/usr/bin:/bin' },
    });
    expect(printed).toEqual({
      code: 0,
      stdout: '\u00c3\u00a9',
      stderr: 'warning\n',
      error: null,
      complaint: 'warning\n',
    });
    expect((await shell("printf '\\303\\251'", { encoding: 'utf8' })).stdout).toBe('\u00e9');
  });

  it('gives the exit status, and stderr as the complaint', async () => {
    expect(await shell('echo no >&2; exit 3')).toMatchObject({ code: 3, stderr: 'no\n', complaint: 'no\n' });
  });

  it('has no exit status for a program that is missing, slow or prints too much', async () => {
    const missing = await runProgram('/nonexistent/program', []);
    expect(missing).toMatchObject({ code: null, stderr: '' });
    expect(missing.error?.code).toBe('ENOENT');
    expect(missing.complaint).toContain('ENOENT');
    expect(await shell('echo begun; exec sleep 60', { limitMs: 300 })).toMatchObject({
      code: null,
      stdout: 'begun\n',
      error: { killed: true, signal: 'SIGKILL' },
    });
    expect(await shell('echo 123456789; exec sleep 60', { maxBytes: 4 })).toMatchObject({
      code: null,
      stdout: '1234',
    });
  });
});
