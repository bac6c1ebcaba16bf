import { isatty } from 'node:tty';
import { exitCode, openRelay, type RelayStatus } from '../../relay.js';
import { escapeControls, wrapText } from '../terminal/columns.js';
import { length } from '../terminal/duration.js';
import { stderr, stdout } from '../terminal/output.js';
import { parseRelay, relayHelp } from './options.js';

/** `holdfast relay`: argv after the command's name. Resolves to the exit code. */
export async function relay(argv: readonly string[]): Promise<number> {
  const split = parseRelay(argv);
  if (split.type === 'help') {
    stdout.write(relayHelp);
    return 0;
  }
  const say = (text: string) => {
    const first = 'holdfast relay: ';
    stderr.write(
      `${isatty(2) ? wrapText(first, escapeControls(text)) : `${first}${escapeControls(text)}`}\n`,
    );
  };
  if (split.type === 'refused') {
    stderr.write(`${wrapText('holdfast: ', `relay: ${escapeControls(split.message)}`)}\n`);
    return 2;
  }
  const { host, port, family, verbose, options } = split.args;
  const { done, status } = openRelay({
    ...options,
    host,
    port,
    family,
    onNews: ({ type, text }) => {
      if (type === 'note') say(`note: ${text}`);
      else if (verbose) say(text);
    },
  });
  const tell = () => say(`${host} port ${port}: ${statusText(status())}`);
  process.on('SIGUSR1', tell);
  const outcome = await done;
  process.off('SIGUSR1', tell);
  if (!outcome.ok) {
    const { connectedMs } = status();
    say(`${outcome.failure.message}${connectedMs === null ? '' : `; ${statusText(status())}`}`);
  } else if (verbose) say(`${host} port ${port}: ended by both sides; ${statusText(status())}`);
  return exitCode(outcome);
}

function statusText(of: RelayStatus): string {
  const { connectedMs, rttMs, silentMs, unanswered, receivedBytes, sentBytes } = of;
  if (connectedMs === null || rttMs === null || silentMs === null) return 'not connected yet';
  const probes = unanswered === 1 ? '1 probe' : `${unanswered} probes`;
  return [
    `silent for ${length(silentMs)}${unanswered ? `, ${probes} unanswered` : ''}`,
    `round trip ${rttMs < 10 ? rttMs.toFixed(1) : Math.round(rttMs)} ms`,
    `connected for ${length(connectedMs)}`,
    `${size(receivedBytes)} received, ${size(sentBytes)} sent`,
  ].join(', ');
}

function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  for (const [unit, each] of [
    ['kB', 1e3],
    ['MB', 1e6],
  ] as const) {
    if (bytes < each * 1_000) return `${(bytes / each).toFixed(1)} ${unit}`;
  }
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
