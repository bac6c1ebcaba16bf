/** Names of options: unknown, of the server, too new, too old, and those that IgnoreUnknown was to cover. */

import { lowerCase } from '../../text/pattern.js';
import { textOf } from '../bytes.js';
import { buildWith, keywordOf, laterNames, meantByServerName } from '../keywords/keywords.js';
import { isSince, newestRelease } from '../keywords/releases.js';
import { suggestKeyword } from '../keywords/suggest.js';
import { matchList } from '../values/lists.js';
import { type AnyKeyword, type Corpus, conditionsOf, type Entry, type Located, placeText } from './corpus.js';
import { byteOrderMark } from './files.js';
import type { Finding } from './finding.js';
import { ignoring } from './ignore.js';
import {
  byHand,
  type FileReader,
  findingAt,
  keyOf,
  movedUp,
  removal,
  renaming,
  settingOf,
} from './lintreport.js';
import { colonFix } from './meant.js';

/** More lines with IgnoreUnknown are not looked at. */
const mostIgnores = 100;

export const sshReader: FileReader = {
  name: 'ssh',
  refuses: 'ssh refuses the file, for every host',
  loose: 'where it is not given by -F, ssh refuses it',
  nameOf: (name) => keywordOf(name, newestRelease)?.name ?? null,
};

/** `target`: the release whose ssh reads the file, such as 9.2. */
export function lintOptions(corpus: Corpus, target: string, debian: boolean): readonly Finding[] {
  const { entries } = corpus;
  const found: Finding[] = [];
  const ignores = entries.filter((entry) => keyOf(entry) === 'ignoreunknown').slice(0, mostIgnores);
  const counting = new Set<Entry>();
  const late = new Map<Entry, Entry>();
  let always: Entry | null = null;
  for (const entry of entries) {
    if (ignores.includes(entry)) {
      counting.add(entry);
      if (always === null && conditionsOf(entry).length === 0) always = entry;
    }
    const { statement, option } = entry;
    if (statement.type === 'unknown') {
      if (ignores.some((one) => covers(one, entry) && isInForce(one, entry, always, counting))) continue;
      const meant = ignores.find((one) => covers(one, entry));
      if (meant === undefined) found.push(...unknown(corpus, entry, target));
      else if (!late.has(meant)) late.set(meant, entry);
      continue;
    }
    if (statement.type !== 'value') continue;
    const { keyword } = statement;
    // We read as Debian's ssh does.
    const build = debian ? null : buildWith(option.name);
    if (build !== null) {
      if (ignores.some((one) => covers(one, entry) && isInForce(one, entry, always, counting))) continue;
      found.push(ofOtherBuild(corpus, entry, build));
      continue;
    }
    const { name, key, since } = keyword;
    if (isSince(target, since)) found.push(...deprecated(entry, keyword));
    else if (since !== null && option.name === key) {
      found.push(tooNew(entry, name, since, target, ignoring(corpus, entry, name)));
    }
  }
  for (const [ignore, entry] of late) found.push(tooLate(corpus, ignore, entry));
  return found;
}

/** A name of old, or an option that does nothing any more. */
export function* deprecated(
  entry: Located,
  { name, key, form }: AnyKeyword & { readonly name: string },
): Generator<Finding<'deprecated-option'>> {
  const { keyword, name: written } = entry.option;
  const said = textOf(keyword.text);
  if (form.type === 'ignored')
    yield findingAt(entry, 'deprecated-option', `${said} does nothing any more`, removal(entry), keyword);
  else if (written !== key)
    yield findingAt(
      entry,
      'deprecated-option',
      `${said} is an old name of ${name}`,
      renaming(entry, name),
      keyword,
    );
}

