/** The pid file: who has it, and whether that one still runs. */
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdPidFile } from '../../src/cli/run/pidfile.js';
import { compiled } from '../support/bundle.js';
import { Watched } from '../support/client.js';
import { guard, release, scratch } from '../support/guard.js';
import { here } from '../support/place.js';

let dir = '';
let remove = () => {};
beforeAll(() => {
  ({ dir, remove } = scratch('pidfile'));
});
afterAll(() => remove());

/** A process whose command line is this, beside the pid. */
async function other(...words: string[]): Promise<{ pid: number; end: () => Promise<void> }> {
  const script = "process.stdout.write('here'); process.stdin.resume()";
  const watched = new Watched(here.spawn(process.execPath, ['-e', script, ...words], { stdio: 'pipe' }));
  const pid = watched.child.pid ?? 0;
  guard(`pid ${pid}`);
  await watched.says('here');
  return {
    pid,
    end: async () => {
      await watched.kill();
      release(`pid ${pid}`);
    },
  };
}

/** Takes the file, which has to name this process then, and lets it go, which has to remove it. */
function takes(file: string): void {
  const free = holdPidFile(file);
  expect(readFileSync(file, 'utf8')).toBe(`${process.pid}\n`);
  free();
  expect(existsSync(file)).toBe(false);
}

describe('a pid file', () => {
  it('names this process while it is held, and leaves nothing behind', () => {
    const file = path.join(dir, 'absent', 'one');
    writeFileSync(path.join(dir, 'beside'), '');
    const free = holdPidFile(path.join(dir, 'one'));
    expect(readFileSync(path.join(dir, 'one'), 'utf8')).toBe(`${process.pid}\n`);
    free();
    free();
    expect(readdirSync(dir)).toEqual(['beside']);
    expect(() => holdPidFile(file)).toThrow(
      /^--pid-file .*one: cannot be written: ENOENT: no such file or directory$/,
    );
  });

  it('of another holdfast that runs is refused, with its pid', async () => {
    const file = path.join(dir, 'taken');
    const running = await other('holdfast');
    try {
      writeFileSync(file, `${running.pid}\n`);
      expect(() => holdPidFile(file)).toThrow(`process ${running.pid} has it, and runs`);
      expect(readFileSync(file, 'utf8')).toBe(`${running.pid}\n`);
    } finally {
      await running.end();
    }
    // Now it is gone, and its file is stale.
    takes(file);
  });

  it('of a number that another program has now is stale', async () => {
    const file = path.join(dir, 'reused');
    const running = await other('something');
    try {
      writeFileSync(file, `${running.pid}\n`);
      takes(file);
    } finally {
      await running.end();
    }
  });

  it.runIf(process.platform === 'linux')(
    'older than the holdfast that has its number now is stale',
    async () => {
      const file = path.join(dir, 'older');
      const running = await other('holdfast');
      try {
        writeFileSync(file, `${running.pid}\n`);
        const before = Date.now() / 1_000 - 3_600;
        utimesSync(file, before, before);
        takes(file);
      } finally {
        await running.end();
      }
    },
  );

  it('with our own number from an earlier life is stale, and so is an empty one', () => {
    const file = path.join(dir, 'own');
    writeFileSync(file, `${process.pid}\n`);
    takes(file);
    writeFileSync(file, '');
    takes(file);
  });

  it('that holds something else is left alone', () => {
    const file = path.join(dir, 'letter');
    writeFileSync(file, 'dear all\n');
    expect(() => holdPidFile(file)).toThrow('holds something else than a process id');
    expect(readFileSync(file, 'utf8')).toBe('dear all\n');
  });

  it('that another process took over meanwhile is not removed', () => {
    const file = path.join(dir, 'lost');
    const free = holdPidFile(file);
    expect(readFileSync(file, 'utf8')).toBe(`${process.pid}\n`);
    writeFileSync(file, '1\n');
    free();
    expect(readFileSync(file, 'utf8')).toBe('1\n');
  });

  it('is not held up by the lock of a process that is gone', () => {
    const file = path.join(dir, 'crashed');
    for (const name of [file, `${file}.lock`]) writeFileSync(name, '999999999\n');
    takes(file);
    expect(readdirSync(dir).filter((name) => name.startsWith('crashed'))).toEqual([]);
  });

  it('goes to exactly one of many that want it at the same moment', async () => {
    const rounds = 60;
    const script = `
      const { holdPidFile } = await import(process.argv[1]);
      const { createInterface } = await import('node:readline');
      createInterface(process.stdin).on('line', (file) => {
        let said = 'held';
        try { holdPidFile(file); }
        catch (error) { said = 'refused: ' + error.message; }
        process.stdout.write(file + ' ' + said + '\\n');
      });
      process.stdout.write('ready\\n');`;
    const built = compiled('cli/run/pidfile.ts');
    const rivals = Array.from({ length: 6 }, () => {
      const args = ['--input-type=module', '-e', script, built, 'holdfast'];
      const watched = new Watched(here.spawn(process.execPath, args, { stdio: 'pipe' }));
      guard(`pid ${watched.child.pid ?? 0}`);
      return watched;
    });
    try {
      for (const rival of rivals) await rival.says('ready');
      for (let round = 0; round < rounds; round++) {
        const file = path.join(dir, `race${round}`);
        writeFileSync(file, '999999999\n');
        for (const rival of rivals) rival.child.stdin?.write(`${file}\n`);
        for (const rival of rivals) await rival.says(`${file} `);
        const holders = rivals.filter((rival) => rival.stdout.includes(`${file} held`));
        expect(holders.map((rival) => `${rival.child.pid}\n`)).toEqual([readFileSync(file, 'utf8')]);
      }
      const left = readdirSync(dir).filter((name) => name.startsWith('race'));
      expect(left.filter((name) => !/^race\d+$/.test(name))).toEqual([]);
    } finally {
      for (const rival of rivals) {
        await rival.kill();
        release(`pid ${rival.child.pid ?? 0}`);
      }
    }
  });
});
