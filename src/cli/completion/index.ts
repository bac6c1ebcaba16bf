import { nearest } from '../command/nearest.js';
import { shells } from '../command/registry.js';
import { stderr, stdout } from '../terminal/output.js';
import { type Candidate, type Completion, type CompletionOffer, completionAt } from './candidates.js';
import { typedWords } from './completionline.js';
import { scripts } from './completionscripts.js';

const help = `holdfast completion <bash|zsh|fish>

Prints a script that completes commands, options, the hosts of ~/.ssh/config,
and the options of ssh_config and sshd_config with their values. The files are
read for the names in them; nothing in them is run.

For every new shell:
  bash  echo 'source <(holdfast completion bash)' >> ~/.bashrc
  zsh   echo 'source <(holdfast completion zsh)' >> ~/.zshrc   (after compinit)
  fish  holdfast completion fish > ~/.config/fish/completions/holdfast.fish

Options:
  -h, --help  Show this help
`;

/** `holdfast completion ...`: argv after `completion` -> the exit code. */
export async function completion(argv: readonly string[]): Promise<number> {
  const [shell, ...rest] = argv;
  if (shell === 'words') return words(rest);
  if (argv.includes('--help') || argv.includes('-h') || shell === undefined) {
    (shell === undefined ? stderr : stdout).write(help);
    return shell === undefined ? 2 : 0;
  }
  const found = shells.find((each) => each === shell);
  const extra = rest[0];
  if (found !== undefined && extra === undefined) {
    stdout.write(scripts[found]);
    return 0;
  }
  const meant = nearest(shell, shells);
  const wanted = meant === null ? `there are ${shells.join(', ')}` : `did you mean ${meant}?`;
  stderr.write(
    found === undefined
      ? `holdfast: completion: unknown shell ${JSON.stringify(shell)}; ${wanted}\n`
      : `holdfast: completion: ${JSON.stringify(extra)} is one word too many\n`,
  );
  return 2;
}

/**
 * What the scripts call: `words bash BREAKS LINE` or `words zsh|fish -- WORD... UNFINISHED`. The first line of the answer is
 * `words`, or `files` where the shell shall add those of the disk, a tab, and what of the word stands before a file's name;
 * the others are candidates: what takes the place of the word, a tab, a remark. Errors are nobody's business here.
 */
async function words(argv: readonly string[]): Promise<number> {
  try {
    const [shell, ...rest] = argv;
    const line = shell === 'bash' ? typedWords(rest[1] ?? '') : rest.slice(1);
    const wanted = completionAt(line.slice(0, -1), line.at(-1) ?? '');
    const found = await candidatesOf(wanted);
    const last = line.at(-1) ?? '';
    // bash takes a word apart at these, and only what stands behind the last one is replaced.
    const cut = shell === 'bash' ? afterBreak(last, rest[0] ?? '') : 0;
    const files = wanted.offers.some(({ type: is }) => is === 'files') || found.files;
    const prefix = found.prefix;
    stdout.write(`${files ? 'files' : 'words'}\t${prefix.slice(cut)}\n`);
    const rows = fitting(found.words, found.typed).map(
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

async function candidatesOf(wanted: Completion): Promise<Found> {
  const { prefix, typed } = wanted;
  const found: Found[] = [];
  for (const offer of wanted.offers) found.push(await fulfilled(offer, wanted));
  return {
    prefix: found[0]?.prefix ?? prefix,
    typed: found[0]?.typed ?? typed,
    words: found.flatMap(({ words: some }) => some),
    files: found.some(({ files }) => files),
  };
}

async function fulfilled(offer: CompletionOffer, { prefix, typed, configFile }: Completion): Promise<Found> {
  const found = (some: readonly Candidate[], kept = ''): Found => ({
    ...{ prefix: prefix + kept, typed: typed.slice(kept.length), words: some, files: false },
  });
  switch (offer.type) {
    case 'words':
      return found(offer.words);
    case 'files':
      return { ...found([]), files: true };
    case 'hosts':
      return hosts(/^(?:ssh:\/\/)?(?:[^@]*@)?/.exec(typed)?.[0] ?? '');
    case 'keywords': {
      const vocabulary = await import('../../edit/vocabulary.js');
      const options = offer.side === 'client' ? vocabulary.clientOptions() : vocabulary.serverOptions();
      const end = offer.setting ? '=' : '';
      return found(options.map(({ name, usual }) => ({ word: `${name}${end}`, says: usual ?? '' })));
    }
    case 'values': {
      const vocabulary = await import('../../edit/vocabulary.js');
      const options = offer.side === 'client' ? vocabulary.clientOptions() : vocabulary.serverOptions();
      const option = options.find(({ name }) => name.toLowerCase() === offer.keyword.toLowerCase());
      if (option === undefined) return found([]);
      const several = option.takes === 'names' || option.takes === 'hosts';
      const kept = several ? (/^[+^-]?(?:.*,)?/s.exec(typed)?.[0] ?? '') : '';
      if (option.takes === 'hosts') return hosts(kept);
      return { ...found(plain(option.values), kept), files: option.takes === 'file' };
    }
    case 'fields':
      return found(
        (await import('../sshd/options.js')).sshdFields.map((field) => ({ word: `${field}=`, says: '' })),
      );
    case 'topics':
      return found(
        (await import('../../inspect.js')).topics.map(({ name, title }) => ({ word: name, says: title })),
      );
    case 'languages':
      return found(plain((await import('../../inspect.js')).snippetLanguages));
    case 'states':
      return found(plain([...(await import('../../inspect.js')).socketStates, 'all']));
  }
  async function hosts(kept: string): Promise<Found> {
    const { hostNames } = await import('../../edit/hostnames.js');
    return found(plain(await hostNames(configFile)), kept);
  }
}

function plain(some: readonly string[]): readonly Candidate[] {
  return some.map((word) => ({ word, says: '' }));
}

/**
 * Those that begin as typed, whatever the case, each once. Whatever could mean something to a shell, or move a terminal's
 * cursor, is left out: the names come from files.
 */
function fitting(some: readonly Candidate[], typed: string): readonly Candidate[] {
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
