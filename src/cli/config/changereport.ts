/** What an edit of ssh's configuration comes to, for people. */

import { shellWord } from '../../core/text/shellword.js';
import { EditRefusedError, RefusedError, WriteRefusedError } from '../../edit/configwrite.js';
import { clientOptions } from '../../edit/vocabulary.js';
import type { ChangedHost, ConfigChange, IdleChange, KeptHost, NewLine, WrittenConfig } from '../../edit.js';
import { escapeControls, tildePath, wrapText } from '../terminal/columns.js';

/** As many lines of one kind are shown; the others are counted, and --json names them. */
const longestList = 8;

/** How an edit was made, for its report. `configFile`: -F, or the file of our own, which has a history of its own. */
export interface EditContext {
  readonly dryRun: boolean;
  readonly configFile: string | null;
}

/** One short paragraph: what changed for which hosts and where, which hosts go on as before, and how to take it back. */
export function editText(written: WrittenConfig, changes: readonly ConfigChange[], how: EditContext): string {
  return paragraph([
    ...written.idle.map(idleText),
    ...(written.changed ? changes.flatMap((change) => changeText(change, written)) : []),
    ...written.lostJumps
      .slice(0, longestList)
      .map(({ at, text }) => `WARNING: ${tildePlace(at)} still says ${text}.`),
    ...endText(written, how),
  ]);
}

export function paragraph(sentences: readonly string[]): string {
  return sentences.map((sentence) => `${wrapText('', escapeControls(sentence))}\n`).join('');
}

/** What was done with the file. */
export function endText(written: WrittenConfig, { dryRun, configFile }: EditContext): readonly string[] {
  if (!written.changed) return ['Nothing to do; nothing was written.'];
  const agreed =
    written.confirmed === null ? [] : [`ssh -G agrees about ${hosts(written.confirmed)}, before and after.`];
  return dryRun ? ['Nothing was written.'] : [...agreed, undoText(written, configFile)];
}

/** The history is that of a file: of the main one, or where only an included one changed, of that. `args`: -F. */
export function undoText(
  {
    files,
    configFile,
  }: Pick<WrittenConfig, 'configFile'> & { readonly files: readonly { readonly file: string }[] },
  args: string | null,
): string {
  const file = files.some((each) => each.file === configFile) ? args : (files[0]?.file ?? args);
  return `holdfast config undo${file === null ? '' : ` -F ${shellWord(file)}`} takes it back.`;
}

function changeText(change: ConfigChange, written: WrittenConfig): readonly string[] {
  const { lines, files } = written;
  const where = files.map(({ file }) => tildePath(file)).join(' and ');
  switch (change.type) {
    case 'add':
      return [newText(change.host, change.like === undefined ? '' : `, like ${change.like}`, written)];
    case 'copy':
      return [newText(change.to, `, as ${change.from}`, written)];
    case 'remove':
      return [`${change.host} is gone from ${where}`];
    case 'rename':
      return [`${change.from} is ${change.to} now, in ${where}; nothing else of it changed`];
    default: {
      const output = changedText(written.changedHosts, lines);
      const kept = keptText(written.keptHosts);
      const forced = change.type === 'set' && change.force === true ? forcedText(written.changedHosts) : [];
      const none = output.length === 0 ? [silentText(change, written)] : [];
      return [...output, ...none, ...forced, ...kept];
    }
  }
}

/** No host has another value: an option that the release does not know, or lines that say the same. */
function silentText({ host, option }: { host: string; option: string }, { lines }: WrittenConfig): string {
  const [line] = lines;
  if (line === undefined || clientOptions().some(({ name }) => name.toLowerCase() === option.toLowerCase()))
    return `${host}: the lines of ${option} changed; no value did`;
  return `${host}: ${line.text} (${tildePlace(line)}). An ssh that does not know ${option} refuses the file, for every host, unless an IgnoreUnknown above names it.`;
}

function newText(host: string, from: string, { lines, files }: WrittenConfig): string {
  const own = lines.filter(({ header }) => header !== null && names(header, host));
  const first = own[0] ?? lines[0];
  const at = first === undefined ? tildePath(files[0]?.file ?? '') : tildePlace(first);
  const values = own.map(({ text }) => (/^setenv\b/i.test(text) ? 'SetEnv ...' : text)).join(', ');
  return `new host ${host}${from} (${at})${values === '' ? '' : `: ${values}`}`;
}

/** `db, web: Port 22 -> 2222 (~/.ssh/config:12)`: hosts with the same news by the same line share one. */
export function changedText(changed: readonly ChangedHost[], lines: readonly NewLine[]): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const each of changed) {
    const { host, option, before, after } = each;
    const line = lineOf(each, lines);
    const at = line === undefined || after.length === 0 ? '' : ` (${tildePlace(line)})`;
    const news = `${option} ${valueText(option, before, after)}${at}`;
    const known = groups.get(news);
    if (known) known.push(host);
    else groups.set(news, [host]);
  }
  const all = [...groups].map(([news, hosts]) => `${listed(hosts)}: ${news}`);
  const more = all.length - longestList;
  return more > 0 ? [...all.slice(0, longestList), `and ${more} more; --json names them`] : all;
}

