/** Names of options: unknown, of the server, too new, too old, and those that IgnoreUnknown was to cover. */
import { lowerCase } from '../../text/pattern.js';
import { textOf } from '../bytes.js';
import { buildWith, keywordOf, laterNames, meantByServerName } from '../keywords/keywords.js';
import { isSince, newestRelease } from '../keywords/releases.js';
import { suggestKeyword } from '../keywords/suggest.js';
import { matchList } from '../values/lists.js';
import { type AnyKeyword, type Corpus, conditionsOf, type Entry, type Located, wholeLine } from './corpus.js';
import type { Finding } from './finding.js';
import { ignoring } from './ignore.js';
import { findingAt, keyOf, placeText, removed, replaced, settingOf } from './lintreport.js';
import { colonFix } from './meant.js';

/** More lines with IgnoreUnknown are not looked at. */
const mostIgnores = 100;

const bom = '\xef\xbb\xbf';

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
  if (form.type === 'ignored') {
    const fix = { sentence: 'remove the line', edit: removed(entry) };
    yield findingAt(
      entry,
      'deprecated-option',
      `${textOf(keyword.text)} does nothing any more`,
      fix,
      keyword,
    );
  } else if (written !== key) {
    const sentence = `${textOf(keyword.text)} is an old name of ${name}`;
    const fix = { sentence: `write ${name}`, edit: replaced(entry, keyword.start, keyword.end, name) };
    yield findingAt(entry, 'deprecated-option', sentence, fix, keyword);
  }
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
  const { text, line, file } = ignore;
  const sentence = `this does not count for ${textOf(entry.option.keyword.text)} at ${placeText(entry)}, which ssh refuses`;
  // On top it would win over the first one, and that one's names would be refused.
  if (corpus.entries.find((each) => keyOf(each) === 'ignoreunknown') !== ignore) {
    const { name, keyword } = entry.option;
    return findingAt(
      ignore,
      'ignore-unknown-late',
      sentence,
      ignoring(corpus, entry, buildWith(name)?.name ?? keyword.text),
    );
  }
  const moved = `${wholeLine(ignore).trimStart()}${text.slice(0, line.start)}`;
  const edit = file === entry.file && line.start > 0 ? { file, from: 0, to: line.next, text: moved } : null;
  return findingAt(ignore, 'ignore-unknown-late', sentence, {
    sentence: 'move it to the top, above the first Host',
    edit,
  });
}

function unknown(corpus: Corpus, entry: Entry, target: string): readonly Finding[] {
  const { option } = entry;
  const { name, keyword } = option;
  const { start, end } = keyword;
  // A byte order mark is found by the file.
  if (name.startsWith(bom)) return [];
  const written = textOf(keyword.text);
  const ours = meantByServerName(name);
  if (ours !== null) {
    const sentence = `${written} is an option of sshd_config; ssh refuses the file, for every host`;
    const fix = { sentence: `write ${ours}`, edit: replaced(entry, start, end, ours) };
    return [findingAt(entry, 'server-option', sentence, fix, keyword)];
  }
  const newer = keywordOf(name, newestRelease);
  const since = laterNames[name] ?? (newer?.key === name ? newer.since : null);
  if (since !== null) {
    return !isSince(target, since)
      ? [
          tooNew(
            entry,
            newer?.name ?? written,
            since,
            target,
            ignoring(corpus, entry, newer?.name ?? keyword.text),
          ),
        ]
      : [];
  }
  const build = buildWith(name);
  if (build !== null) {
    return [ofOtherBuild(corpus, entry, build)];
  }
  const colon = colonFix(entry, (before) => keywordOf(before, newestRelease)?.name ?? null);
  if (colon !== null) {
    const said = `${JSON.stringify(written)} is no option with its colon; ssh refuses the file, for every host`;
    return [findingAt(entry, 'unknown-option', said, colon, keyword)];
  }
  const near = suggestKeyword(name, newestRelease);
  const known = near === null ? undefined : keywordOf(lowerCase(near), newestRelease);
  const sentence = `ssh has no option ${JSON.stringify(written)} and refuses the file, for every host`;
  const fix = known
    ? { sentence: `write ${known.name}`, edit: replaced(entry, start, end, known.name) }
    : { sentence: 'remove the line, or name it in an IgnoreUnknown above it', edit: null };
  return [findingAt(entry, 'unknown-option', sentence, fix, keyword)];
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
