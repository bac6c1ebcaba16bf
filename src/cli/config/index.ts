import {
  type ConfigOptions,
  exitCode,
  FailureError,
  isJudged,
  RefusedError,
  refusalSentences,
} from '../../edit/confighost.js';
import { complain, stderr, stdout } from '../terminal/output.js';
import { configEdits } from './configeditoptions.js';
import { lintText } from './configlint.js';
import { listText } from './configlist.js';
import { showText } from './configshow.js';
import { verifyText } from './configverify.js';
import { undecidedText, whyText } from './configwhy.js';
import { type ConfigArgs, type ConfigCommand, configCommands, parseConfig } from './options.js';

/** `holdfast config ...`: argv after `config` -> the exit code. */
export async function config(argv: readonly string[]): Promise<number> {
  const split = parseConfig(argv);
  if (!split.ok) {
    complain(`config: ${split.message}`);
    return 2;
  }
  const { args } = split;
  const { command } = args;
  if (args.help || command === null) {
    const text = `${(await help(command)).trimEnd()}\n`;
    if (args.help) stdout.write(text);
    else stderr.write(text);
    return args.help ? 0 : 2;
  }
  try {
    const code = await commands[command](args, optionsOf(args));
    stderr.write(unjudged(args));
    return code;
  } catch (thrown) {
    if (!(thrown instanceof FailureError)) throw thrown;
    if (!(thrown instanceof RefusedError)) {
      complain(thrown.message);
      return exitCode({ ok: false, failure: thrown });
    }
    if (args.json) stdout.write(json({ refusals: thrown.refusals }));
    for (const line of refusalSentences(thrown.refusals)) complain(line);
    return 2;
  }
}

const keepaliveOptions = /^(serveralive(interval|countmax)|protocolkeepalives|setuptimeout)$/i;

type Command = (args: ConfigArgs, options: ConfigOptions) => Promise<number>;

const past =
  (name: 'history' | 'diff' | 'undo' | 'restore'): Command =>
  async (args) =>
    (await import('./confighistory.js')).historyCommands[name](args);

/** Each loads what it needs when it is called. */
const commands: Readonly<Record<ConfigCommand, Command>> = {
  ...{ history: past('history'), diff: past('diff'), undo: past('undo'), restore: past('restore') },

  async effective({ words: [host = ''], json: asJson }, options) {
    const { resolve } = await import('../../edit/explain.js');
    const { lines, ...answer } = await resolve(host, options);
    stdout.write(asJson ? json(answer) : `${lines.join('\n')}\n`);
    stderr.write(undecidedText(answer.undecided));
    return 0;
  },

  async why({ words: [host = '', ...only], json: asJson }, options) {
    const { explain } = await import('../../edit/explain.js');
    const explanation = await explain(host, { ...options, only });
    const withKeepalive = only.length === 0 || only.some((name) => keepaliveOptions.test(name));
    stdout.write(asJson ? json(explanation) : whyText(explanation, withKeepalive));
    stderr.write(undecidedText(explanation.undecided));
    return 0;
  },

  async list({ words: [pattern], all, json: asJson }, options) {
    const { listHosts } = await import('../../edit/hostlist.js');
    const { hosts, patterns } = await listHosts({
      ...options,
      ...(pattern === undefined ? {} : { pattern }),
    });
    if (asJson) stdout.write(json(all ? { hosts, patterns } : { hosts }));
    else stdout.write(listText({ hosts, patterns }, all));
    for (const { name, refused } of hosts) {
      if (refused !== null) complain(`${name}: ${refused}`);
    }
    return hosts.some(({ refused }) => refused !== null) ? 2 : 0;
  },

  async show({ words: [host = ''], json: asJson }, options) {
    const { showBlocks } = await import('../../edit/explain.js');
    const shown = await showBlocks(host, options);
    stdout.write(asJson ? json(shown) : showText(shown));
    stderr.write(undecidedText(shown.undecided));
    return 0;
  },

  async verify({ words, json: asJson }, options) {
    const { verify } = await import('../../edit/verify.js');
    const verified = await verify({
      ...options,
      hosts: words,
      onStart: () =>
        stderr.write('holdfast: asking ssh -G, which runs the commands of Match exec and looks names up\n'),
    });
    stdout.write(asJson ? json({ hosts: verified }) : verifyText(verified));
    return verified.some(({ verdict }) => verdict === 'differs') ? 1 : 0;
  },

  async managed(words) {
    return (await import('./configmanaged.js')).configManaged(words);
  },

  async lint(words) {
    const { configFile, target, json: asJson } = words;
    if (words.fix) return (await import('./configfix.js')).configFix(words);
    const { lint } = await import('../../edit/fix.js');
    const findings = await lint({
      ...(configFile === null ? {} : { configFile }),
      ...(target === null ? {} : { target }),
    });
    stdout.write(asJson ? json({ findings }) : lintText(findings));
    return findings.length > 0 ? 1 : 0;
  },
};

