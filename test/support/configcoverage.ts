/** What a run of generated configurations reached, so that "no difference" means something. */

import { tableOf } from '../../src/core/sshconfig/keywords/keywords.js';
import type { ResolvedConfig } from '../../src/core/sshconfig/resolve/resolvedconfig.js';
import type { Resolved } from '../../src/read/clientconfig.js';
import type { ConfigCase } from './configgen.js';
import { type ReleaseValues, valuesOf } from './configvalues.js';

/** How often each thing came by, under its heading. */
export class Coverage {
  readonly #counts = new Map<string, Map<string, number>>();
  readonly release: string;
  readonly values: ReleaseValues;
  /** Keywords with a value. */
  readonly valued: readonly string[];

  constructor(release: string) {
    this.release = release;
    this.values = valuesOf(release);
    this.valued = tableOf(release)
      .keywords.filter(({ combine }) => combine !== 'none')
      .map(({ key }) => key);
  }

  add(heading: string, what: string): void {
    const row = this.#counts.get(heading) ?? new Map<string, number>();
    row.set(what, (row.get(what) ?? 0) + 1);
    this.#counts.set(heading, row);
  }

  of(heading: string, what: string): number {
    return this.#counts.get(heading)?.get(what) ?? 0;
  }

  /** What should have come by and did not. */
  missing(): readonly string[] {
    return Object.entries(expectedOf(this)).flatMap(([heading, names]) =>
      names.filter((name) => this.of(heading, name) === 0).map((name) => `${heading}: ${name}`),
    );
  }

