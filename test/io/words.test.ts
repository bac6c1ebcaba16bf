import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { quoteWord, splitArguments } from '../../src/core/sshconfig/syntax/linewords.js';
import { needs, program } from '../support/machine.js';

/** Values of one word, and of more or broken ones. */
const lines = [
  'bob',
  '"bob b"',
  "'bob b'",
  'bo"b b"ob',
  '"a\\"b"',
  "'a\\'b'",
  'a\\ b',
  '"a\\ b"',
  'a\\\\b',
  'DOM\\bob',
  'bo#b',
  'bob # me',
  'bob#',
  '"bob"#',
  '\tbob\t',
  '"it\'s"',
  'a b',
  '"bob',
  "it's",
  'bob "',
];

const splitWords = (line: string) => splitArguments(line, 0, line.length)?.map(({ text }) => text) ?? null;

needs('ssh').it('a value has the words that ssh sees', () => {
  for (const line of lines) {
    const words = splitWords(line);
    expect([line, words?.length === 1 ? words[0] : null]).toEqual([line, seenBySsh(line)]);
  }
});

needs('ssh').it('a quoted word is one word, to ssh and to us', () => {
  for (const word of ['bob', 'b b', 'a"b', 'a\\b', 'a\\"b', '#a', '=a', "it's", 'a\\ b', 'DOM\\bob']) {
    const line = quoteWord(word);
    expect(splitWords(line)).toEqual([word]);
    expect(seenBySsh(line)).toBe(word);
  }
});

/** The one word that ssh takes from `XAuthLocation LINE`; null when it refuses the line. */
function seenBySsh(line: string): string | null {
  try {
    const printed = execFileSync(
      program('ssh'),
      ['-F', 'none', '-T', '-G', '-o', `XAuthLocation ${line}`, 'x'],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    return /^xauthlocation (.*)$/m.exec(printed)?.[1] ?? null;
  } catch {
    return null;
  }
}

it('a quote that stays open is no value', () => {
  expect(splitWords('a "b')).toBeNull();
  expect(splitWords('')).toEqual([]);
  expect(splitWords('"" a')).toEqual(['', 'a']);
});