function optionsOf({ configFile, options, exec, target }: ConfigArgs): ConfigOptions {
  return {
    ...(configFile === null ? {} : { configFile }),
    ...(target === null ? {} : { target }),
    options,
    exec,
  };
}

/** Said of a release between those whose ssh our tests ask. */
function unjudged({ command, target }: ConfigArgs): string {
  if (command === 'lint' || target === null || isJudged(target)) return '';
  return `holdfast: OpenSSH ${target}: not judged; from its release notes, not held against that ssh\n`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** The words are taken apart by getopt's rule before; yargs knows how to lay out what there is. */
async function help(command: ConfigCommand | null): Promise<string> {
  const { default: yargs } = await import('yargs');
  const says =
    command === null
      ? 'What ssh makes of its configuration, and why; and changes of it, proved first'
      : configCommands[command].says;
  const takes = command === null ? '<command>' : `${command} ${configCommands[command].takes}`.trim();
  const program = yargs([])
    // In front of every command it would take half of the line.
    .scriptName('')
    .locale('en')
    .usage(`holdfast config ${takes} [options]\n\n${says}.`)
    .help(false)
    .version(false)
    .option('F', { describe: 'Read this file only; none reads no file', type: 'string' })
    .option('o', { describe: 'An option as for ssh: -o Port=2222', type: 'string' })
    .option('p', { describe: 'Port', type: 'string' })
    .option('l', { describe: 'User', type: 'string' })
    .option('exec', {
      describe: 'Run the commands of Match exec; without, what hangs on them is said',
      type: 'boolean',
    })
    .option('json', { describe: 'One JSON object on stdout', type: 'boolean' })
    .option('help', { describe: 'Show this help', type: 'boolean', alias: 'h' });
  if (command === null || command === 'list') {
    program.option('all', { describe: 'list: wildcards and negations too', type: 'boolean' });
  }
  if (command === null || ['undo', 'restore', 'lint', 'managed'].includes(command)) {
    program.option('dry-run', {
      describe: 'Only show what would change',
      type: 'boolean',
    });
  }
  if (command === null || command === 'lint') {
    program
      .option('fix', { describe: 'lint: make the edits that change nothing for anyone', type: 'boolean' })
      .option('yes', { describe: 'lint --fix: those that change the meaning, too', type: 'boolean' });
  }
  if (command === 'managed')
    program.option('yes', { describe: 'Also where hosts get something else then', type: 'boolean' });
  if (command === null || ['effective', 'why', 'list', 'show', 'lint'].includes(command)) {
    program.option('target', {
      describe: 'The release of OpenSSH that reads the file, as 9.2',
      type: 'string',
    });
  }
  if (command === null) {
    for (const [name, row] of Object.entries(configCommands))
      program.command(`${name} ${row.takes}`.trim(), row.says);
    for (const [name, row] of Object.entries(configEdits)) program.command(`${name} ${row.takes}`, row.says);
    program
      .example('holdfast config why db Port', 'which line says so')
      .example('holdfast config list', 'every host, in a table');
  }
  return program.wrap(80).getHelp();
}