/** Of values that add up, those that the other side does not have. */
function valueText(option: string, before: readonly string[], after: readonly string[]): string {
  if (/^setenv$/i.test(option)) return 'changed';
  const several = before.length > 1 || after.length > 1;
  const old = several ? before.filter((value) => !after.includes(value)) : before;
  const fresh = several ? after.filter((value) => !before.includes(value)) : after;
  if (old.length === 0) return fresh.length === 0 ? 'in another order' : `${fresh.join(', ')} added`;
  return fresh.length === 0 ? `${old.join(', ')} gone` : `${old.join(', ')} -> ${fresh.join(', ')}`;
}

export function listed(hosts: readonly string[]): string {
  const some = hosts.slice(0, longestList).map(hostOrEvery);
  const more = hosts.length - some.length;
  return `${some.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Hosts that go on with a value of their own. */
export function keptText(kept: readonly KeptHost[]): readonly string[] {
  const output = kept.slice(0, longestList).map(({ host, option, values, at }) => {
    const where = at === null ? '' : ` (${tildePlace(at)})`;
    return `${host} keeps its own: ${option} ${values.join(', ')}${where}`;
  });
  const more = kept.length - output.length;
  return more > 0 ? [...output, `and ${more} more keep theirs; --json names them`] : output;
}

/** The hosts that had another value than `Host *`. */
export function forcedText(changed: readonly ChangedHost[]): readonly string[] {
  const usual = changed.find(({ host }) => host === '*');
  const own = changed.filter(({ host, before }) => {
    return host !== '*' && before.join('\n') !== (usual?.before ?? []).join('\n');
  });
  if (own.length === 0) return [];
  const named = own
    .slice(0, longestList)
    .map(({ host, option, before }) => `${host} (${option} ${before.join(', ')})`);
  const more = own.length - named.length;
  return [`Overridden: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`];
}

function idleText({ change, why, values, at }: IdleChange): string {
  const host = 'host' in change ? change.host : change.to;
  const option = 'option' in change ? change.option : '';
  const where = at === null ? ', which is the default' : ` (${tildePlace(at)})`;
  if (why === 'already') {
    const value = /^setenv$/i.test(option) || values.length === 0 ? '' : ` ${values.join(', ')}`;
    return `${hostOrEvery(host)}: ${option}${value} already${where}`;
  }
  if (change.type === 'drop') return `${hostOrEvery(host)} has no such ${option}`;
  const has = values.length === 0 ? '' : `; its value is ${values.join(', ')}${where}`;
  return `${hostOrEvery(host)} has no line of its own with ${option}${has}`;
}

/** The line of the change that gives the value. */
function lineOf({ host, option }: ChangedHost, lines: readonly NewLine[]): NewLine | undefined {
  const own = lines.filter(
    ({ text }) => /^"?([A-Za-z]\w*)/.exec(text)?.[1]?.toLowerCase() === option.toLowerCase(),
  );
  return own.length <= 1 ? own[0] : own.find(({ header }) => header !== null && names(header, host));
}

function names(header: string, host: string): boolean {
  return header
    .split(/[\s"=]+/)
    .slice(1)
    .includes(host);
}

export function hostOrEvery(host: string): string {
  return host === '*' ? 'every other host' : host;
}

export function tildePlace({ file, line }: { readonly file: string; readonly line: number }): string {
  return line === 0 ? `the ${file}` : `${tildePath(file)}:${line}`;
}

const hosts = (count: number) => (count === 1 ? 'one host' : `${count} hosts`);

/** What to do about a refusal; null: the message says it. */
export function refusalHint(thrown: unknown): string | null {
  if (thrown instanceof RefusedError) return hints.file;
  if (thrown instanceof WriteRefusedError && thrown.reason === 'read-only') return hints.readOnly;
  return thrown instanceof EditRefusedError ? hintFor(thrown) : null;
}

const hints = {
  file: 'mend that first; holdfast config lint says how',
  readOnly:
    'holdfast config managed init makes a file of your own that it includes; config set --managed writes there',
};

function hintFor({ refusal, change }: EditRefusedError): string | null {
  const host = shellWord('host' in change ? change.host : change.type === 'copy' ? change.to : change.from);
  const option = 'option' in change ? change.option : '';
  switch (refusal.type) {
    case 'file':
      return hints.file;
    case 'unknown-option':
      return refusal.meant === null ? '--allow-unknown sets it all the same' : null;
    case 'exists':
      return 'holdfast config show shows what it is, holdfast config set changes it';
    case 'absent':
      return change.type === 'drop' ? null : 'holdfast config list --all shows the names that are there';
    case 'name':
      return /[*?]/.test(host)
        ? `write a line Host ${host.replaceAll("'", '')} into the file first, or name hosts one by one`
        : null;
    case 'shared':
      return `holdfast config set ${host} ${option} gives it a value of its own`;
    case 'managed':
      return `change it with ${refusal.by}, or name another host`;
    case 'not-as-requested':
      return `holdfast config why ${host} ${option} shows the lines that decide`;
    case 'undecided':
      return refusal.commands === 0 ? null : '--exec lets the commands of Match exec run';
    case 'others':
      return 'nothing was written; a line for one host cannot do this, so change the file by hand';
    default:
      return null;
  }
}
