/** What the commands that only read say, for people, and what going back comes to. */
import { isatty } from 'node:tty';
import type {
  FileHistory,
  HostBlocks,
  HostList,
  ListedHost,
  ListedSettings,
  PastEdit,
  ShownBlock,
  ShownLine,
  Undone,
  Verified,
} from '../../edit.js';
import { columns, escapeControls, width, wrapText } from '../terminal/columns.js';
import { length } from '../terminal/duration.js';
import { whereText } from './whyreport.js';

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

/** `holdfast config show`: the blocks that apply, as they stand, each line with what became of it. */
export function showText({ blocks }: HostBlocks): string {
  if (blocks.length === 0) return 'no line of any file applies: all is default\n';
  return blocks.map(blockText).join('\n');
}

function blockText(shown: ShownBlock): string {
  const { block, includes, lines } = shown;
  const output: string[] = [escapeControls(whereText(shown))];
  const via = includes.map((site) => `included by ${whereText(site)}`).reverse();
  if (via.length > 0) output.push(wrapText('  ', escapeControls(via.join(', '))));
  if (block !== null) {
    const verb = block.applies === 'undecided' ? 'undecided: ' : '';
    const own = block.file === shown.file && block.line === shown.line;
    output.push(
      wrapText(
        '  ',
        escapeControls(
          own ? `${verb}${block.why}` : `${verb}${block.header} (${whereText(block)}): ${block.why}`,
        ),
      ),
    );
  }
  const digits = Math.max(4, ...lines.map(({ line }) => String(line).length));
  const column = Math.min(
    48,
    Math.max(0, ...lines.map(({ text, status }) => (status === 'other' ? 0 : text.length))),
  );
  let last = lines.length;
  while (last > 1 && lines[last - 1]?.text.trim() === '') last -= 1;
  for (const line of lines.slice(0, last)) output.push(lineText(line, digits, column));
  return `${output.join('\n')}\n`;
}

function lineText(
  { line, text, status, values, because }: ShownLine,
  digits: number,
  column: number,
): string {
  const start = `${String(line).padStart(digits)}  `;
  const written = escapeControls(text.replaceAll('\t', '    '));
  if (status === 'other') return `${start}${written}`.trimEnd();
  const beside = escapeControls(
    status === 'gives' ? gives(values) : `${status === 'lost' ? '-' : '?'} ${because ?? ''}`,
  );
  const whole = `${start}${written.padEnd(column)}  ${beside}`;
  if (whole.length <= width) return whole;
  return `${start}${written}\n${wrapText(' '.repeat(digits + 6), beside)}`;
}

function gives(values: readonly string[]): string {
  const [value, ...more] = values;
  if (value === undefined) return '= nothing';
  return more.length === 0 ? `= ${value}` : '+ one of several';
}

/** `holdfast config verify`: one line for each host that differs, or is refused, and a last one for all. */
export function verifyText(verified: readonly Verified[]): string {
  const output: string[] = [];
  for (const { host, verdict, differences, sshRefuses, weRefuse } of verified) {
    if (verdict === 'same') continue;
    if (verdict === 'refused')
      output.push(wrapText('', escapeControls(`${host}: refused by both: ${weRefuse ?? ''}`)));
    else if (sshRefuses !== null)
      output.push(wrapText('', escapeControls(`${host}: ssh refuses, we do not: ${sshRefuses}`)));
    else if (weRefuse !== null)
      output.push(wrapText('', escapeControls(`${host}: we refuse, ssh does not: ${weRefuse}`)));
    for (const { keyword, ours, ssh } of differences) {
      output.push(escapeControls(`${host}: ${keyword}`));
      output.push(escapeControls(`  ssh   ${ssh.join(' | ') || '(nothing)'}`));
      output.push(escapeControls(`  ours  ${ours.join(' | ') || '(nothing)'}`));
    }
  }
  const differ = verified.filter(({ verdict }) => verdict === 'differs').length;
  const hosts = verified.length === 1 ? '1 host' : `${verified.length} hosts`;
  const refused = verified.filter(({ verdict }) => verdict === 'refused').length;
  output.push(
    differ === 0
      ? `${hosts}: the same as ssh -G${refused === 0 ? '' : `; ${refused} refused by both`}`
      : `${hosts}: ${differ} ${differ === 1 ? 'differs' : 'differ'} from ssh -G; please report that`,
  );
  return `${output.join('\n')}\n`;
}

export function undoneText({ changed, files, edits }: Undone, dryRun: boolean): string {
  const file = files[0]?.file ?? '';
  if (!changed) return `nothing to undo: holdfast has changed nothing in ${file} that still stands`;
  const others = files.slice(1).map((one) => one.file);
  const all = [file, ...others].join(' and ');
  const which = edits.length === 1 ? `edit ${edits[0]}` : `edits ${edits.join(', ')}`;
  return dryRun ? `this would undo ${which} of ${all}` : `undone: ${which} of ${all}`;
}

export function restoredText({ changed, files, edits }: Undone, dryRun: boolean): string {
  const file = files[0]?.file ?? '';
  const then = `what it was before edit ${edits[0]}`;
  if (!changed) return `nothing to do: ${file} is already ${then}`;
  return dryRun ? `${file} would be ${then}` : `${file} is ${then}`;
}

/** A table with the newest on top. */
export function historyText({ file, edits, changedSince }: FileHistory): string {
  if (edits.length === 0)
    return wrapText('', `${escapeControls(file)}: holdfast has changed nothing in it.`).concat('\n');
  const rows = edits.map((edit) => [
    String(edit.number).padStart(String(edits[0]?.number ?? 0).length),
    localTime(edit.at),
    escapeControls([edit.command, ...notesOf(edit)].join('  ')),
  ]);
  const since = `Something else changed the file since edit ${edits[0]?.number}.`;
  return `${escapeControls(file)}\n${columns(rows)}${changedSince ? `${wrapText('', since)}\n` : ''}`;
}

function notesOf({ state, others }: PastEdit): readonly string[] {
  return [
    ...(state === 'kept' ? [] : [`(${state})`]),
    ...(others.length === 0 ? [] : [`(with ${others.join(', ')})`]),
  ];
}

/** As on the person's own clock: 2026-11-21 12:03:09. */
function localTime(at: string): string {
  const date = new Date(at);
  const two = (number: number) => String(number).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}