/** A name that no release of the reader has, and none that the other side has. `fix`: where no colon is in the way. */
export function unknownOption<K>(
  entry: Entry<K>,
  { name, refuses, nameOf }: FileReader,
  fix: Finding['fix'],
): Finding<'unknown-option'> {
  const { keyword } = entry.option;
  const written = JSON.stringify(textOf(keyword.text));
  const colon = colonFix(entry, nameOf);
  const sentence =
    colon === null
      ? `${name} has no option ${written} and${refuses.slice(name.length)}`
      : `${written} is no option with its colon; ${refuses}`;
  return findingAt(entry, 'unknown-option', sentence, colon ?? fix, keyword);
}

function covers(ignore: Entry, entry: Entry): boolean {
  const patterns = settingOf(ignore);
  return typeof patterns === 'string' && matchList(entry.option.name, patterns, true) === 'matched';
}

/** Above it, and either the first that always counts or in the same block. */
function isInForce(ignore: Entry, entry: Entry, always: Entry | null, above: ReadonlySet<Entry>): boolean {
  if (!above.has(ignore)) return false;
  if (ignore === always) return true;
  return always === null && ignore.own !== null && ignore.own === entry.own;
}

function tooLate(corpus: Corpus, ignore: Entry, entry: Entry): Finding {
  const sentence = `this does not count for ${textOf(entry.option.keyword.text)} at ${placeText(entry)}, which ssh refuses`;
  // On top it would win over the first one, and that one's names would be refused.
  if (corpus.entries.find((each) => keyOf(each) === 'ignoreunknown') !== ignore) {
    const { name, keyword } = entry.option;
    const fix = ignoring(corpus, entry, buildWith(name)?.name ?? keyword.text);
    return findingAt(ignore, 'ignore-unknown-late', sentence, fix);
  }
  const edit = ignore.file === entry.file && ignore.line.start > 0 ? movedUp(ignore, 0) : null;
  return findingAt(ignore, 'ignore-unknown-late', sentence, {
    sentence: 'move it to the top, above the first Host',
    edit,
  });
}

function unknown(corpus: Corpus, entry: Entry, target: string): readonly Finding[] {
  const { name, keyword } = entry.option;
  // A byte order mark is found by the file.
  if (name.startsWith(byteOrderMark)) return [];
  const written = textOf(keyword.text);
  const ours = meantByServerName(name);
  if (ours !== null) {
    const sentence = `${written} is an option of sshd_config; ${sshReader.refuses}`;
    return [findingAt(entry, 'server-option', sentence, renaming(entry, ours), keyword)];
  }
  const newer = keywordOf(name, newestRelease);
  const since = laterNames[name] ?? (newer?.key === name ? newer.since : null);
  if (since !== null) {
    if (isSince(target, since)) return [];
    const ignored = ignoring(corpus, entry, newer?.name ?? keyword.text);
    return [tooNew(entry, newer?.name ?? written, since, target, ignored)];
  }
  const build = buildWith(name);
  if (build !== null) return [ofOtherBuild(corpus, entry, build)];
  const near = suggestKeyword(name, newestRelease);
  const known = near === null ? undefined : keywordOf(lowerCase(near), newestRelease);
  const fix = known
    ? renaming(entry, known.name)
    : byHand('remove the line, or name it in an IgnoreUnknown above it');
  return [unknownOption(entry, sshReader, fix)];
}

function ofOtherBuild(
  corpus: Corpus,
  entry: Entry,
  { build, name }: NonNullable<ReturnType<typeof buildWith>>,
): Finding {
  const sentence = `only ${build} has ${name}; any other refuses the file, for every host`;
  return findingAt(entry, 'unknown-option', sentence, ignoring(corpus, entry, name), entry.option.keyword);
}

function tooNew(entry: Entry, name: string, since: string, target: string, ignored: Finding['fix']): Finding {
  const sentence = `${name} came with OpenSSH ${since}; ${target} refuses the file, for every host`;
  const fix = { ...ignored, sentence: `${ignored.sentence}; or remove the line` };
  return findingAt(entry, 'newer-option', sentence, fix, entry.option.keyword);
}
