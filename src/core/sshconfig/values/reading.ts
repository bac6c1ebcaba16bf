import type { Bytes } from '../bytes.js';
import type { ForwardValue } from './forward.js';
import type { JumpValue } from './jump.js';

export type Value =
  /** A word as ssh prints it: yes, no, a name, a path, a command. */
  | { readonly type: 'word'; readonly word: Bytes }
  /** A number, a port, or seconds. */
  | { readonly type: 'number'; readonly number: number }
  | { readonly type: 'words'; readonly words: readonly Bytes[] }
  | { readonly type: 'forward'; readonly forward: ForwardValue }
  | { readonly type: 'jump'; readonly jump: JumpValue | 'none' }
  /** Valid, and sets nothing: `none` as a time. */
  | { readonly type: 'nothing' };

export type Reading =
  | {
      readonly ok: true;
      readonly value: Value;
      /** Some options keep a second value that is set on its own: a path, an interval. */
      readonly second: Value | null;
      /** How many words were used; more is an error. */
      readonly used: number;
    }
  | {
      readonly ok: false;
      readonly reason: string;
      /** What would have been right. */
      readonly suggestion: string;
      /** ssh stops at once, without a look at what follows. */
      readonly fatal: boolean;
    };

export const good = (value: Value, used = 1, second: Value | null = null): Reading => ({
  ok: true,
  value,
  second,
  used,
});
export const bad = (reason: string, suggestion: string, fatal = false): Reading => ({
  ok: false,
  reason,
  suggestion,
  fatal,
});
/** A fault behind which nothing is looked at. */
export const fatal = (reason: string, suggestion: string): Reading => bad(reason, suggestion, true);
export const word = (text: Bytes): Value => ({ type: 'word', word: text });
export const wordList = (words: readonly Bytes[]): Value => ({ type: 'words', words });
export const numeral = (value: number): Value => ({ type: 'number', number: value });
export const noValue: Value = { type: 'nothing' };

export function quoted(text: Bytes): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}...` : text);
}
