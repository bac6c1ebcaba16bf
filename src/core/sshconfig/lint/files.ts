/** Files as a whole: their first bytes, and who may write to them. */
import { textOf } from '../bytes.js';
import { permissionFault } from '../include.js';
import type { Corpus } from './corpus.js';
import type { Finding } from './finding.js';

const bom = '\xef\xbb\xbf';

/** What each side makes of files as a whole, for people. */
export interface WholeFiles {
  /** Who reads them: ssh or sshd. */
  readonly reader: string;
  /** What comes of a file that others may write to. */
  readonly loose: string;
  /** The number of the user to whom a file may belong, besides root. */
  readonly uid: number;
}

export function lintFiles<K>(
  { documents }: Pick<Corpus<K>, 'documents'>,
  { reader, loose, uid }: WholeFiles,
): readonly Finding<'byte-order-mark' | 'loose-permissions'>[] {
  return documents.flatMap(({ file, text, answer }) => {
    const found: Finding<'byte-order-mark' | 'loose-permissions'>[] = [];
    if (text.startsWith(bom)) {
      const span = { start: 0, end: bom.length };
      found.push({
        code: 'byte-order-mark',
        file,
        line: 1,
        span,
        sentence: `the byte order mark in front becomes part of the first word, which ${reader} then does not know`,
        fix: { sentence: 'remove it', edit: { file, from: 0, to: bom.length, text: '' } },
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
