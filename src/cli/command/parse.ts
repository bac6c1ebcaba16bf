import Parser from 'yargs-parser';
import { UsageError } from './errors.js';
import { splitByTable } from './getopt.js';
import { nearest } from './nearest.js';
import {
  type ArgumentPart,
  type Arguments,
  type CommandTable,
  helpRow,
  type OptionRow,
  type OptionRows,
  optionText,
  wordsText,
} from './table.js';

/** argv after the command's name, parsed; null: it requests the help. */
export type Parsed<Table extends CommandTable> = Arguments<Table> | null;

/**
 * Parses argv by the table of a command without commands: split by getopt's rule, collected by yargs, then each value read
 * and the options held against each other. Throws a UsageError.
 * @param path the command as it is typed, `tcp list`
 */
export function parseByTable<Table extends CommandTable>(
  path: string,
  table: Table,
  argv: readonly string[],
): Parsed<Table> {
  const { parts, command } = splitByTable(path, table, argv);
  if (parts.some((part) => part.type === 'option' && part.name === 'help')) return null;
  const words = parts.flatMap((part) => (part.type === 'word' ? [part.text] : []));
  const options = collect(table.options, parts);
  checkTogether(table.options, options);
  checkWords(path, table, words);
  // The rows say which option has which type, and `collect` has made each so.
  return { options: options as Arguments<Table>['options'], words, command, parts };
}

/** The command among argv of a command with commands, and argv without it; null: there is none. Throws a UsageError. */
export function findCommand<Name extends string>(
  commands: Readonly<Record<Name, CommandTable>>,
  argv: readonly string[],
): { readonly name: Name; readonly rest: readonly string[] } | null {
  const names = Object.keys(commands);
  const at = commandIndex(Object.values<CommandTable>(commands), argv);
  const word = argv[at];
  if (word === undefined) return null;
  const isName = (text: string): text is Name => Object.hasOwn(commands, text);
  if (isName(word)) return { name: word, rest: [...argv.slice(0, at), ...argv.slice(at + 1)] };
  throw unknownCommand(word, names);
}

export function unknownCommand(word: string, names: readonly string[]): UsageError {
  const meant = nearest(word, names);
  const known = `there are ${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
  const hint = meant === null ? known : `did you mean ${meant}?`;
  return new UsageError(`unknown command ${JSON.stringify(word)}; ${hint}`);
}

/** Where the first word stands that is neither an option nor the value of one, whichever command the option is of. */
export function commandIndex(tables: readonly CommandTable[], argv: readonly string[]): number {
  const takesNext = (word: string) =>
    tables.some(({ options }) =>
      Object.entries<OptionRow>(options).some(
        ([name, { value, letters = '' }]) =>
          value !== undefined &&
          (word === optionText(name) || [...letters].some((one) => word === `-${one}`)),
      ),
    );
  let at = 0;
  while (at < argv.length && /^-./.test(argv[at] ?? '')) at += takesNext(argv[at] ?? '') ? 2 : 1;
  return at;
}

/** One value for each option: true or false, the value, or a list. */
function collect(rows: OptionRows, parts: readonly ArgumentPart[]): Readonly<Record<string, unknown>> {
  const entries = Object.entries<OptionRow>({ ...rows, help: helpRow });
  const named = (test: (row: OptionRow) => boolean) =>
    entries.filter(([, row]) => test(row)).map(([name]) => name);
  const words = parts.flatMap((part) => {
    if (part.type === 'word') return [];
    return part.value === null ? [`--${part.name}`] : [`--${part.name}=${part.value}`];
  });
  const given = Parser(words, {
    boolean: named(({ value }) => value === undefined),
    string: named(({ value }) => value !== undefined),
    configuration: {
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'duplicate-arguments-array': true,
      'short-option-groups': false,
    },
  });
  const options: Record<string, unknown> = {};
  for (const [name, row] of entries) {
    const found: unknown = given[name];
    const texts = (Array.isArray(found) ? found : [found]).filter((one) => typeof one === 'string');
    const option = optionText(name);
    const values = texts.map((text) => (row.read ? row.read(text, option) : text));
    if (row.value === undefined) options[name] = found !== undefined;
    else if (row.repeat === 'all') options[name] = values;
    else if (values.length > 1 && row.repeat === undefined)
      throw new UsageError(`${option} stands twice; want one`);
    else if (values.length > 0) options[name] = values.at(-1);
  }
  return options;
}

function checkTogether(rows: OptionRows, options: Readonly<Record<string, unknown>>): void {
  const isGiven = (name: string) => {
    const value = options[name];
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
  };
  for (const [name, { needs, excludes = [] }] of Object.entries(rows)) {
    if (!isGiven(name)) continue;
    if (needs !== undefined && !isGiven(needs)) {
      throw new UsageError(`${optionText(name)} is for ${optionText(needs)}`);
    }
    const other = excludes.find(isGiven);
    if (other !== undefined) {
      throw new UsageError(`${optionText(name)} and ${optionText(other)}: want one of them`);
    }
  }
}

function checkWords(path: string, table: CommandTable, given: readonly string[]): void {
  const { words = [], examples = [] } = table;
  const missing = words[given.length];
  if (
    missing !== undefined &&
    missing.optional !== true &&
    (given.length === 0 || missing.repeated !== true)
  ) {
    const [example] = examples;
    throw new UsageError(
      `no ${missing.name}; ${example === undefined ? `see holdfast ${path} --help` : `as in ${example}`}`,
    );
  }
  const extra = words.at(-1)?.repeated ? undefined : given[words.length];
  if (extra === undefined) return;
  throw new UsageError(`${JSON.stringify(extra)} is one word too many; it takes ${takesText(table)}`);
}

function takesText(table: CommandTable): string {
  return table.usage ?? (wordsText(table) || 'none');
}
