import type { Question } from '../../open.js';

/**
 * What the process in the background (`-f`) and the one that started it say to each other, over Node's IPC channel: a
 * socket pair of the two, so a secret is never in a file or in argv.
 */
export type FromChild =
  | { readonly type: 'say'; readonly to: 'stdout' | 'stderr'; readonly text: string }
  | { readonly type: 'ask'; readonly id: number; readonly question: Question }
  /** The prompt was taken back: an answer is dropped. */
  | { readonly type: 'withdraw'; readonly id: number }
  /** The child goes its own way from here. */
  | { readonly type: 'released'; readonly verdict: StartVerdict };

/** `retrying`: something is missing at first, and may come; with what it is. */
export type StartVerdict = { readonly type: 'up' } | { readonly type: 'retrying'; readonly why: string };

export interface FromParent {
  readonly type: 'answer';
  readonly id: number;
  readonly answer: string | null;
}

/** The variable that tells a process that it is the one in the background, and whether its parent can ask a person. */
export const marker = 'HOLDFAST_BACKGROUND';
export type Marked = 'terminal' | 'window' | 'nobody';
