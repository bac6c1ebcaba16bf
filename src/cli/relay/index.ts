import { isatty } from 'node:tty';
import { exitCode, openRelay } from '../../relay.js';
import { runCommand } from '../command/dispatch.js';
import { readPort } from '../command/readvalue.js';
import type { Arguments } from '../command/table.js';
import { escapeControls, wrapText } from '../terminal/columns.js';
import { stderr } from '../terminal/output.js';
import { defaultKeepalive, relayTable } from './options.js';
import { relayStatusText } from './report.js';

/** `holdfast relay`: argv after the command's name. Resolves to the exit code. */
export function relay(argv: readonly string[]): Promise<number> {
  return runCommand('relay', relayTable, argv, carry);
}

async function carry({
  words: [host = '', portText = ''],
  options,
}: Arguments<typeof relayTable>): Promise<number> {
  const port = readPort(portText, 'port');
  const { v: isVerbose, 'tcp-keepalive': keepalive = defaultKeepalive() } = options;
  const { done, status } = openRelay({
    ...keepalive,
    ...options['tcp-user-timeout'],
    ...options['tcp-notsent-lowat'],
    host,
    port,
    family: options[4] ? 4 : options[6] ? 6 : 0,
    onNews: ({ type, text }) => {
      if (type === 'note') print(`note: ${text}`);
      else if (isVerbose) print(text);
    },
  });
  const name = `${host} port ${port}`;
  const printStatus = () => print(`${name}: ${relayStatusText(status())}`);
  process.on('SIGUSR1', printStatus);
  const outcome = await done;
  process.off('SIGUSR1', printStatus);
  const last = status();
  if (!outcome.ok) {
    const end = last.connectedMs === null ? '' : `; ${relayStatusText(last)}`;
    print(`${outcome.failure.message}${end}`);
  } else if (isVerbose) print(`${name}: ended by both sides; ${relayStatusText(last)}`);
  return exitCode(outcome);
}

function print(text: string): void {
  const first = 'holdfast relay: ';
  const line = escapeControls(text);
  stderr.write(`${isatty(2) ? wrapText(first, line) : first + line}\n`);
}
