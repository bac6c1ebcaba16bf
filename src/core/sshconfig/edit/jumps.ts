import type { Bytes } from '../bytes.js';
import { hopNames } from '../values/jump.js';
import type { Spot } from './change.js';
import type { ConfigIndex } from './configindex.js';

/** A line that goes through a host by its name. */
export interface JumpLine {
  readonly at: Spot;
  /** As it stands: `ProxyJump gate`. */
  readonly text: Bytes;
}

/**
 * The ProxyJump lines with this host among their hops. They say what they said when the host is renamed or removed, so no
 * proof finds them; but the hop has lost its configuration.
 */
export function jumpsThrough(index: ConfigIndex, host: Bytes): readonly JumpLine[] {
  const found: JumpLine[] = [];
  for (const { layout } of index.members.values()) {
    for (const part of layout.parts) {
      for (const { key, line, option } of layout.optionsOf(part)) {
        if (key !== 'proxyjump') continue;
        const value = layout.text.slice(option.value.start, option.value.end);
        if (!hopNames(value.replaceAll('"', '')).includes(host)) continue;
        const text = layout.text.slice(option.keyword.start, option.value.end);
        found.push({ at: { file: layout.path, line: line + 1 }, text });
      }
    }
  }
  return found;
}
