/** Lines and words: misc.c (`strdelim`, `argv_split`) and readconf.c (`process_config_line_depth`) of OpenSSH 9.2. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, textOf } from '../../../src/core/sshconfig/bytes.js';
import { isComment, type Line, Lines, linesOf, optionOf } from '../../../src/core/sshconfig/syntax/lines.js';
import { delimited, splitArguments } from '../../../src/core/sshconfig/syntax/linewords.js';

/** Any bytes at all, with those that mean something more often than chance would have them. */
const bytes = fc
  .array(
    fc.oneof(
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) },
      {
        weight: 3,
        arbitrary: fc.constantFrom('\n', '\r\n', ' ', '\t', '"', "'", '\\', '#', '=', '\0', '\f'),
      },
      { weight: 2, arbitrary: fc.constantFrom('Host', 'port', 'a', '\xef\xbb\xbf', '\xff') },
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

/** The bytes of a line, cut where its option says that its parts are: put together they are the line, with its line feed. */
function piecesOf(text: string, line: Line): readonly string[] {
  const { option } = line;
  const parts =
    option === null ? [] : [option.keyword.start, option.keyword.end, option.value.start, option.value.end];
  const cuts = [line.start, ...parts, line.end, line.next];
  return cuts.slice(1).map((cut, at) => text.slice(cuts[at], cut));
}

describe('a file is its lines', () => {
  it('byte for byte, whatever the bytes', () => {
    fc.assert(
      fc.property(bytes, (text) => {
        const lines = linesOf(text);
        expect(lines.map((line) => piecesOf(text, line).join('')).join('')).toBe(text);
        expect(lines.map(({ number }) => number)).toEqual(lines.map((_, at) => at + 1));
      }),
      { numRuns: 5_000, seed: 1 },
    );
  });

  it('in pieces that stand where they say', () => {
    fc.assert(
      fc.property(bytes, (text) => {
        for (const { start, end, option } of linesOf(text)) {
          if (option === null) continue;
          const { keyword, value } = option;
          const order = [start, keyword.start, keyword.end, value.start, value.end, end];
          expect(order).toEqual([...order].sort((a, b) => a - b));
          for (const word of splitArguments(text, value.start, value.end) ?? []) {
            const again = splitArguments(text, word.start, word.end);
            expect(again?.map((each) => each.text)).toEqual([word.text]);
          }
        }
      }),
      { numRuns: 5_000, seed: 2 },
    );
  });

  it('also one by one', () => {
    const text = 'Port 1\n\n# x\nInclude y';
    const lines = new Lines(text);
    expect(lines.all()).toEqual(linesOf(text));
    expect([0, 1, 2, 3].map((at) => lines.optionAt(at)?.name)).toEqual([
      'port',
      undefined,
      undefined,
      'include',
    ]);
    expect([0, 1, 2, 3].map((at) => lines.mayBegin(at, 'i'))).toEqual([false, false, false, true]);
  });

  it('with comments told from blank lines', () => {
    const text = '# a\n\n   # b\n  \nPort 1 # c\n';
    expect(linesOf(text).map((line) => isComment(text, line))).toEqual([true, false, true, false, false]);
  });

  it('comes from UTF-8 and goes back to it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(textOf(bytesOf(text))).toBe(text);
      }),
    );
  });
});

describe('keyword and value', () => {
  const table: readonly (readonly [line: string, name: string | null, value: string])[] = [
    ['Port 22', 'port', '22'],
    ['  \tPort\t22 \t\f', 'port', '22'],
    ['Port=22', 'port', '22'],
    ['Port = 22', 'port', '22'],
    ['Port ==22', 'port', '=22'],
    ['"Port"22', 'port', '22'],
    ['Po"rt" 22', 'port', '22'],
    ['"Port"=22', 'port', '=22'],
    ['=Port 22', 'port', '22'],
    [' =Port 22', 'port', '22'],
    ['PORT 22 # note', 'port', '22 # note'],
    ['Port 22\r', 'port', '22'],
    ['Port 22\0junk', 'port', '22'],
    ['Port', 'port', ''],
    ['\f', '\f', ''],
    ['\xa0Port 22', '\xa0port', '22'],
    ['; Port 22', ';', 'Port 22'],
    ['', null, ''],
    ['   ', null, ''],
    ['# Port 22', null, ''],
    ['  # Port 22', null, ''],
    ['"#x" 22', null, ''],
    ['"Port 22', null, ''],
    ['==Port 22', null, ''],
    ['"" "" Port', null, ''],
  ];
  it.each(table)('%j', (line, name, value) => {
    const option = optionOf(line, 0, line.length);
    expect(option?.name ?? null).toBe(name);
    if (option !== null) expect(line.slice(option.value.start, option.value.end)).toBe(value);
  });
});

describe('words', () => {
  const table: readonly (readonly [text: string, words: readonly string[] | null])[] = [
    ['a b\tc', ['a', 'b', 'c']],
    [`"a b" 'c "d"' e"f g"h`, ['a b', 'c "d"', 'ef gh']],
    ['a\\ b \\"c\\" \\\\d \\e', ['a b', '"c"', '\\d', '\\e']],
    ['"a\\ b"', ['a\\ b']],
    ['a #b', ['a']],
    ['a#b', ['a#b']],
    ['"#a" b', ['#a', 'b']],
    ['""', ['']],
    ['"a', null],
    ["it's", null],
    ['a\rb', ['a\rb']],
    ['# all of it', []],
    ['end\\', ['end\\']],
  ];
  it.each(table)('%j as arguments', (text, words) => {
    expect(splitArguments(text, 0, text.length)?.map((word) => word.text) ?? null).toEqual(words);
  });

  it.each([
    ['host=a b', 'host', 'a b'],
    ['host a', 'host', 'a'],
    ['host = a', 'host', 'a'],
    ['host == a', 'host', '= a'],
    ['"a b"c', 'a b', 'c'],
    ['a"b c" d', 'ab c', 'd'],
    ["'a b'", "'a", "b'"],
  ])('%j by strdelim', (text, word, rest) => {
    const taken = delimited(text, 0, text.length);
    expect(taken?.word.text).toBe(word);
    expect(text.slice(taken?.next ?? text.length)).toBe(rest);
  });
});
