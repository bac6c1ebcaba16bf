/** What one change comes to before it is proved. */
import type { Bytes } from '../bytes.js';
import type { ResolvedConfig } from '../resolve/resolvedconfig.js';
import type { Need } from '../resolve/resolveinput.js';
import type { Change, EditRefusal, Spot } from './change.js';
import type { ConfigIndex } from './configindex.js';
import type { Proposal } from './proveedit.js';

/** What every change is planned with. */
export interface PlanContext {
  readonly index: ConfigIndex;
  readonly allowUnknown: boolean;
  readonly partial: boolean;
  readonly resolveFor: (host: Bytes) => HostResolution;
}

export type HostResolution =
  | { readonly type: 'answer'; readonly answer: ResolvedConfig }
  | { readonly type: 'needs'; readonly needs: readonly Need[] }
  | { readonly type: 'refused'; readonly refusal: EditRefusal };

/** A proposal to be proved, or nothing to do, or why there is neither. */
export type Step =
  | ({ readonly type: 'proposal' } & Proposal)
  | { readonly type: 'idle'; readonly idle: Idle }
  | Exclude<HostResolution, { type: 'answer' }>;

/** A change for which there is nothing to do. */
export interface Idle {
  readonly change: Change;
  /** `already`: it is so; `not there`: what was to go is not there, or not the host's own. */
  readonly why: 'already' | 'not there';
  readonly values: readonly Bytes[];
  /** The line that says so; null: a default, or none does. */
  readonly at: Spot | null;
}

export function refuse(refusal: EditRefusal): Step {
  return { type: 'refused', refusal };
}
