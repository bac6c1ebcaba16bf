import { UnknownOptionError, UsageError } from './errors.js';
import { nearest } from './nearest.js';
import { type ArgumentPart, type CommandTable, helpRow, type OptionRow, optionText } from './table.js';

/** argv in its parts. */
export interface SplitArguments {
  readonly parts: readonly ArgumentPart[];
  /** The words of a command of the server, where the table ends at one. */
  readonly command: readonly string[];
}

/** The options of one command by how they are written, `-h` and `--help` among them. */
export function optionsByText({
  options,
}: CommandTable): ReadonlyMap<string, [name: string, row: OptionRow]> {
  const byText = new Map<string, [name: string, row: OptionRow]>();
  for (const [name, row] of Object.entries({ ...options, help: helpRow } as Record<string, OptionRow>)) {
    byText.set(optionText(name), [name, row]);
    for (const letter of row.letters ?? '') byText.set(`-${letter}`, [name, row]);
  }
  return byText;
}

/**
 * Splits argv by getopt's rule, as ssh does: letters may share a word (`-fNL 8080:a:80`), a value may be glued to its letter
 * (`-p2222`) or be the next word, whatever that looks like; options may stand anywhere; `--` ends them. Long options are
 * words of their own, `--hold 30s` or `--hold=30s`. A negative number is a word. Throws a UsageError.
 */
export function splitByTable(path: string, table: CommandTable, argv: readonly string[]): SplitArguments {
  const rows = optionsByText(table);
  const { unknownOptionHint = `see holdfast ${path} --help` } = table;
  const parts: ArgumentPart[] = [];
  const word = (text: string) => parts.push({ type: 'word', text });
  let hosts = 0;
  for (let index = 0; index < argv.length; index += 1) {
    const text = argv[index] ?? '';
    if (text === '--') {
      const rest = argv.slice(index + 1);
      const [first, ...command] = rest;
      if (table.endsAtCommand !== true) rest.forEach(word);
      else if (hosts > 0) return { parts, command: rest };
      else if (first !== undefined) {
        word(first);
        return { parts, command };
      }
      break;
    }
    if (!/^-./.test(text) || (/^-\d/.test(text) && !rows.has(text.slice(0, 2)))) {
      hosts += 1;
      if (table.endsAtCommand === true && hosts > 1) return { parts, command: argv.slice(index) };
      word(text);
      continue;
    }
    const read = text.startsWith('--') ? readLong : readLetters;
    const { options, tookNext } = read(unknownOptionHint, rows, text, argv[index + 1]);
    parts.push(...options);
    if (tookNext) index += 1;
  }
  return { parts, command: [] };
}

type Rows = ReturnType<typeof optionsByText>;

interface ReadOptions {
  readonly options: readonly ArgumentPart[];
  readonly tookNext: boolean;
}

function readLong(hint: string, rows: Rows, text: string, next: string | undefined): ReadOptions {
  const [, written = text, glued] = /^(--[^=]*)=(.*)$/s.exec(text) ?? [];
  const found = rows.get(written);
  if (found === undefined) throw unknownOption(hint, rows, written);
  const [name, row] = found;
  if (row.value === undefined) {
    if (glued !== undefined)
      throw new UsageError(`${written} takes no value; found ${JSON.stringify(glued)}`);
    return { options: [{ type: 'option', name, value: null }], tookNext: false };
  }
  const value = glued ?? next;
  if (value === undefined) throw new UsageError(missingValue(written, row.value));
  return { options: [{ type: 'option', name, value }], tookNext: glued === undefined };
}

function readLetters(hint: string, rows: Rows, text: string, next: string | undefined): ReadOptions {
  const options: ArgumentPart[] = [];
  for (let at = 1; at < text.length; at += 1) {
    const written = `-${text.charAt(at)}`;
    const found = rows.get(written);
    if (found === undefined) throw unknownOption(hint, rows, written, at > 1 ? ` in ${text}` : '');
    const [name, row] = found;
    const rest = text.slice(at + 1);
    const value = rest === '' ? next : rest;
    if (row.value === undefined || (row.valueIf && !row.valueIf.test(value ?? ''))) {
      options.push({ type: 'option', name, value: null });
      continue;
    }
    if (value === undefined) throw new UsageError(missingValue(written, row.value));
    options.push({ type: 'option', name, value });
    return { options, tookNext: rest === '' };
  }
  return { options, tookNext: false };
}

function missingValue(written: string, value: string): string {
  return `${written} wants a value: ${written} ${value}`;
}

function unknownOption(hint: string, rows: Rows, written: string, where = ''): UnknownOptionError {
  const meant = nearest(written, [...rows.keys()]);
  const help = meant === null ? hint : `did you mean ${meant}?`;
  return new UnknownOptionError(`unknown option ${written}${where}; ${help}`, { option: written, meant });
}
