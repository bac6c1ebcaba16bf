import type { Direction, ProbeFinding } from '../../core/keepalive/probe/probing.js';

/** News of a measurement under way. Lengths in ms. */
export type ProbeNews =
  /** The connection that is never idle stands. */
  | { readonly type: 'connected' }
  /** These are left idle now, at once. */
  | {
      readonly type: 'round';
      readonly direction: Direction;
      readonly idleMs: readonly number[];
      readonly logins: number;
    }
  | {
      readonly type: 'finding';
      readonly direction: Direction;
      readonly idleMs: number;
      readonly finding: ProbeFinding;
    }
  /** The connection that is never idle was lost, and is opened again. */
  | { readonly type: 'lost'; readonly why: string }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'detail'; readonly text: string };
