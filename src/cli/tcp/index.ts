import { isatty } from 'node:tty';
import {
  consequencesOf,
  exitCode,
  FailureError,
  parseTime,
  RefusedError,
  refusalSentences,
  runtimes,
  type SnippetLanguage,
  type SocketState,
  type SocketTimes,
  setTcpTimes,
  snippetLanguages,
  socketStates,
  systems,
  tcpConnections,
  tcpHostTimes,
  tcpSnippet,
  tcpTimes,
  topicOf,
  topics,
  undoTcpTimes,
  watchTcpConnections,
} from '../../inspect.js';
import { nearest } from '../command/nearest.js';
import { escapeControls, wrapText } from '../terminal/columns.js';
import { stderr, stdout } from '../terminal/output.js';
import { parseTcp, type TcpArgs, type TcpCommand } from './options.js';
import { assumedText, consequencesText, hostText, topicsText, topicText } from './tcpexplain.js';
import { tcpHelp } from './tcphelp.js';
import { listText } from './tcplist.js';
import { setText } from './tcpset.js';
import { showText, systemsText } from './tcpshow.js';

/** `holdfast tcp ...`: argv after `tcp` -> the exit code. */
export async function tcp(argv: readonly string[]): Promise<number> {
  const split = parseTcp(argv);
  if (!split.ok) return refuse(split.message);
  const { args } = split;
  const help = args.on.has('--help');
  if (help || args.command === null) {
    (help ? stdout : stderr).write(tcpHelp(args.command));
    return help ? 0 : 2;
  }
  try {
    return await commands[args.command](args);
  } catch (thrown) {
    if (thrown instanceof WrongWord) return refuse(`${args.command}: ${thrown.message}`);
    if (!(thrown instanceof FailureError)) throw thrown;
    const said = thrown instanceof RefusedError ? refusalSentences(thrown.refusals) : [thrown.message];
    for (const message of said) stderr.write(`${refusalText(message)}\n`);
    return exitCode({ ok: false, failure: thrown });
  }
}

/** A word of the command line that makes no sense. */
class WrongWord extends Error {}

const commands: Readonly<Record<TcpCommand, (args: TcpArgs) => Promise<number>>> = {
  async show({ on }) {
    if (on.has('--systems')) return say(on, { systems, runtimes }, systemsText);
    const shown = tcpTimes();
    return say(on, shown, () => showText(shown));
  },

  async set({ on, values }) {
    const result = await setTcpTimes({
      ...given('idleS', secondsOf(values, '--time')),
      ...given('intervalS', secondsOf(values, '--interval')),
      ...given('probes', numberOf(values, '--probes')),
      persist: on.has('--persist'),
      dryRun: on.has('--dry-run'),
    });
    const hint = result.dryRun ? '' : 'holdfast tcp undo takes it back.\n';
    return say(on, result, () => setText(result) + hint);
  },

  async undo({ on }) {
    const result = await undoTcpTimes({ dryRun: on.has('--dry-run') });
    return say(on, result, () => setText(result));
  },

  async list({ on, values }) {
    const options = {
      ...given('port', portOf(values)),
      ...given('pid', numberOf(values, '--pid')),
      ...given('state', stateOf(values)),
      noKeepalive: on.has('--no-keepalive'),
    };
    const isRoot = process.getuid?.() === 0;
    if (!on.has('--watch')) {
      const list = await tcpConnections(options);
      return say(on, list, () => listText(list, isRoot));
    }
    const stop = new AbortController();
    const end = () => stop.abort();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
    stdout.onClosed(end);
    const clear = isatty(1) && !on.has('--json') ? '\u001b[H\u001b[2J' : '';
    let first = true;
    for await (const list of watchTcpConnections(options, stop.signal)) {
      const between = first || clear !== '' || on.has('--json') ? '' : '\n';
      const text = () => (clear === '' ? listText(list, isRoot) : fitted(listText(list, isRoot)));
      stdout.write(on.has('--json') ? json(list) : `${clear}${between}${text()}`);
      first = false;
    }
    return 0;
  },

  async explain({ on, words, values }) {
    const [first] = words;
    if (first === undefined) return say(on, { topics }, topicsText);
    if (/^[+-]?\d/.test(first)) {
      const { system, detection } = tcpTimes();
      const result = consequencesOf(timesOf(words), detection?.times);
      return say(on, result, () => consequencesText(result) + assumedText(system));
    }
    if (words.length > 1)
      throw new WrongWord(`${JSON.stringify(words[1])} is one word too many after ${first}`);
    const topic = topicOf(first);
    if (topic !== null) return say(on, topic, () => topicText(topic));
    const names = topics.flatMap(({ name, aliases }) => [name, ...aliases]);
    const meant = nearest(first, names);
    // Names of options are no names of hosts.
    if (meant !== null || /[_A-Z]/.test(first)) {
      throw new WrongWord(
        `nothing is known of ${JSON.stringify(first)}; ${meant === null ? 'holdfast tcp explain lists the topics' : `did you mean ${meant}?`}`,
      );
    }
    const times = await tcpHostTimes(first, given('configFile', values.get('-F')));
    return say(on, times, () => hostText(times, values.get('-F')) + assumedText(times.system));
  },

  async snippet({ on, words, values }) {
    const language = languageOf(values.get('--for'));
    const times = words.length === 0 ? { idleS: 15, intervalS: 5, probes: 3 } : timesOf(words);
    const text = tcpSnippet(language, times);
    return say(on, { language, ...times, text }, () => text);
  },
};

