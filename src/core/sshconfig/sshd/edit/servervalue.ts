/** The requested value: how it is written, and what sshd makes of it. */
import { type Bytes, textOf } from '../../bytes.js';
import type { FileAnswer } from '../../resolve/resolveinput.js';
import { splitArguments } from '../../syntax/linewords.js';
import type { ServerEffective } from '../resolvedserver.js';
import { finishServer } from '../serverfinish.js';
import type { ServerAnswers, ServerInput, ServerNeed } from '../serverinput.js';
import type { ServerKeyword } from '../serverkeywords.js';
import { ServerReader } from '../serverreader.js';
import { ServerSettings } from '../serversettings.js';

/**
 * Words as they were typed, as they have to stand in a line: quoted where sshd would otherwise see something else. A
 * single word for a list is taken apart, as in `'alice bob'`. Null: it has bytes that no line can have.
 */
export function formatServerValue(keyword: ServerKeyword, words: readonly Bytes[]): Bytes | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these end a line, or what sshd sees of it
  if (words.some((word) => /[\u0000\r\n]/.test(word))) return null;
  if (keyword.takes === 'rest') return words.join(' ').trim();
  const [first = ''] = words;
  const typed = words.length === 1 && keyword.takes !== 'one' ? splitArguments(first, 0, first.length) : null;
  if (typed !== null && typed.length > 0) return first.trim();
  return words.map(quotedWord).join(' ');
}

function quotedWord(word: Bytes): Bytes {
  const asTyped = splitArguments(word, 0, word.length);
  // In quotes already.
  if (/^["']/.test(word) && asTyped?.length === 1) return word;
  if (word !== '' && asTyped?.length === 1 && asTyped[0]?.text === word) return word;
  return `"${word.replace(/[\\"]/g, '\\$&')}"`;
}

export type RequestedValue =
  | { readonly type: 'needs'; readonly needs: readonly ServerNeed[] }
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'read'; readonly effective: ServerEffective };

/** No path: a NUL is in it. */
const requestedPath = '\0asked';

/** What the option would be if this line were all there is. `inBlock`: as a line of a block that matches. */
export function evaluateServerLine(
  keyword: ServerKeyword,
  value: Bytes,
  inBlock: boolean,
  { input, answers }: { readonly input: ServerInput; readonly answers: ServerAnswers },
): RequestedValue {
  const text = `${inBlock ? 'Match all\n' : ''}${keyword.name} ${value}\n`;
  const file: FileAnswer = { type: 'file', text, mode: 0o600, uid: 0, groupIsPrivate: false };
  const supplied = { ...answers, files: new Map([...answers.files, [requestedPath, file] as const]) };
  const alone: ServerInput = { ...input, main: requestedPath };
  const global = new ServerReader(alone, supplied, null);
  global.read();
  if (global.needs.length > 0) return { type: 'needs', needs: global.needs };
  const [error] = global.errors;
  if (error !== undefined) {
    const advice = error.suggestion === null ? '' : `; want ${error.suggestion}`;
    return { type: 'refused', message: textOf(`${error.reason}${advice}`) };
  }
  let matched = new ServerSettings();
  if (inBlock) {
    const reader = new ServerReader(alone, supplied, input.connection);
    reader.read();
    if (reader.needs.length > 0) return { type: 'needs', needs: reader.needs };
    matched = reader.settings;
  }
  const { needs, options } = finishServer(global.settings, matched, supplied);
  if (needs.length > 0) return { type: 'needs', needs };
  const effective = options.get(keyword.key);
  if (effective === undefined)
    return { type: 'refused', message: `${keyword.name}: nothing is left of the list` };
  // A line that sets nothing, as a list without words.
  if (effective.settings.length === 0)
    return { type: 'refused', message: `${keyword.name}: the value sets nothing` };
  return { type: 'read', effective };
}

/** Does the option have the requested value? Addresses are compared as lines say them: what is printed hangs on the ports, too. */
export function sameValue(requested: ServerEffective, found: ServerEffective): boolean {
  const { type: is } = requested.keyword.form;
  if (is === 'listen') return settingsText(requested) === settingsText(found);
  // Each Subsystem is an option of its own; the others are another matter.
  if (is === 'subsystem') return requested.lines.every((line) => found.lines.includes(line));
  return requested.lines.join('\n') === found.lines.join('\n');
}

/** The other values of an option that is several: the Subsystems that the change does not name. */
export function otherSubsystems(
  requested: readonly ServerEffective[],
  { keyword, lines }: ServerEffective,
): readonly Bytes[] {
  if (keyword.form.type !== 'subsystem') return [];
  const name = (line: Bytes) => line.split(' ')[0];
  const names = new Set(requested.flatMap((each) => each.lines.map(name)));
  return lines.filter((line) => !names.has(name(line)));
}

function settingsText({ settings }: ServerEffective): string {
  return JSON.stringify(settings.map(({ value }) => value));
}
