/** `--help`, laid out from the table of a command, at most 80 columns wide. */
import { wrapText } from '../terminal/columns.js';
import { type CommandTable, helpRow, type OptionRow, optionText, wordsText } from './table.js';

/** The widest first column; what is wider has its sentence below. */
const widest = 30;

/** A table whose commands are shown by their summaries alone. */
type HelpTable = Omit<CommandTable, 'commands'> & {
  readonly commands?: Readonly<Record<string, Pick<CommandTable, 'summary'>>>;
};

/** The whole help of a command, its commands included. `path` is empty for `holdfast` itself. */
export function helpText(path: string, table: HelpTable): string {
  const { commands, notes, examples = [] } = table;
  const paragraphs = [
    wrapText('holdfast ', usageText(path, table)),
    ...wrapParagraphs(table.about ?? `${table.summary ?? ''}.`),
    ...(commands === undefined ? [] : [section('Commands', commandRows(commands))]),
    ...optionSections(table),
    ...(commands === undefined
      ? []
      : [`Options of each command: ${`holdfast ${path}`.trim()} <command> --help`]),
    ...(notes === undefined ? [] : wrapParagraphs(notes)),
    ...(examples.length === 0 ? [] : [`Examples:\n${examples.map((line) => `  ${line}\n`).join('')}`]),
  ];
  return `${paragraphs.map((text) => text.trimEnd()).join('\n\n')}\n`;
}

function usageText(path: string, table: HelpTable): string {
  const words = table.commands ? '<command>' : (table.usage ?? wordsText(table));
  return [path, words, '[options]'].filter((part) => part !== '').join(' ');
}

type Row = readonly [left: string, sentence: string];

function commandRows(commands: NonNullable<HelpTable['commands']>): readonly Row[] {
  return Object.entries(commands).map(([name, { summary = '' }]) => [name, summary]);
}

function optionSections({ options }: HelpTable): readonly string[] {
  const groups = new Map<string, Row[]>();
  for (const [name, row] of Object.entries<OptionRow>({ ...options, help: helpRow })) {
    if (row.hidden) continue;
    const title = row.group ?? 'Options';
    const rows = groups.get(title) ?? [];
    groups.set(title, [...rows, [optionColumn(name, row), row.help]]);
  }
  // Those without a heading of their own come last, `--help` the very last.
  const last = groups.get('Options') ?? [];
  groups.delete('Options');
  return [...groups, ['Options', last] as const].map(([title, rows]) => section(title, rows));
}

/** `-y, --yes`, `    --file FILE`, `-F FILE` */
function optionColumn(name: string, { letters = '', value }: OptionRow): string {
  const words = [...letters].map((letter) => `-${letter}`);
  const text = [...words, optionText(name)].join(', ');
  const indent = name.length > 1 && letters === '' ? '    ' : '';
  return `${indent}${text}${value === undefined ? '' : ` ${value}`}`;
}

function section(title: string, rows: readonly Row[]): string {
  const column = Math.max(...rows.map(([left]) => left.length).filter((size) => size <= widest)) + 4;
  const lines = rows.map(([left, sentence]) => {
    const first = `  ${left}`;
    if (first.length + 2 <= column) return wrapText(first.padEnd(column), sentence);
    return `${first}\n${wrapText(' '.repeat(column), sentence)}`;
  });
  return `${title}:\n${lines.join('\n')}`;
}

/** Paragraphs with an empty line between; those whose lines begin with blanks stay as they are. */
function wrapParagraphs(text: string): readonly string[] {
  return text
    .split('\n\n')
    .map((paragraph) =>
      paragraph.split('\n').some((line) => line.startsWith('  '))
        ? paragraph
        : wrapText('', paragraph.replaceAll('\n', ' ')),
    );
}
