/** `holdfast config history`, `diff`, `undo` and `restore`. */
import { FailureError } from '../../edit/confighost.js';
import { ChangedSinceError, diffOfEdit, listEdits, restoreEdit, undoEdits } from '../../edit/history.js';
import type { FileHistory, PastEdit, Undone } from '../../edit.js';
import { columns, escapeControls, wrapText } from '../terminal/columns.js';
import { complain, stdout } from '../terminal/output.js';
import type { ConfigArgs } from './options.js';

type Command = (args: ConfigArgs) => Promise<number>;

export const historyCommands = {
  async history({ configFile, json }: ConfigArgs) {
    const history = await listEdits(fileOf(configFile));
    stdout.write(json ? jsonLine(history) : historyText(history));
    return 0;
  },

  async diff({ words: [number], configFile, json }: ConfigArgs) {
    const which = number === undefined ? null : numberOf('diff', number);
    const found = await diffOfEdit(which, fileOf(configFile));
    stdout.write(json ? jsonLine(found) : escapeControls(found.diff));
    if (found.diff === '' && !json) complain(`${found.file}: nothing was changed in it`);
    return 0;
  },

  async undo({ words: [count], configFile, json, dryRun }: ConfigArgs) {
    const many = count === undefined ? 1 : numberOf('undo', count);
    return await printHistory(
      json,
      dryRun,
      () => undoEdits(many, { ...fileOf(configFile), dryRun }),
      undoneText,
    );
  },

  async restore({ words: [number = ''], configFile, json, dryRun }: ConfigArgs) {
    const which = numberOf('restore', number);
    return await printHistory(
      json,
      dryRun,
      () => restoreEdit(which, { ...fileOf(configFile), dryRun }),
      restoredText,
    );
  },
} satisfies Readonly<Record<string, Command>>;

/** Does it, and says in words what changed; a dry run shows the diff. */
async function printHistory(
  json: boolean,
  dryRun: boolean,
  act: () => Promise<Undone>,
  words: (undone: Undone, dryRun: boolean) => string,
): Promise<number> {
  let undone: Undone;
  try {
    undone = await act();
  } catch (thrown) {
    if (!(thrown instanceof ChangedSinceError)) throw thrown;
    const { file, diff, message } = thrown;
    if (json)
      stdout.write(jsonLine({ changed: false, refused: { reason: thrown.reason, message, file, diff } }));
    else stdout.write(escapeControls(diff));
    complain(message);
    return 2;
  }
  if (json) stdout.write(jsonLine(undone));
  else if (dryRun) for (const { diff } of undone.files) stdout.write(escapeControls(diff));
  if (!json) complain(words(undone, dryRun));
  return 0;
}

function undoneText({ changed, files, edits }: Undone, dryRun: boolean): string {
  const file = files[0]?.file ?? '';
  if (!changed) return `nothing to undo: holdfast has changed nothing in ${file} that still stands`;
  const others = files.slice(1).map((one) => one.file);
  const all = [file, ...others].join(' and ');
  const which = edits.length === 1 ? `edit ${edits[0]}` : `edits ${edits.join(', ')}`;
  return dryRun ? `this would undo ${which} of ${all}` : `undone: ${which} of ${all}`;
}

function restoredText({ changed, files, edits }: Undone, dryRun: boolean): string {
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

function numberOf(command: string, word: string): number {
  if (/^[1-9]\d{0,8}$/.test(word)) return Number(word);
  const message = `config: ${command}: ${JSON.stringify(word)} is no number from 1`;
  throw new FailureError({ kind: 'usage', message });
}

const fileOf = (configFile: string | null) => (configFile === null ? {} : { configFile });

const jsonLine = (value: unknown) => `${JSON.stringify(value)}\n`;
