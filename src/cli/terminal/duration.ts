/** A length in ms for people: `12 ms`, `2.1 s`, `90 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`. */
export function length(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${trimmed(ms / 1_000)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 3_600) return pair(seconds, 60, 'min', 's');
  if (seconds < 86_400) return pair(Math.round(seconds / 60), 60, 'h', 'min');
  return pair(Math.round(seconds / 3_600), 24, 'd', 'h');
}

/** One decimal, and none when it says nothing. */
function trimmed(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '');
}

function pair(small: number, each: number, large: string, unit: string): string {
  const rest = small % each;
  const first = `${Math.floor(small / each)} ${large}`;
  return rest === 0 ? first : `${first} ${rest} ${unit}`;
}
