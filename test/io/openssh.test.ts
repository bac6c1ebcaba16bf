/** `ssh -G` as `config verify` asks it, where it is not the ssh that one hopes for. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { printSettings } from '../../src/io/openssh.js';
import { scratch } from '../support/guard.js';

const place = scratch('openssh');
afterAll(place.remove);

let files = 0;

describe('an ssh that does not behave', () => {
  const question = { host: 'db', configFile: null, options: [] };

  /** A folder with an `ssh` of our own making in it. */
  function fake(script: string): NodeJS.ProcessEnv {
    files += 1;
    const folder = path.join(place.dir, `bin${files}`);
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'ssh'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return { PATH: folder };
  }

  it('is ended when it takes too long', async () => {
    const answer = await printSettings({ ...question, env: fake('while :; do read -r x || :; done') }, 200);
    expect(answer).toMatchObject({ type: 'refused', failure: { kind: 'config' } });
    expect(answer.type === 'refused' && answer.failure.message).toContain('no answer in 0.2 s');
  });

  it('is ended when it says too much', async () => {
    const answer = await printSettings({ ...question, env: fake('while :; do echo keyword value; done') });
    expect(answer.type === 'refused' && answer.failure.message).toContain('printed more than');
  });

  it('is quoted when it fails, and named when it fails without a word', async () => {
    const loud = await printSettings({ ...question, env: fake('echo "no such thing" >&2; exit 255') });
    expect(loud.type === 'refused' && loud.failure.message).toBe('ssh: no such thing');
    const mute = await printSettings({ ...question, env: fake('exit 3') });
    expect(mute.type === 'refused' && mute.failure.message).toBe('ssh -G: failed (3)');
  });
});
