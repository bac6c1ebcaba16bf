/** Unified diffs, as people and `patch` read them. */
import { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from 'diff';

/** Lines around a change. */
const context = 3;

/**
 * What turns one text into the other, as `diff -u` prints it; empty when they are equal. Only the stretch between the first
 * and the last line that differ is compared, so a change in a large file costs what the change is large.
 */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return '';
  const head = sameStart(before, after);
  const tail = sameEnd(before, after, head.at);
  const patch = structuredPatch(
    path,
    path,
    before.slice(head.at, before.length - tail),
    after.slice(head.at, after.length - tail),
    undefined,
    undefined,
    { context },
  );
  for (const hunk of patch.hunks) {
    hunk.oldStart += head.line;
    hunk.newStart += head.line;
  }
  return formatPatch(patch, FILE_HEADERS_ONLY);
}

/** Where the context of the first difference begins, and how many lines are above it. */
function sameStart(before: string, after: string): { readonly at: number; readonly line: number } {
  const end = sameUpTo(Math.min(before.length, after.length), (from, to) =>
    [before, after].map((text) => text.slice(from, to)),
  );
  let at = before.lastIndexOf('\n', end - 1) + 1;
  if (end === 0) at = 0;
  for (let back = 0; back < context && at > 0; back += 1) at = before.lastIndexOf('\n', at - 2) + 1;
  let line = 0;
  for (let feed = before.indexOf('\n'); feed !== -1 && feed < at; feed = before.indexOf('\n', feed + 1)) {
    line += 1;
  }
  return { at, line };
}

/** How many characters at the end are the same and no context either. */
function sameEnd(before: string, after: string, from: number): number {
  const same = sameUpTo(Math.min(before.length, after.length) - from, (near, far) =>
    [before, after].map((text) => text.slice(text.length - far, text.length - near)),
  );
  let at = before.length - same;
  // From the line that follows the difference on, some lines of context are kept.
  for (let forth = 0; forth <= context; forth += 1) {
    const feed = before.indexOf('\n', at);
    if (feed === -1) return 0;
    at = feed + 1;
  }
  return before.length - at;
}

/** How many characters are the same, of pieces of both texts: halved until the first difference is found. */
function sameUpTo(most: number, pieces: (from: number, to: number) => readonly string[]): number {
  const isSame = (from: number, to: number) => {
    const [one, other] = pieces(from, to);
    return one === other;
  };
  let same = 0;
  let differs = most + 1;
  while (differs - same > 1) {
    const middle = (same + differs) >> 1;
    if (isSame(same, middle)) same = middle;
    else differs = middle;
  }
  return same;
}
