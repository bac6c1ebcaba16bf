import { stderr, stdout } from '../terminal/output.js';
import { UnknownOptionError, UsageError } from './errors.js';
import { optionsByText } from './getopt.js';
import { helpText } from './help.js';
import { findCommand, parseByTable } from './parse.js';
import type { Arguments, CommandTable } from './table.js';

/** Does what a command line says. Resolves to the exit code. */
export type Handler<Table extends CommandTable> = (args: Arguments<Table>) => Promise<number> | number;

/** One for each command of a command. */
export type Handlers<Commands extends Readonly<Record<string, CommandTable>>> = {
  readonly [Name in keyof Commands]: Handler<Commands[Name]>;
};

/** Runs a command without commands: argv after its name -> the exit code. Throws what its handler throws, or a UsageError. */
export async function runCommand<Table extends CommandTable>(
  path: string,
  table: Table,
  argv: readonly string[],
  handler: Handler<Table>,
): Promise<number> {
  return namingCommand(path, async () => {
    const args = parseByTable(path, table, argv);
    if (args !== null) return handler(args);
    stdout.write(helpText(path, table));
    return 0;
  });
}

/** Runs one of the commands of a command; without one its help is on stderr, and the exit code is 2. */
export async function runCommands<Commands extends Readonly<Record<string, CommandTable>>>(
  path: string,
  table: Omit<CommandTable, 'commands'> & { readonly commands: Commands },
  argv: readonly string[],
  handlers: Handlers<Commands>,
): Promise<number> {
  const found = await namingCommand(path, () => findCommand<keyof Commands & string>(table.commands, argv));
  if (found === null) return helpOfAll(path, table, argv);
  const { name, rest } = found;
  try {
    return await runCommand(`${path} ${name}`, table.commands[name], rest, handlers[name]);
  } catch (thrown) {
    if (!(thrown instanceof UnknownOptionError)) throw thrown;
    const { option } = thrown;
    const owners = Object.keys(table.commands).filter((each) =>
      optionsByText(table.commands[each] ?? table).has(option),
    );
    throw owners.length === 0
      ? thrown
      : new UsageError(`${option} is for ${owners.join(', ')}`).of(`${path} ${name}`);
  }
}

function helpOfAll(path: string, table: CommandTable, argv: readonly string[]): number {
  const odd = argv.find((word) => word !== '--help' && word !== '-h');
  if (odd !== undefined)
    throw new UsageError(`${odd}: no command before it; see holdfast ${path} --help`).of(path);
  const isHelp = argv.length > 0;
  (isHelp ? stdout : stderr).write(helpText(path, table));
  return isHelp ? 0 : 2;
}

/** A UsageError names the command: whatever throws it has only the words. */
async function namingCommand<Value>(path: string, run: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (thrown) {
    throw thrown instanceof UsageError ? thrown.of(path) : thrown;
  }
}