/** As much as the terminal shows at once: what needs attention stands first. */
function fitted(text: string): string {
  const lines = text.trimEnd().split('\n');
  const most = Math.max(4, (process.stdout.rows || 24) - 2);
  if (lines.length <= most) return text;
  return `${lines.slice(0, most).join('\n')}\n... and more: a higher terminal, or holdfast tcp list\n`;
}

function say(on: ReadonlySet<string>, value: unknown, text: () => string): number {
  stdout.write(on.has('--json') ? json(value) : text());
  return 0;
}

function json(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** What is to be typed stands on lines of its own, whole. */
function refusalText(message: string): string {
  const [first = '', ...typed] = message.split('\n');
  return [wrapText('holdfast: ', escapeControls(first)), ...typed.map(escapeControls)].join('\n');
}

function refuse(message: string): number {
  stderr.write(`${wrapText('holdfast: ', `tcp: ${escapeControls(message)}`)}\n`);
  return 2;
}

function given<Name extends string, Value>(name: Name, value: Value | undefined): { [key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [key in Name]?: Value });
}

/** A time of the command line in s: `600`, `10m`. */
function seconds(text: string, name: string): number {
  const ms = parseTime(text);
  if (ms === null)
    throw new WrongWord(`${name}: ${JSON.stringify(text)} is no time; want as 600, 90s or 10m`);
  return ms / 1_000;
}

function secondsOf(values: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = values.get(name);
  return text === undefined ? undefined : seconds(text, name);
}

function whole(text: string, name: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new WrongWord(`${name}: ${JSON.stringify(text)} is no whole number`);
  return Number(text);
}

function numberOf(values: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = values.get(name);
  return text === undefined ? undefined : whole(text, name);
}

function portOf(values: ReadonlyMap<string, string>): number | undefined {
  const port = numberOf(values, '--port');
  if (port === undefined || (port >= 1 && port <= 65_535)) return port;
  throw new WrongWord(`--port: ${port} is out of range; want a number from 1 to 65535`);
}

function timesOf([idle, interval, probes, userTimeout]: readonly string[]): SocketTimes {
  if (idle === undefined || interval === undefined || probes === undefined) {
    throw new WrongWord('want idle, interval and probes, as in 600 60 20');
  }
  return {
    idleS: seconds(idle, 'idle'),
    intervalS: seconds(interval, 'interval'),
    probes: whole(probes, 'probes'),
    ...(userTimeout === undefined ? {} : { userTimeoutMs: seconds(userTimeout, 'user-timeout') * 1_000 }),
  };
}

function stateOf(values: ReadonlyMap<string, string>): SocketState | 'all' | undefined {
  const text = values.get('--state')?.toLowerCase().replaceAll('_', '-');
  if (text === undefined || text === 'all') return text;
  const found = socketStates.find((state) => state === text);
  if (found !== undefined) return found;
  throw new WrongWord(`--state: ${JSON.stringify(text)} is none; want all, ${socketStates.join(', ')}`);
}

function languageOf(text: string | undefined): SnippetLanguage {
  const found = snippetLanguages.find((language) => language === text?.toLowerCase());
  if (found !== undefined) return found;
  const known = `${snippetLanguages.slice(0, -1).join(', ')} or ${snippetLanguages.at(-1)}`;
  throw new WrongWord(
    text === undefined ? `--for is missing; want ${known}` : `--for ${JSON.stringify(text)}: want ${known}`,
  );
}
