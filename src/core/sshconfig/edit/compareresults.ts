/** What has to be true of a host after a change. */

import type { Bytes } from '../bytes.js';
import type { Effective, Place, ResolvedConfig } from '../resolve/resolvedconfig.js';
import { print } from '../values/printed.js';
import type { Pair } from './branches.js';
import type { EditRefusal, Spot } from './change.js';

export type Judge = (host: Bytes, pair: Pair) => EditRefusal | null;

export function linesFor(answer: ResolvedConfig, key: string): readonly Bytes[] {
  return answer.options.get(key)?.lines ?? [];
}

/** The values as the lines give them, without tokens and defaults. */
export function valuesFor(answer: ResolvedConfig, key: string): readonly Bytes[] {
  return answer.options.get(key)?.settings.map(({ value }) => print(value)) ?? [];
}

export function spotOf(place: Place): Spot {
  return { file: place.source.file, line: place.line };
}

export function same(one: readonly Bytes[], other: readonly Bytes[]): boolean {
  return one.length === other.length && one.every((value, at) => value === other[at]);
}

/** For hosts that are no targets: every line that `ssh -G` prints is as before. */
export const requireUnchanged: Judge = (host, { before, after }) => {
  if (after.type === 'refused') return faultIn(before, after);
  if (before.type === 'refused') return null;
  const old = before.answer;
  const fresh = after.answer;
  for (const [key, option] of old.options) {
    const now = fresh.options.get(key);
    if (now && same(option.lines, now.lines)) continue;
    return differs(host, option, now);
  }
  return null;
};

/** The lines say the same, whatever ssh makes of them (tokens, defaults that hang on each other). */
export function sameSettings(one: Effective, other: Effective): boolean {
  return same(
    one.settings.map(({ value }) => print(value)),
    other.settings.map(({ value }) => print(value)),
  );
}

function differs(host: Bytes, before: Effective, after: Effective | undefined): EditRefusal {
  return {
    type: 'others',
    host,
    option: before.keyword.name,
    before: before.lines,
    after: after?.lines ?? [],
  };
}

/** Null: ssh refused the host before, for the same reasons: the edit is not to blame. */
function faultIn(
  before: Pair['before'],
  after: Extract<Pair['after'], { type: 'refused' }>,
): EditRefusal | null {
  const known = before.type === 'refused' && reasons(before.errors) === reasons(after.errors);
  return known ? null : { type: 'fault', errors: after.errors };
}

function reasons(errors: readonly { readonly reason: Bytes }[]): string {
  return JSON.stringify(errors.map(({ reason }) => reason));
}

/**
 * The lines of no other option say something else for the host that is meant. `free`: it may, because headers are held
 * against what has changed. What ssh makes of the values (tokens, defaults that hang on each other) may differ.
 */
export function requireRestUnchanged(free: ReadonlySet<string> | null): Judge {
  return (host, { before, after }) => {
    if (after.type === 'refused') return faultIn(before, after);
    if (before.type === 'refused' || free === null) return null;
    for (const [key, option] of before.answer.options) {
      if (free.has(key)) continue;
      const now = after.answer.options.get(key);
      if (now === undefined || !sameSettings(option, now)) return differs(host, option, now);
    }
    return null;
  };
}

interface EditedOption {
  readonly key: string;
  readonly name: Bytes;
}

function notAsRequested(
  host: Bytes,
  { key, name }: EditedOption,
  requested: readonly Bytes[],
  answer: ResolvedConfig,
): EditRefusal {
  const place = answer.options.get(key)?.settings[0]?.place;
  return {
    type: 'not-as-requested',
    host,
    option: name,
    requested,
    found: linesFor(answer, key),
    by: place === undefined ? null : spotOf(place),
  };
}

/** As if it stood on the command line. `mayKeep`: or as before. */
export function requireAsOnCommandLine(edited: EditedOption, mayKeep: (host: Bytes) => boolean): Judge {
  return (host, { before, after, requested }) => {
    if (after.type === 'refused') return faultIn(before, after);
    if (requested === null || requested === undefined) return null;
    const found = linesFor(after.answer, edited.key);
    if (requested.type === 'refused') {
      // Some values may stand in files alone (a strange User, a bare subsystem): then it has to be another value at least.
      const old = before.type === 'resolved' ? linesFor(before.answer, edited.key) : [];
      return same(found, old) ? { type: 'fault', errors: requested.errors } : null;
    }
    const want = linesFor(requested.answer, edited.key);
    if (same(found, want)) return null;
    if (mayKeep(host) && before.type === 'resolved') {
      if (same(found, linesFor(before.answer, edited.key))) return null;
    }
    return notAsRequested(host, edited, want, after.answer);
  };
}

/** All values are there; `only`: and nothing but these and what was there. */
export function requireValues(edited: EditedOption, values: readonly Bytes[], keepsOld: boolean): Judge {
  return (host, { before, after }) => {
    if (after.type === 'refused') return faultIn(before, after);
    const found = valuesFor(after.answer, edited.key);
    const old = before.type === 'resolved' ? valuesFor(before.answer, edited.key) : [];
    const lost = keepsOld ? old.filter((value) => !found.includes(value)) : [];
    const strange = found.filter((value) => !values.includes(value) && !old.includes(value));
    const missing = values.filter((value) => !found.includes(value));
    if (lost.length + strange.length + missing.length === 0) return null;
    return notAsRequested(host, edited, [...values], after.answer);
  };
}

/** These values are gone, and nothing else. */
export function requireNoValues(edited: EditedOption, values: readonly Bytes[]): Judge {
  return (host, { before, after }) => {
    if (after.type === 'refused') return faultIn(before, after);
    const found = valuesFor(after.answer, edited.key);
    const old = before.type === 'resolved' ? valuesFor(before.answer, edited.key) : [];
    const remaining = old.filter((value) => !values.includes(value));
    return same([...found].sort(), [...remaining].sort())
      ? null
      : notAsRequested(host, edited, remaining, after.answer);
  };
}

/** Under its new name a host is what it was under the other one. */
export const requireSameAsBefore: Judge = (host, { before, after }) => {
  if (after.type === 'refused') return faultIn(before, after);
  if (before.type === 'refused') return null;
  if (before.answer.hostName !== after.answer.hostName) {
    const edited = { key: 'hostname', name: 'HostName' };
    return notAsRequested(host, edited, [before.answer.hostName], after.answer);
  }
  for (const [key, option] of before.answer.options) {
    if (key === 'hostname') continue;
    const now = after.answer.options.get(key);
    if (now && sameSettings(option, now)) continue;
    const edited = { key, name: option.keyword.name };
    return notAsRequested(host, edited, valuesFor(before.answer, key), after.answer);
  }
  return null;
};

export function allOf(...judges: readonly Judge[]): Judge {
  return (host, pair) => {
    for (const judge of judges) {
      const refusal = judge(host, pair);
      if (refusal !== null) return refusal;
    }
    return null;
  };
}
