import { runCommand } from '../command/dispatch.js';
import { UsageError } from '../command/errors.js';
import { nearest } from '../command/nearest.js';
import type { CommandEntry, CommandTable } from '../command/table.js';
import { stdout } from '../terminal/output.js';
import { type Candidate, type Completion, type CompletionOffer, completionAt } from './candidates.js';
import { scripts } from './completionscripts.js';
import { completionTable, shells } from './options.js';

/** `holdfast completion ...`: argv after `completion` -> the exit code. */
export async function completion(
  argv: readonly string[],
  program: CommandTable,
  commands: Readonly<Record<string, CommandEntry>>,
): Promise<number> {
  if (argv[0] === 'words')
    return printWords(argv.slice(1), (before, word) => completionAt(program.options, commands, before, word));
  return runCommand('completion', completionTable, argv, ({ words: [name = ''] }) => {
    const shell = shells.find((each) => each === name);
    if (shell === undefined) {
      const meant = nearest(name, shells);
      const hint = meant === null ? `there are ${shells.join(', ')}` : `did you mean ${meant}?`;
      throw new UsageError(`unknown shell ${JSON.stringify(name)}; ${hint}`);
    }
    stdout.write(scripts[shell]);
    return 0;
  });
}

/**
 * What the scripts call: `words bash BREAKS LINE` or `words zsh|fish -- WORD... UNFINISHED`. The first line of the answer is
 * `words`, or `files` where the shell shall add those of the disk, a tab, and what of the word stands before a file's name;
 * the others are candidates: what takes the place of the word, a tab, a remark. Errors are not shown here.
 */
async function printWords(
  argv: readonly string[],
  complete: (before: readonly string[], word: string) => Promise<Completion>,
): Promise<number> {
  try {
    const [shell, ...rest] = argv;
    const line = shell === 'bash' ? typedWords(rest[1] ?? '') : rest.slice(1);
    const last = line.at(-1) ?? '';
    const { prefix, typed, words, files } = await findCandidates(await complete(line.slice(0, -1), last));
    // bash takes a word apart at these, and only what stands behind the last one is replaced.
    const cut = shell === 'bash' ? afterBreak(last, rest[0] ?? '') : 0;
    stdout.write(`${files ? 'files' : 'words'}\t${prefix.slice(cut)}\n`);
    const rows = matching(words, typed).map(
      ({ word, says }) => `${`${prefix}${word}`.slice(cut)}\t${says}\n`,
    );
    stdout.write(rows.join(''));
  } catch {
    // A broken installation shows itself when the command is run.
  }
  return 0;
}

interface Found {
  readonly prefix: string;
  readonly typed: string;
  readonly words: readonly Candidate[];
  readonly files: boolean;
}

async function findCandidates(completion: Completion): Promise<Found> {
  const found: Found[] = [];
  for (const offer of completion.offers) found.push(await candidatesOf(offer, completion));
  return {
    prefix: found[0]?.prefix ?? completion.prefix,
    typed: found[0]?.typed ?? completion.typed,
    words: found.flatMap(({ words }) => words),
    files: found.some(({ files }) => files),
  };
}

async function candidatesOf(
  offer: CompletionOffer,
  { prefix, typed, configFile }: Completion,
): Promise<Found> {
  const found = (words: readonly Candidate[], kept = ''): Found => ({
    prefix: prefix + kept,
    typed: typed.slice(kept.length),
    words,
    files: false,
  });
  const hosts = async (kept: string) => {
    const { hostNames } = await import('../../edit/hostnames.js');
    return found(undescribed(await hostNames(configFile)), kept);
  };
  const vocabulary = async (side: 'client' | 'server') => {
    const { clientOptions, serverOptions } = await import('../../edit/vocabulary.js');
    return side === 'client' ? clientOptions() : serverOptions();
  };
  const options = async (side: 'client' | 'server', end: string) =>
    found((await vocabulary(side)).map(({ name, usual }) => ({ word: `${name}${end}`, says: usual ?? '' })));
  const values = async (side: 'client' | 'server', keyword: string) => {
    const rows = await vocabulary(side);
    const option = rows.find(({ name }) => name.toLowerCase() === keyword.toLowerCase());
    if (option === undefined) return found([]);
    const several = option.takes === 'names' || option.takes === 'hosts';
    const kept = several ? (/^[+^-]?(?:.*,)?/s.exec(typed)?.[0] ?? '') : '';
    if (option.takes === 'hosts') return hosts(kept);
    return { ...found(undescribed(option.values), kept), files: option.takes === 'file' };
  };
  if (offer.type === 'words') return found(offer.words);
  switch (offer.source) {
    case 'files':
      return { ...found([]), files: true };
    case 'hosts':
      return hosts(/^(?:ssh:\/\/)?(?:[^@]*@)?/.exec(typed)?.[0] ?? '');
    case 'client-options':
      return options('client', '');
    case 'client-settings':
      return options('client', '=');
    case 'server-options':
      return options('server', '');
    case 'client-values':
      return values('client', offer.keyword);
    case 'server-values':
      return values('server', offer.keyword);
    case 'server-fields':
      return found(
        (await import('../sshd/options.js')).sshdFields.map((field) => ({ word: `${field}=`, says: '' })),
      );
    case 'tcp-topics': {
      const { topics } = await import('../../inspect/consequences.js');
      return found(topics.map(({ name, title }) => ({ word: name, says: title })));
    }
    case 'snippet-languages':
      return found(undescribed((await import('../../inspect/consequences.js')).snippetLanguages));
    case 'socket-states':
      return found(undescribed([...(await import('../../inspect/connectionlist.js')).socketStates, 'all']));
  }
}

function undescribed(some: readonly string[]): readonly Candidate[] {
  return some.map((word) => ({ word, says: '' }));
}

/**
 * Those that begin as typed, whatever the case, each once. Whatever could mean something to a shell, or move a terminal's
 * cursor, is left out: the names come from files.
 */
function matching(some: readonly Candidate[], typed: string): readonly Candidate[] {
  const start = typed.toLowerCase();
  const known = new Set<string>();
  return some.filter(({ word }) => {
    if (!word.toLowerCase().startsWith(start) || known.has(word) || !harmless.test(word)) return false;
    known.add(word);
    return true;
  });
}

const harmless = /^[\p{L}\p{N}\p{M}._:%@+,=/^-]+$/u;

/** Behind the last of these signs in a word; in front of it where it is `@`, which readline replaces with what follows. */
function afterBreak(word: string, breaks: string): number {
  for (let at = word.length; at > 0; at -= 1) {
    const sign = word.charAt(at - 1);
    if (breaks.includes(sign)) return sign === '@' ? at - 1 : at;
  }
  return 0;
}

/**
 * The words of a line of shell up to the cursor, the first (the command itself) left out, the last the one that is being
 * typed, empty behind a blank. Quotes and backslashes are taken off; nothing is expanded. Of several commands on one line
 * (`;`, `&&`, `|`) the last counts.
 */
function typedWords(line: string): readonly string[] {
  let words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (quote !== null) {
      if (char === quote) quote = null;
      else if (char === '\\' && quote === '"' && /["\\$`]/.test(line.charAt(at + 1))) {
        at += 1;
        word = (word ?? '') + line.charAt(at);
      } else word = (word ?? '') + char;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= '';
    } else if (char === '\\') {
      at += 1;
      word = (word ?? '') + line.charAt(at);
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (/[;&|]/.test(char)) {
      words = [];
      word = null;
    } else word = (word ?? '') + char;
  }
  return [...words, word ?? ''].slice(1);
}
