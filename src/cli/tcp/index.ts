import { isatty } from 'node:tty';
import type { SnippetLanguage, SocketState, SocketTimes } from '../../inspect.js';
import { runCommands } from '../command/dispatch.js';
import { UsageError } from '../command/errors.js';
import { nearest } from '../command/nearest.js';
import { readSeconds, readWhole } from '../command/readvalue.js';
import { printJson, printResult, stdout } from '../terminal/output.js';
import { tcpTable } from './options.js';

/** `holdfast tcp ...`: argv after `tcp` -> the exit code. Each command loads what it needs when it runs. */
export function tcp(argv: readonly string[]): Promise<number> {
  return runCommands('tcp', tcpTable, argv, {
    async show({ options: { systems: ofSystems, json } }) {
      const { runtimes, systems, tcpTimes } = await import('../../inspect/tcptimes.js');
      const { timesText: showText, systemsText } = await import('./showreport.js');
      if (ofSystems) return printResult(json, { systems, runtimes }, systemsText);
      const times = tcpTimes();
      return printResult(json, times, () => showText(times));
    },

    async set({ options }) {
      const { setTcpTimes } = await import('../../inspect/settcp.js');
      const { setText } = await import('./setreport.js');
      const { time: idleS, interval: intervalS, probes, persist, json } = options;
      const result = await setTcpTimes({
        ...(idleS === undefined ? {} : { idleS }),
        ...(intervalS === undefined ? {} : { intervalS }),
        ...(probes === undefined ? {} : { probes }),
        persist,
        dryRun: options['dry-run'],
      });
      const hint = result.dryRun ? '' : 'holdfast tcp undo takes it back.\n';
      return printResult(json, result, () => setText(result) + hint);
    },

    async undo({ options }) {
      const { undoTcpTimes } = await import('../../inspect/settcp.js');
      const { setText } = await import('./setreport.js');
      const result = await undoTcpTimes({ dryRun: options['dry-run'] });
      return printResult(options.json, result, () => setText(result));
    },

    async list({ options }) {
      const connections = await import('../../inspect/connectionlist.js');
      const { connectionsText: listText } = await import('./listreport.js');
      const { json, watch, state, 'no-keepalive': noKeepalive, ...filters } = options;
      const found = stateOf(state, connections.socketStates);
      const query = { ...filters, ...(found === undefined ? {} : { state: found }), noKeepalive };
      const isRoot = process.getuid?.() === 0;
      if (!watch) {
        const list = await connections.tcpConnections(query);
        return printResult(json, list, () => listText(list, isRoot));
      }
      const stop = new AbortController();
      const end = () => stop.abort();
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
      stdout.onClosed(end);
      const isScreen = isatty(1) && !json;
      let isFirst = true;
      for await (const list of connections.watchTcpConnections(query, stop.signal)) {
        const text = () => listText(list, isRoot);
        if (json) printJson(list);
        else if (isScreen) stdout.write(`\u001b[H\u001b[2J${firstLines(text())}`);
        else stdout.write(isFirst ? text() : `\n${text()}`);
        isFirst = false;
      }
      return 0;
    },

    async explain({ words, options: { json, F: configFile } }) {
      const { consequencesOf, topicOf, topics } = await import('../../inspect/consequences.js');
      const { assumedText, consequencesText, hostText, topicsText, topicText } = await import(
        './explainreport.js'
      );
      const [first, second] = words;
      if (first === undefined) return printResult(json, { topics }, topicsText);
      if (/^[+-]?\d/.test(first)) {
        const { tcpTimes } = await import('../../inspect/tcptimes.js');
        const { system, detection } = tcpTimes();
        const result = consequencesOf(timesOf(words), detection?.times);
        return printResult(json, result, () => consequencesText(result) + assumedText(system));
      }
      if (second !== undefined)
        throw new UsageError(`${JSON.stringify(second)} is one word too many after ${first}`);
      const topic = topicOf(first);
      if (topic !== null) return printResult(json, topic, () => topicText(topic));
      const meant = nearest(
        first,
        topics.flatMap(({ name, aliases }) => [name, ...aliases]),
      );
      // Names of options are no names of hosts.
      if (meant !== null || /[_A-Z]/.test(first)) {
        const hint = meant === null ? 'holdfast tcp explain lists the topics' : `did you mean ${meant}?`;
        throw new UsageError(`nothing is known of ${JSON.stringify(first)}; ${hint}`);
      }
      const { tcpHostTimes } = await import('../../inspect/host.js');
      const times = await tcpHostTimes(first, configFile === undefined ? {} : { configFile });
      return printResult(json, times, () => hostText(times, configFile) + assumedText(times.system));
    },

    async snippet({ words, options }) {
      const { snippetLanguages, tcpSnippet } = await import('../../inspect/consequences.js');
      const language = languageOf(options.for, snippetLanguages);
      const times = words.length === 0 ? { idleS: 15, intervalS: 5, probes: 3 } : timesOf(words);
      const text = tcpSnippet(language, times);
      return printResult(options.json, { language, ...times, text }, () => text);
    },
  });
}

/** As much as the terminal shows at once: what needs attention stands first. */
function firstLines(text: string): string {
  const lines = text.trimEnd().split('\n');
  const most = Math.max(4, (process.stdout.rows || 24) - 2);
  if (lines.length <= most) return text;
  return `${lines.slice(0, most).join('\n')}\n... and more: a higher terminal, or holdfast tcp list\n`;
}

function timesOf([idle, interval, probes, userTimeout]: readonly string[]): SocketTimes {
  if (idle === undefined || interval === undefined || probes === undefined) {
    throw new UsageError('want idle, interval and probes, as in 600 60 20');
  }
  return {
    idleS: readSeconds(idle, 'idle'),
    intervalS: readSeconds(interval, 'interval'),
    probes: readWhole(probes, 'probes'),
    ...(userTimeout === undefined ? {} : { userTimeoutMs: readSeconds(userTimeout, 'user-timeout') * 1_000 }),
  };
}

function stateOf(text: string | undefined, states: readonly SocketState[]): SocketState | 'all' | undefined {
  const name = text?.toLowerCase().replaceAll('_', '-');
  if (name === undefined || name === 'all') return name;
  const found = states.find((state) => state === name);
  if (found !== undefined) return found;
  throw new UsageError(`--state: ${JSON.stringify(name)} is none; want all, ${states.join(', ')}`);
}

function languageOf(text: string | undefined, languages: readonly SnippetLanguage[]): SnippetLanguage {
  const found = languages.find((language) => language === text?.toLowerCase());
  if (found !== undefined) return found;
  const known = `${languages.slice(0, -1).join(', ')} or ${languages.at(-1)}`;
  throw new UsageError(
    text === undefined ? `--for is missing; want ${known}` : `--for ${JSON.stringify(text)}: want ${known}`,
  );
}
