/** What is known of a keyword of ssh_config: the columns of the table. */
import type { ForwardSide } from '../values/forward.js';
import type { AlgorithmKind } from './algorithmlists.js';
import type { Release } from './releases.js';
import type { Treatment } from './treatments.js';

/** Word as written, lower case -> the word that `ssh -G` prints. */
export type Words = Readonly<Record<string, string>>;

/** One word; one or two; any number; or the rest of the line as it stands. */
export type Takes = 'one' | 'pair' | 'list' | 'rest';

/** What the values of both sides may look like. */
export type SharedForm =
  | 'text'
  | 'command'
  | 'time'
  | 'number'
  | 'port'
  | 'verbose'
  | 'gssExchanges'
  | 'hash'
  | 'rekey'
  | 'mask'
  | 'qos'
  | 'agent'
  | 'sendEnv'
  | 'setEnv'
  | 'channelTimeout'
  | 'addendum'
  | 'facility'
  | 'level'
  | 'match'
  | 'include'
  | 'ignored';

/** What a value looks like. `values.ts` reads each. */
export type Form =
  | { readonly type: 'choice'; readonly words: Words }
  | { readonly type: 'algorithms'; readonly kind: AlgorithmKind }
  | { readonly type: 'forward'; readonly side: ForwardSide }
  | {
      readonly type:
        | SharedForm
        | 'files'
        | 'jump'
        | 'escape'
        | 'tunnelDevice'
        | 'controlPersist'
        | 'addKeys'
        | 'forwardAgent'
        | 'domains'
        | 'cnames'
        | 'remoteOpen'
        | 'keystrokes'
        | 'host';
    };

/** How many words a value takes, by its form; one, where that is not named. */
const takes: Readonly<Record<string, readonly string[]>> = {
  rest: ['command', 'jump', 'addendum', 'raw'],
  pair: ['rekey', 'qos', 'addKeys'],
  list: [
    ...['files', 'verbose', 'sendEnv', 'setEnv', 'domains', 'cnames', 'remoteOpen', 'channelTimeout'],
    ...['users', 'groups', 'keyFiles', 'keyOptions', 'methods', 'opens', 'listens', 'subsystem', 'listen'],
    ...['host', 'match', 'include', 'ignored'],
  ],
};

export function takesOf({ type }: { readonly type: string }): Takes {
  for (const each of ['rest', 'pair', 'list'] as const) if (takes[each]?.includes(type)) return each;
  return 'one';
}

/**
 * How several lines make one value. `first`: the first line in force wins. `last`: the last one. `each`: every line adds
 * one, exact repetitions do not count. `list`: the first line wins as a whole. `environment`: every line adds, and `-name`
 * takes away. `leading`: the first line wins even in a block that does not match. `trailing`: the last line wins, even
 * there. `none`: it is no value.
 */
export type Combination =
  | 'first'
  | 'last'
  | 'each'
  | 'list'
  | 'environment'
  | 'leading'
  | 'trailing'
  | 'none';

/** What is known of a keyword of either side. `F`: what its value looks like; `C`: how several lines make one. */
export interface KeywordRow<F, C> {
  /** As the manual spells it: ssh_config(5), sshd_config(5). */
  readonly name: string;
  /** Lower case: the name in files, in maps, and in what `ssh -G` and `sshd -T` print. */
  readonly key: string;
  readonly form: F;
  readonly combine: C;
  /** What they print without a line; null: nothing, or it depends, see finish.ts. */
  readonly usual: string | null;
  /** Do they print it? */
  readonly printed: boolean;
  /** How many words its value takes. */
  readonly takes: Takes;
  /** Is the word `none`, in any case, the same as no line? */
  readonly clearedByNone: boolean;
  /** The release it came with, where that is after 8.4, of sshd after 8.1 (OpenSSH's release notes). */
  readonly since: Release | null;
}

export interface Keyword extends KeywordRow<Form, Combination> {
  /** What `run` does with a line of it. */
  readonly run: Treatment;
  /** Does a line set two values, each on its own: a word and a path, bytes and a time? */
  readonly twofold: boolean;
  /** Which of the lists of algorithms ssh works out first (`fill_default_options`), from 1; 0: without an order. */
  readonly assembled: number;
  /**
   * What ssh does with its value while it still reads. `headers`: criteria of Match and the tokens of their commands are
   * held against it; `canonical`: it decides about the name that the second reading goes by; `names`: it decides which
   * names are options. Null: nothing.
   */
  readonly feeds: 'headers' | 'canonical' | 'names' | null;
  /** Does a line of it count for lines outside its block, or in a block that does not apply? */
  readonly beyondBlocks: boolean;
  /** The option that it switches off, and the other way round, whichever comes first. Null: none. */
  readonly rival: string | null;
  /** Options whose lines it takes away. */
  readonly clears: readonly string[];
  /** Options whose values, or whose defaults, hang on it without a line of theirs being lost. */
  readonly affects: readonly string[];
  /** Options together with which ssh refuses it. */
  readonly refusedWith: readonly string[];
  /** The keyword of sshd_config that people write in its place. */
  readonly ofServer: string | null;
  /** The builds that alone have it, in words; null: every build. */
  readonly build: string | null;
  /** The release from which on another row has taken its place. */
  readonly until: Release | null;
}

/** A name that means another keyword. */
export interface Alias {
  /** As people write it, and in lower case. */
  readonly name: string;
  readonly key: string;
  readonly means: string;
  /** The builds that alone have it, in words; null: every build. */
  readonly build: string | null;
  readonly since: Release | null;
  readonly until: Release | null;
}
