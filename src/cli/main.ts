import { readFileSync } from 'node:fs';
import { printError, UnknownOptionError, UsageError } from './command/errors.js';
import { commands, programTable } from './command/registry.js';
import { onDebuggerClosed } from './terminal/debugger.js';
import { complain, stderr, stdout } from './terminal/output.js';

/** The whole command line after `holdfast` -> the exit code. Each command is loaded when it runs. */
export async function main(argv: readonly string[]): Promise<number> {
  process.on('uncaughtException', (error) => void dieOf(error, argv));
  // `run` has notices for it.
  if (argv[0] !== 'run') onDebuggerClosed((text) => complain(`note: ${text}`));
  try {
    const code = await dispatch(argv);
    // A tunnel is worth more than its lines.
    const keeps = argv[0] === 'run' && !argv.includes('--print') && !argv.includes('--help');
    return keeps ? code : await written(code);
  } catch (thrown) {
    return printError(thrown, argv);
  } finally {
    await stdout.flushed();
    await stderr.flushed();
  }
}

/** An answer that did not arrive is none, whatever it was. */
async function written(code: number): Promise<number> {
  await stdout.flushed();
  if (stdout.loss === null) return code;
  complain(`the answer could not be written to stdout: ${stdout.loss}`);
  return code === 0 || code === 1 ? 2 : code;
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const [name = '', ...rest] = argv;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command !== undefined) return (await command.load())(rest);
  if (name === '--version' || name === '-V') {
    stdout.write(`${version()}\n`);
    return 0;
  }
  // What follows is no command: the parser and the help are loaded for these alone.
  const { parseByTable, unknownCommand } = await import('./command/parse.js');
  if (name === 'help') throw new UsageError('unknown command "help"; did you mean --help?');
  if (argv.length > 0 && !name.startsWith('-')) throw unknownCommand(name, Object.keys(commands));
  try {
    parseByTable('', programTable, argv);
  } catch (thrown) {
    if (!(thrown instanceof UnknownOptionError) || thrown.meant !== null) throw thrown;
    throw new UsageError(
      `unknown option ${name}; to keep a tunnel up: holdfast run ${name} ..., and see holdfast --help`,
    );
  }
  const { helpText } = await import('./command/help.js');
  const isWanted = argv.length > 0;
  (isWanted ? stdout : stderr).write(helpText('', { ...programTable, commands }));
  return isWanted ? 0 : 2;
}

function version(): string {
  const found: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return found instanceof Object && 'version' in found ? String(found.version) : 'unknown';
}

/** A bug in a callback: there is no state to trust any more. */
async function dieOf(error: unknown, argv: readonly string[]): Promise<void> {
  const exit = printError(error, argv);
  await stderr.flushed();
  process.exit(exit);
}
