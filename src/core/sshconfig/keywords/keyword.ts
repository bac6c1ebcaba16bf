/** What is known of a keyword of ssh_config: the columns of the table. */
import type { ForwardSide } from '../values/forward.js';
import type { AlgorithmKind } from './algorithmlists.js';
import type { Release } from './releases.js';
import type { Treatment } from './treatments.js';

/** Word as written, lower case -> the word that `ssh -G` prints. */
export type Words = Readonly<Record<string, string>>;

/** One word; one or two; any number; or the rest of the line as it stands. */
export type Takes = 'one' | 'pair' | 'list' | 'rest';

/** What a value looks like. `values.ts` reads each. */
export type Form =
  | { readonly type: 'choice'; readonly words: Words }
  | { readonly type: 'algorithms'; readonly kind: AlgorithmKind }
  | { readonly type: 'forward'; readonly side: ForwardSide }
  | {
      readonly type:
        | 'text'
        | 'command'
        | 'time'
        | 'number'
        | 'port'
        | 'files'
        | 'verbose'
        | 'jump'
        | 'gssExchanges'
        | 'hash'
        | 'rekey'
        | 'escape'
        | 'mask'
        | 'qos'
        | 'tunnelDevice'
        | 'controlPersist'
        | 'addKeys'
        | 'agent'
        | 'forwardAgent'
        | 'sendEnv'
        | 'setEnv'
        | 'domains'
        | 'cnames'
        | 'remoteOpen'
        | 'keystrokes'
        | 'channelTimeout'
        | 'addendum'
        | 'facility'
        | 'level'
        | 'host'
        | 'match'
        | 'include'
        | 'ignored';
    };

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

export interface Keyword {
  /** As ssh_config(5) spells it. */
  readonly name: string;
  /** Lower case: the name in files, in maps, and in what `ssh -G` prints. */
  readonly key: string;
  /** What `run` does with a line of it. */
  readonly run: Treatment;
  readonly form: Form;
  readonly combine: Combination;
  /** What `ssh -G` prints without a line; null: nothing. Some depend on others, see finish.ts. */
  readonly usual: string | null;
  /** Does `ssh -G` print it? */
  readonly printed: boolean;
  /** How many words its value takes. */
  readonly takes: Takes;
  /** Does a line set two values, each on its own: a word and a path, bytes and a time? */
  readonly twofold: boolean;
  /** Is the word `none`, in any case, the same as no line? */
  readonly clearedByNone: boolean;
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
  /** Whose builds alone have it; null: every build. */
  readonly build: string | null;
  /** The release it came with, where that is after 8.4 (OpenSSH's release notes). */
  readonly since: Release | null;
  /** The release from which on another row has taken its place. */
  readonly until: Release | null;
}

/** A name that means another keyword. */
export interface Alias {
  /** As people write it, and in lower case. */
  readonly name: string;
  readonly key: string;
  readonly means: string;
  /** Whose builds alone have it; null: every build. */
  readonly build: string | null;
  readonly since: Release | null;
  readonly until: Release | null;
}
