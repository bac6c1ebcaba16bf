import type { Bytes } from '../bytes.js';
import { printForward } from './forward.js';
import { printJump } from './jump.js';
import type { Value } from './reading.js';

/** As `ssh -G` prints a value. */
export function print(value: Value): Bytes {
  switch (value.type) {
    case 'word':
      return value.word;
    case 'number':
      return String(value.number);
    case 'words':
      return value.words.join(' ');
    case 'forward':
      return printForward(value.forward, value.forward.side);
    case 'jump':
      return value.jump === 'none' ? 'none' : printJump(value.jump);
    case 'nothing':
      return 'none';
  }
}

/** One byte as vis(3) writes it, with white space escaped. */
export function visible(code: number): Bytes {
  if (code > 0x20 && code < 0x7f) return code === 0x5c ? '\\\\' : String.fromCharCode(code);
  if ((code & 0x7f) === 0x20) return `\\${code.toString(8).padStart(3, '0')}`;
  const meta = code & 0x80 ? 'M' : '';
  const low = code & 0x7f;
  if (low === 0x7f) return `\\${meta}^?`;
  return low < 0x20
    ? `\\${meta}^${String.fromCharCode(low + 0x40)}`
    : `\\${meta}-${String.fromCharCode(low)}`;
}
