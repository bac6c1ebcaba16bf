/** Files as a whole: their first bytes, and their permissions. */
import { type Bytes, bytesOf, textOf } from '../bytes.js';
import { permissionFault } from '../resolve/include.js';
import type { Line } from '../syntax/lines.js';
import type { Corpus } from './corpus.js';
import type { Finding } from './finding.js';
import type { FileReader } from './lintreport.js';

export const byteOrderMark = '\xef\xbb\xbf';

/** Marks in front of the file, of a keyword, or of a word of a value; not those inside of words and comments. */
function marksIn(
  text: Bytes,
  lines: readonly Line[],
): readonly { readonly line: number; readonly start: number }[] {
  if (!text.includes(byteOrderMark)) return [];
  return lines.flatMap(({ option, number, start: lineStart }) => {
    const first = number === 1 && text.startsWith(byteOrderMark) ? [{ line: 1, start: 0 }] : [];
    if (option === null) return first;
    const from = option.keyword.start;
    const comment = /[ \t]#/.exec(text.slice(option.value.start, option.value.end));
    const end = comment === null ? option.value.end : option.value.start + comment.index;
    const marks = [...text.slice(from, end).matchAll(/(?<=^|[\s="',])\xef\xbb\xbf/g)];
    const within = marks.map(({ index }) => ({ line: number, start: from + index }));
    return [...first, ...within.filter(({ start }) => start !== 0 && start >= lineStart)];
  });
}

type WholeFile = 'byte-order-mark' | 'loose-permissions' | 'wrong-encoding';

/** `uid`: the number of the user to whom a file may belong, besides root. */
export function lintFiles<K>(
  { documents }: Pick<Corpus<K>, 'documents'>,
  { name: reader, loose }: FileReader,
  uid: number,
): readonly Finding<WholeFile>[] {
  return documents.flatMap(({ file, text, lines, answer }) => {
    const found: Finding<WholeFile>[] = [];
    const encoding = lintEncoding(file, answer.onDisk ?? text, reader);
    if (encoding !== null) found.push(encoding);
    for (const { line, start } of encoding === null ? marksIn(text, lines) : []) {
      const span = { start, end: start + byteOrderMark.length };
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
          sentence: fault.suggestion.startsWith('chmod')
            ? `${fault.suggestion} ${textOf(file)}`
            : fault.suggestion,
          edit: null,
        },
      });
    }
    return found;
  });
}

type Order = 'little' | 'big';

/** Null: it is none. Without a mark, every second byte of what the file begins with is a NUL. */
function utf16Of(text: Bytes): Order | null {
  if (text.startsWith('\xff\xfe')) return 'little';
  if (text.startsWith('\xfe\xff')) return 'big';
  const nuls = [...text.slice(0, 64)].flatMap((byte, at) => (byte === '\0' ? [at % 2] : []));
  if (nuls.length * 4 < Math.min(64, text.length) || nuls.length < 2) return null;
  if (nuls.every((parity) => parity === 1)) return 'little';
  return nuls.every((parity) => parity === 0) ? 'big' : null;
}

/** The whole file as UTF-8, without a mark; null: it is no UTF-16 after all. */
function asUtf8(text: Bytes, order: Order): Bytes | null {
  if (text.length % 2 !== 0) return null;
  let units = '';
  for (let at = 0; at < text.length; at += 2) {
    const [low, high] = order === 'little' ? [at, at + 1] : [at + 1, at];
    units += String.fromCharCode(text.charCodeAt(low) | (text.charCodeAt(high) << 8));
  }
  const utf8 = units.replace(/^\ufeff/, '');
  return utf8.includes('\0') || /[\ud800-\udfff]/.test(utf8.replace(/[\ud800-\udbff][\udc00-\udfff]/g, ''))
    ? null
    : bytesOf(utf8);
}

/** `reader`: ssh or sshd. */
function lintEncoding(file: Bytes, text: Bytes, reader: string): Finding<'wrong-encoding'> | null {
  const order = utf16Of(text);
  if (order === null) return null;
  const utf8 = asUtf8(text, order);
  return {
    code: 'wrong-encoding',
    file,
    line: 1,
    span: { start: 0, end: Math.min(2, text.length) },
    sentence: `the file is UTF-16 (${order} endian), of which ${reader} understands no line`,
    fix: {
      sentence: 'save it as UTF-8 without a byte order mark',
      edit: utf8 === null ? null : { file, from: 0, to: text.length, text: utf8 },
    },
  };
}
