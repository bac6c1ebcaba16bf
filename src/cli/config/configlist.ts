import { isatty } from 'node:tty';
import type { HostList, ListedHost, ListedSettings } from '../../edit.js';
import { columns, escapeControls, width, wrapText } from '../terminal/columns.js';
import { length } from '../terminal/duration.js';

const head = ['HOST', 'HOSTNAME', 'USER', 'PORT', 'JUMP', 'KEEPALIVE', 'FORWARDS', 'FROM'];

/**
 * `holdfast config list`: a table of the concrete hosts; with `all`, wildcards and negations below. Where the table is wider
 * than a terminal, each host has lines of its own.
 */
export function listText({ hosts, patterns }: HostList, all: boolean, isTerminal = isatty(1)): string {
  const files = [...hosts, ...(all ? patterns : [])].flatMap(({ from }) => from.map(({ file }) => file));
  const folder = commonFolder(files);
  const short = (from: ListedHost['from']): string =>
    from.map(({ file, line }) => `${file.slice(folder.length)}:${line}`).join(' ');
  const rows = hosts.map(({ name, settings, from, undecided }) => [
    `${name}${undecided ? '?' : ''}`,
    ...(settings === null ? ['refused', '', '', '', '', ''] : cells(settings)),
    short(from),
  ]);
  const table = columns([head, ...rows].map((row) => row.map(escapeControls)));
  const isWide = isTerminal && table.split('\n').some((line) => line.length > width);
  let text = hosts.length === 0 ? 'no hosts\n' : isWide ? rows.map(stacked).join('') : table;
  if (all && patterns.length > 0) {
    const others = patterns.map(({ name, kind, from }) => [
      kind === 'negation' ? `!${name}` : name,
      kind,
      short(from),
    ]);
    text += `\n${columns([['PATTERN', 'KIND', 'FROM'], ...others].map((row) => row.map(escapeControls)))}`;
  }
  if (folder !== '') text += `\nThe files are in ${folder}\n`;
  if (hosts.some(({ undecided }) => undecided)) text += 'HOST?: hangs on a Match exec; --exec runs it\n';
  return text;
}

function stacked([name = '', ...values]: readonly string[]): string {
  const [first = ''] = values;
  const named = values.map((value, at) => `${(head[at + 1] ?? '').toLowerCase()} ${value}`);
  const said = named.filter((_, at) => values[at] !== '-' && values[at] !== '' && (at > 0 || first !== name));
  return `${escapeControls(name)}\n${wrapText('  ', escapeControls(said.join(', ')))}\n`;
}

function cells({
  hostName,
  user,
  port,
  proxyJump,
  forwards,
  intervalMs,
  countMax,
}: ListedSettings): string[] {
  const alive = intervalMs === 0 ? '-' : `${length(intervalMs)} x ${countMax}`;
  return [hostName, user, String(port), proxyJump ?? '-', alive, forwards.map(brief).join(' ') || '-'];
}

/** `LocalForward 8080 [db]:80` -> `L8080`; the rest is in `why` and `--json`. */
function brief(forward: string): string {
  const [kind = '', listens = ''] = forward.split(' ');
  return `${kind.charAt(0)}${listens}`;
}

/** With the slash at its end; empty where there is none. */
function commonFolder(files: readonly string[]): string {
  const [first] = files;
  if (first === undefined) return '';
  let folder = first.slice(0, first.lastIndexOf('/') + 1);
  while (folder !== '' && !files.every((file) => file.startsWith(folder))) {
    folder = folder.slice(0, folder.slice(0, -1).lastIndexOf('/') + 1);
  }
  return folder;
}
