/** The files as they would be, in a folder of their own, so that `sshd -t` can read them before they are written. */
import type { Bytes } from '../../bytes.js';
import { applySplices, type Splice } from '../../edit/splices.js';
import { splitArguments } from '../../syntax/linewords.js';
import { serverLinesOf } from '../serverlines.js';
import type { SshdFiles } from './sshdfiles.js';

export interface StagedFile {
  /** In the folder. */
  readonly name: string;
  /** What it stands for. */
  readonly path: Bytes;
  readonly text: Bytes;
}

/**
 * Copies of every file that sshd would read, the main file first. Each Include names the copies of what its patterns match, in
 * the same order, on the same line, so what sshd says of a line is true of the file behind it.
 * @param folder absolute, without a slash at its end
 */
export function stageFiles({ input, answers }: SshdFiles, folder: Bytes): readonly StagedFile[] {
  const names = new Map<Bytes, string>();
  const staged: StagedFile[] = [];
  const waiting: Bytes[] = [input.main];
  const nameOf = (path: Bytes): string => {
    const known = names.get(path);
    if (known !== undefined) return known;
    const name = `file${String(names.size).padStart(6, '0')}`;
    names.set(path, name);
    if (path !== input.main) waiting.push(path);
    return name;
  };
  const copyOf = (path: Bytes): Bytes =>
    answers.files.get(path)?.type === 'file' ? `${folder}/${nameOf(path)}` : path;
  nameOf(input.main);
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const file = answers.files.get(path);
    if (file?.type !== 'file') continue;
    const splices = serverLinesOf(file).flatMap(({ option }): Splice[] => {
      if (option?.name !== 'include') return [];
      const words = splitArguments(file.text, option.value.start, option.value.end) ?? [];
      if (words.length === 0 || words.some(({ text }) => text === '')) return [];
      const paths = words.flatMap(({ text }) => {
        const pattern = /^[/~]/.test(text) ? text : `/etc/ssh/${text}`;
        return (answers.globs.get(pattern) ?? []).map(copyOf);
      });
      // A pattern that matches nothing: sshd reads on.
      const text = (paths.length > 0 ? paths : [`${folder}/none`]).map(quotedPattern).join(' ');
      return [{ file: '', from: option.value.start, to: option.value.end, text }];
    });
    staged.push({ name: nameOf(path), path, text: applySplices(file.text, splices) });
  }
  return staged;
}

/** Include takes patterns: what is special in one is escaped, and then quoted as a word. */
function quotedPattern(path: Bytes): Bytes {
  const literal = path.replace(/[*?[\]\\]/g, '\\$&');
  return /[\s"'\\#]/.test(literal) ? `"${literal.replace(/[\\"]/g, '\\$&')}"` : literal;
}
