/**
 * The one table of a command: its options, its words, its commands. argv is parsed by it (parse.ts), `--help` is laid out from
 * it (help.ts), and the shells complete by it. A table loads nothing of what its command does.
 */

/** Where completion takes candidates from. */
export type CompletionSource =
  | 'hosts'
  | 'files'
  | 'client-options'
  | 'client-values'
  | 'client-settings'
  | 'server-options'
  | 'server-values'
  | 'server-fields'
  | 'tcp-topics'
  | 'socket-states'
  | 'snippet-languages';

/** Turns the text of a value into the value. `option` is how the option is written, for messages. Throws a UsageError. */
export type ReadValue = (text: string, option: string) => unknown;

/** One option. Its name in the table is the option without its dashes: `F` is `-F`, `dry-run` is `--dry-run`. */
export interface OptionRow {
  /** Letters that mean the same: `y` beside `--yes`. */
  readonly letters?: string;
  /** What stands for the value in the help, as `FILE`. Without: the option takes no value. */
  readonly value?: string;
  /** The next word, or the rest of this one, is the value only where it looks like this, as for autossh's -M; else it is empty. */
  readonly valueIf?: RegExp;
  /** Default: the text itself. */
  readonly read?: ReadValue;
  /** What several mean: a list, or the last one. Default: a second one is refused. */
  readonly repeat?: 'all' | 'last';
  /** One sentence without a full stop. */
  readonly help: string;
  /** Understood, but neither in the help nor offered by completion. */
  readonly hidden?: true;
  /** The heading in the help. Default: Options. */
  readonly group?: string;
  /** What completes the value, */
  readonly completes?: CompletionSource;
  /** or the values themselves. */
  readonly choices?: readonly string[];
  /** An option without which this one means nothing. */
  readonly needs?: string;
  /** Options that cannot stand beside this one. */
  readonly excludes?: readonly string[];
}

export type OptionRows = Readonly<Record<string, OptionRow>>;

/** A word that is no option. */
export interface WordRow {
  readonly name: string;
  readonly optional?: true;
  /** Any number of them; only the last row can be that. */
  readonly repeated?: true;
  readonly completes?: CompletionSource | readonly CompletionSource[];
  readonly choices?: readonly string[];
}

export interface CommandTable {
  /** In the list of commands that this is one of; those of `holdfast` itself have theirs in the registry. */
  readonly summary?: string;
  /** The words as the help writes them, where the rows of `words` cannot say it: `[topic | host]`. */
  readonly usage?: string;
  /** Paragraphs under the usage line. Default: the summary. */
  readonly about?: string;
  /** Default: none. */
  readonly words?: readonly WordRow[];
  /** Of a command with commands: options that the help of all of them shows. */
  readonly options: OptionRows;
  readonly commands?: Readonly<Record<string, CommandTable>>;
  /** As for ssh, a second word ends the options: it begins a command of the server. */
  readonly endsAtCommand?: true;
  /** Said below an option that there is not. */
  readonly unknownOptionHint?: string;
  /** Paragraphs under the options. */
  readonly notes?: string;
  /** Command lines, the first as an example in messages. */
  readonly examples?: readonly string[];
}

type ValueOf<Row> = Row extends { read: (...args: never[]) => infer Value } ? Value : string;

type NamesWith<Rows, Wanted> = {
  [Name in keyof Rows]: Rows[Name] extends Wanted ? Name : never;
}[keyof Rows];

/** A list for each option that may be repeated, true or false for each without a value, and the values that were given. */
export type OptionValues<Rows> = {
  readonly [Name in NamesWith<Rows, { value: string; repeat: 'all' }>]: readonly ValueOf<Rows[Name]>[];
} & {
  readonly [Name in Exclude<
    NamesWith<Rows, { value: string }>,
    NamesWith<Rows, { repeat: 'all' }>
  >]?: ValueOf<Rows[Name]>;
} & {
  readonly [Name in Exclude<keyof Rows, NamesWith<Rows, { value: string }>>]: boolean;
};

/** A command of `holdfast`, loaded when it runs. */
export interface CommandEntry {
  /** One sentence without a full stop, for the list of commands. */
  readonly summary: string;
  /** What runs it: argv after the command's name -> the exit code. */
  readonly load: () => Promise<(argv: readonly string[]) => Promise<number>>;
  /** Its table alone, for completion. */
  readonly table: () => Promise<CommandTable>;
}

/** One thing of the command line, in the order of argv. */
export type ArgumentPart =
  | { readonly type: 'option'; readonly name: string; readonly value: string | null }
  | { readonly type: 'word'; readonly text: string };

/** A command line, parsed by its table. */
export interface Arguments<Table extends CommandTable = CommandTable> {
  readonly options: OptionValues<Table['options']>;
  readonly words: readonly string[];
  /** The words of a command of the server, where the table ends at one. */
  readonly command: readonly string[];
  readonly parts: readonly ArgumentPart[];
}

/** What every command has. */
export const helpRow = { letters: 'h', help: 'Show this help' } as const satisfies OptionRow;

export const jsonRow = { help: 'One JSON object on stdout' } as const satisfies OptionRow;

/** An option as it is written: `-F`, `--json`. */
export function optionText(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

/** `<host> [Option...]` */
export function wordsText({ words = [] }: Pick<CommandTable, 'words'>): string {
  return words
    .map(({ name, optional, repeated }) => {
      const text = repeated ? `${name}...` : name;
      return optional ? `[${text}]` : `<${text}>`;
    })
    .join(' ');
}
