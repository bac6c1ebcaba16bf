/** Files in an encoding that neither side reads: UTF-16. */
import { type Bytes, bytesOf } from '../bytes.js';
import type { Finding } from './finding.js';

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
  const plain = units.replace(/^\ufeff/, '');
  return plain.includes('\0') || /[\ud800-\udfff]/.test(plain.replace(/[\ud800-\udbff][\udc00-\udfff]/g, ''))
    ? null
    : bytesOf(plain);
}

/** `reader`: ssh or sshd. */
export function lintEncoding(file: Bytes, text: Bytes, reader: string): Finding<'wrong-encoding'> | null {
  const order = utf16Of(text);
  if (order === null) return null;
  const plain = asUtf8(text, order);
  return {
    ...{ code: 'wrong-encoding', file, line: 1, span: { start: 0, end: Math.min(2, text.length) } },
    sentence: `the file is UTF-16 (${order} endian), of which ${reader} understands no line`,
    fix: {
      sentence: 'save it as UTF-8 without a byte order mark',
      edit: plain === null ? null : { file, from: 0, to: text.length, text: plain },
    },
  };
}

/** A file that has to be written in another way first: nothing else that is found in it says anything. */
export function withoutMisread<C extends string>(found: readonly Finding<C>[]): readonly Finding<C>[] {
  const whole: readonly string[] = ['wrong-encoding', 'byte-order-mark'];
  const misread = new Set(found.filter(({ code }) => whole.includes(code)).map(({ file }) => file));
  return found.filter(
    ({ code, file }) => !misread.has(file) || whole.includes(code) || code === 'loose-permissions',
  );
}
