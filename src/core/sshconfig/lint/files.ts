/** Files as a whole: their first bytes, and their permissions. */
import { type Bytes, textOf } from '../bytes.js';
import { permissionFault } from '../resolve/include.js';
import type { Line } from '../syntax/lines.js';
import type { Corpus } from './corpus.js';
import { lintEncoding } from './encoding.js';
import type { Finding } from './finding.js';

const bom = '\xef\xbb\xbf';

/** What each side makes of files as a whole, for people. */
export interface WholeFiles {
  /** The program that reads them: ssh or sshd. */
  readonly reader: string;
  /** What comes of a file that others may write to. */
  readonly loose: string;
  /** The number of the user to whom a file may belong, besides root. */
  readonly uid: number;
}

/** Marks in front of the file, of a keyword, or of a word of a value; not those inside of words and comments. */
function marksIn(
  text: Bytes,
  lines: readonly Line[],
): readonly { readonly line: number; readonly start: number }[] {
  if (!text.includes(bom)) return [];
  return lines.flatMap(({ option, number, start: lineStart }) => {
    const first = number === 1 && text.startsWith(bom) ? [{ line: 1, start: 0 }] : [];
    if (option === null) return first;
    const from = option.keyword.start;
    const comment = /[ \t]#/.exec(text.slice(option.value.start, option.value.end));
    const end = comment === null ? option.value.end : option.value.start + comment.index;
    const marks = [...text.slice(from, end).matchAll(/(?<=^|[\s="',])\xef\xbb\xbf/g)];
    const within = marks.map(({ index }) => ({ line: number, start: from + index }));
    return [...first, ...within.filter(({ start }) => start !== 0 && start >= lineStart)];
  });
}

type Whole = 'byte-order-mark' | 'loose-permissions' | 'wrong-encoding';

export function lintFiles<K>(
  { documents }: Pick<Corpus<K>, 'documents'>,
  { reader, loose, uid }: WholeFiles,
): readonly Finding<Whole>[] {
  return documents.flatMap(({ file, text, lines, answer }) => {
    const found: Finding<Whole>[] = [];
    const encoding = lintEncoding(file, answer.onDisk ?? text, reader);
    if (encoding !== null) found.push(encoding);
    for (const { line, start } of encoding === null ? marksIn(text, lines) : []) {
      const span = { start, end: start + bom.length };
      found.push({
        code: 'byte-order-mark',
        file,
        line,
        span,
        sentence:
          start === 0
            ? `the byte order mark in front becomes part of the first word, which ${reader} then does not know`
            : `a byte order mark stands in front of the word, and ${reader} takes it for a part of the word`,
        fix: { sentence: 'remove it', edit: { file, from: span.start, to: span.end, text: '' } },
      });
    }
    const fault = permissionFault(answer, uid);
    if (fault !== null) {
      found.push({
        code: 'loose-permissions',
        file,
        line: 0,
        span: { start: 0, end: 0 },
        sentence: `${fault.reason}; ${loose}`,
        fix: {
          sentence: fault.wanted.startsWith('chmod') ? `${fault.wanted} ${textOf(file)}` : fault.wanted,
          edit: null,
        },
      });
    }
    return found;
  });
}
