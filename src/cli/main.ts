import { readFileSync } from 'node:fs';
import { printError } from './command/errors.js';
import { nearest } from './command/nearest.js';
import { commands, plainOptions } from './command/registry.js';
import { onDebuggerClosed } from './terminal/debugger.js';
import { complain, stderr, stdout } from './terminal/output.js';

/** Words after `sshd` that change something, or watch over a change. */
const isSshdEdit = (word: string | undefined) => /^(?:set|unset|keepalive|__guard)$/.test(word ?? '');

const names = Object.keys(commands);

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
  const [command, ...rest] = argv;
  if (command === 'run') {
    if (rest[0] === '--help' || rest[0] === '-h') return say((await import('./run/runhelp.js')).runHelp);
    // Its options are ssh's, taken apart by getopt's rule: not for yargs.
    return (await import('./run/index.js')).run(rest);
  }
  // So are these.
  if (command === 'config') {
    const edit = (await import('./config/options.js')).editAmong(rest);
    if (edit === null) return (await import('./config/index.js')).config(rest);
    return (await import('./config/configedit.js')).configEdit(edit.command, edit.rest);
  }
  if (command === 'sshd' && isSshdEdit(rest[0])) return (await import('./sshd/sshdedit.js')).sshdEdit(rest);
  if (command === 'sshd') return (await import('./sshd/index.js')).sshd(rest);
  if (command === 'tcp') return (await import('./tcp/index.js')).tcp(rest);
  if (command === 'doctor') return (await import('./doctor/index.js')).doctor(rest);
  if (command === 'probe') return (await import('./probe/index.js')).probe(rest);
  if (command === 'relay') return (await import('./relay/index.js')).relay(rest);
  if (command === 'completion') return (await import('./completion/index.js')).completion(rest);
  const refusal = refused(argv);
  if (refusal !== null) return refuse(refusal);
  if (command === undefined) {
    stderr.write(ended(await (await program([])).getHelp()));
    return 2;
  }
  return parse(argv);
}

async function parse(argv: readonly string[]): Promise<number> {
  let said = '';
  let wrong: string | null = null;
  const found = await (await program(argv))
    .fail((message, error) => {
      if (error instanceof Error && error.name !== 'YError') throw error;
      wrong = message;
    })
    .parseAsync([...argv], {}, (_error: unknown, _found: unknown, output: string) => {
      said = output;
    });
  if (wrong !== null) return refuse(`${argv[0]}: ${wrong}; see holdfast ${argv[0]} --help`);
  if (said !== '') return say(ended(said));
  const { demo } = await import('./demo/index.js');
  return demo({
    ...(typeof found.seed === 'number' ? { seed: found.seed } : {}),
    ...(found.json === true ? { json: true } : {}),
  });
}

/** Loaded for the commands that it reads, and for the help: the others start without it. */
async function program(argv: readonly string[]) {
  const { default: yargs } = await import('yargs');
  // Its second argument is where it looks for files, which it has none of: a working directory may be gone.
  return yargs([...argv], '/')
    .scriptName('holdfast')
    .locale('en')
    .usage('holdfast <command> [options]\n\nKeeps SSH tunnels alive, and ~/.ssh/config right.')
    .command('run', commands.run)
    .command('config', commands.config)
    .command('sshd', commands.sshd)
    .command('tcp', commands.tcp)
    .command('doctor', commands.doctor)
    .command('probe', commands.probe)
    .command('relay', commands.relay)
    .command('demo', commands.demo, (demo) =>
      demo
        .usage(
          'holdfast demo [options]\n\nA tunnel that heals itself, on this machine alone, in half a minute.',
        )
        .option('seed', { describe: 'Other times for the faults', type: 'number', requiresArg: true })
        .option('json', { describe: 'One JSON object per line on stdout', type: 'boolean' })
        .check(
          ({ seed }) => seed === undefined || Number.isSafeInteger(seed) || '--seed: want a whole number',
        ),
    )
    .command('completion', commands.completion)
    .example('holdfast demo', 'see it work')
    .example('holdfast run --help', 'all options of run')
    .help()
    .alias('help', 'h')
    .version(version())
    .alias('version', 'V')
    .parserConfiguration({ 'boolean-negation': false, 'camel-case-expansion': false })
    .exitProcess(false)
    .showHelpOnFail(false)
    .wrap(80);
}

const options: Readonly<Record<string, readonly string[]>> = plainOptions;

/** One line about the first word that makes no sense; null when all do. */
function refused(argv: readonly string[]): string | null {
  const [first, ...rest] = argv;
  if (first === undefined) return null;
  if (first.startsWith('-')) return refusedOption(first, '');
  if (!names.includes(first)) {
    const meant = first === 'help' ? '--help' : nearest(first, names);
    return `unknown command ${JSON.stringify(first)}; ${meant ? `did you mean ${meant}?` : `there are ${names.slice(0, -1).join(', ')} and ${names.at(-1)}`}`;
  }
  for (const [index, word] of rest.entries()) {
    if (word.startsWith('-')) {
      const refusal = refusedOption(word, first);
      if (refusal !== null) return refusal;
    } else if (rest[index - 1] !== '--seed')
      return `${first}: takes no argument; found ${JSON.stringify(word)}`;
  }
  return null;
}

function refusedOption(word: string, command: string): string | null {
  const name = word.replace(/=.*$/s, '');
  const known = options[command] ?? [];
  // A negative number is a value.
  if (known.includes(name) || /^-\d/.test(word)) return null;
  const meant = nearest(name, known);
  if (meant !== null) return `unknown option ${name}; did you mean ${meant}?`;
  return command === ''
    ? `unknown option ${name}; to keep a tunnel up: holdfast run ${name} ..., and see holdfast --help`
    : `unknown option ${name}; see holdfast ${command} --help`;
}

function say(text: string): number {
  stdout.write(text);
  return 0;
}

function refuse(message: string): number {
  complain(message);
  return 2;
}

function ended(text: string): string {
  return `${text.trimEnd()}\n`;
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