  /** One line per heading, rarest first. */
  table(): string {
    return [...this.#counts]
      .map(([heading, row]) => {
        const sorted = [...row].sort(([, a], [, b]) => a - b).map(([what, count]) => `${what} ${count}`);
        return `${heading} (${row.size}): ${sorted.join(', ')}`;
      })
      .join('\n');
  }
}

const criteria = ['all', 'canonical', 'final', 'host', 'originalhost', 'user', 'localuser', 'exec'];

/** Each with a test on the raw text of a line that is in force. */
const writing: Readonly<Record<string, RegExp>> = {
  'double quotes': /^\s*\S+[ \t=]+"[^"]*"\s*$/,
  'single quotes': /^\s*\S+[ \t=]+'[^']*'\s*$/,
  'quotes inside a word': /[A-Za-z0-9/]["'][^"']*["']/,
  'escaped quote': /\\["']/,
  'escaped blank': /\\ /,
  'escaped backslash': /\\\\/,
  'blank in quotes': /["'][^"']* [^"']*["']/,
  comment: /\s#/,
  'hash inside a word': /[^\s"'#]#/,
  'equals sign': /^\s*[A-Za-z0-9"]+[ \t]*=/,
  'equals sign in front': /^[ \t]*=/,
  'quoted keyword': /^\s*"/,
  tabs: /\t/,
  'carriage return': /\r/,
  'form feed at the end': /\f\s*$/,
  NUL: /\0/,
  'bytes above 127': /[\x80-\xff]/,
  'upper case': /^\s*[A-Z]{4}/,
};

const lateCriteria = ['tagged', 'localnetwork', 'version', 'sessiontype', 'command'];
/** Single quotes, escapes and comments came with 8.7. */
const laterWriting = ['single quotes', 'escaped quote', 'escaped blank', 'comment'];

function expectedOf({ release, values, valued }: Coverage): Readonly<Record<string, readonly string[]>> {
  const { otherNames, idle } = values;
  const late = release === '10.0' ? lateCriteria : [];
  const old = release === '8.4';
  return {
    'keyword in force': valued,
    'keyword in a block that does not match': valued,
    'other names': Object.keys(otherNames).map((name) => name.toLowerCase()),
    'without effect': idle.map((name) => name.toLowerCase()),
    'criterion holds': [
      '!canonical',
      '!final',
      ...criteria,
      '!host',
      '!originalhost',
      '!user',
      '!localuser',
      '!exec',
      ...late,
    ],
    'criterion fails': [
      'canonical',
      'final',
      '!all',
      ...criteria.slice(3),
      '!host',
      '!originalhost',
      '!user',
      '!exec',
      ...late,
    ],
    writing: Object.keys(writing).filter((each) => !(old && laterWriting.includes(each))),
    'why a line lost': ['shadowed', 'duplicate', 'removed', 'displaced', 'empty', 'cleared', 'late'],
    files: [
      'without -F',
      'the system file',
      'included',
      'included twice deep',
      'included by a block that does not match',
      'Host in an included file',
      'second reading',
      'without a final line feed',
      'names looked up',
    ],
    refused: ['command line', 'main file', 'included file', 'no line'],
  };
}

export function cover(coverage: Coverage, each: ConfigCase, ours: Resolved, withoutLine: boolean): void {
  if (each.usual) coverage.add('files', 'without -F');
  if (ours.type === 'resolved') {
    coverAnswer(coverage, ours.answer);
    const asked = ours.answer.options.get('canonicalizehostname')?.lines[0] !== 'false';
    if (asked) coverage.add('files', 'names looked up');
    return;
  }
  for (const { file } of withoutLine ? [] : ours.errors) {
    const kind =
      file === 'command-line'
        ? 'command line'
        : /\/(?:main|config|ssh_config)$/.test(file ?? '')
          ? 'main file'
          : 'included file';
    coverage.add('refused', kind);
  }
  if (withoutLine) coverage.add('refused', 'no line');
}

function coverAnswer(coverage: Coverage, answer: ResolvedConfig): void {
  const { valued } = coverage;
  const { otherNames } = coverage.values;
  if (answer.secondPass) coverage.add('files', 'second reading');
  for (const { keyword, lost } of answer.options.values()) {
    for (const { why } of lost) {
      coverage.add('why a line lost', why);
      coverage.add('losing lines of', keyword.key);
    }
  }
  for (const { keyword } of answer.warnings) coverage.add('without effect', keyword.toLowerCase());
  for (const section of answer.sections) {
    const { source, block, activity, lines, text } = section;
    if (source.kind === 'system file') coverage.add('files', 'the system file');
    if (source.includes.length > 0) coverage.add('files', 'included');
    if (source.includes.length > 1) coverage.add('files', 'included twice deep');
    if (source.includes.length > 0 && block?.kind === 'host' && block.source === source)
      coverage.add('files', 'Host in an included file');
    if (block?.why.startsWith('its file is included'))
      coverage.add('files', 'included by a block that does not match');
    if (!text.endsWith('\n')) coverage.add('files', 'without a final line feed');
    if (block !== null && block.source === source)
      coverCriteria(coverage, block.header, activity === 'yes', block.why);
    for (const { option, start, end } of lines.slice(section.from, section.to)) {
      if (option === null) continue;
      const name =
        otherNames[Object.keys(otherNames).find((other) => other.toLowerCase() === option.name) ?? ''];
      if (name && activity === 'yes') coverage.add('other names', option.name);
      const key = (name ?? option.name).toLowerCase();
      if (valued.includes(key)) {
        coverage.add(activity === 'yes' ? 'keyword in force' : 'keyword in a block that does not match', key);
      }
      if (activity !== 'yes') continue;
      const line = text.slice(start, end);
      for (const [what, is] of Object.entries(writing)) if (is.test(line)) coverage.add('writing', what);
    }
  }
}

function coverCriteria(coverage: Coverage, header: string, holds: boolean, why: string): void {
  if (!/^"?match/i.test(header)) return;
  for (const name of [...criteria, ...lateCriteria]) {
    for (const negated of ['', '!']) {
      const written = new RegExp(`(?:^|[\\s="])${negated}${name}(?:[\\s="]|$)`, 'i');
      if (!written.test(header)) continue;
      if (holds) coverage.add('criterion holds', `${negated}${name}`);
      else if (new RegExp(`^${negated}${name}\\b`, 'i').test(why))
        coverage.add('criterion fails', `${negated}${name}`);
    }
  }
}
