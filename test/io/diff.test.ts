/** Unified diffs: what `patch` makes of them is the other text. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { applyPatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unifiedDiff } from '../../src/io/diff.js';
import { scratch } from '../support/guard.js';

describe('a unified diff', () => {
  it('says nothing about equal texts', () => {
    expect(unifiedDiff('config', 'a\n', 'a\n')).toBe('');
  });

  it('looks as diff -u prints it', () => {
    const before = Array.from({ length: 20 }, (_, at) => `line ${at + 1}\n`).join('');
    const after = before.replace('line 10\n', 'line ten\nline ten and a half\n');
    expect(unifiedDiff('config', before, after)).toBe(
      [
        '--- config',
        '+++ config',
        '@@ -7,7 +7,8 @@',
        ...[' line 7', ' line 8', ' line 9', '-line 10', '+line ten', '+line ten and a half'],
        ...[' line 11', ' line 12', ' line 13', ''],
      ].join('\n'),
    );
  });

  it('says where the last line has no line feed', () => {
    expect(unifiedDiff('c', 'a', 'a\nb')).toContain('\\ No newline at end of file');
  });

  it('gives the other text back, whatever the texts', () => {
    const text = fc
      .array(fc.constantFrom('Host a', 'Host b', '', '  Port 1', '# x', 'x\r'), { maxLength: 30 })
      .chain((lines) => fc.boolean().map((cut) => lines.join('\n') + (cut ? '' : '\n')));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const patch = unifiedDiff('c', before, after);
        expect(patch === '' ? before : applyPatch(before, patch)).toBe(after);
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it('is what the program patch takes', (context) => {
    const { dir, remove } = scratch('diff');
    try {
      const file = path.join(dir, 'config');
      writeFileSync(file, 'Host a\n  Port 1\n');
      const patch = unifiedDiff('config', 'Host a\n  Port 1\n', 'Host a\n  Port 2\n\nHost *');
      try {
        execFileSync('git', ['--version']);
      } catch {
        context.skip('git is not there');
      }
      execFileSync('git', ['apply', '-p0', '-'], { cwd: dir, input: patch });
      expect(execFileSync('cat', [file], { encoding: 'utf8' })).toBe('Host a\n  Port 2\n\nHost *');
    } finally {
      remove();
    }
  });
});
