/** What OpenSSH's convtime can hold: 2^31-1 seconds. */
const maxSeconds = 2_147_483_647;

const secondsPer: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/**
 * A length of time as ssh writes it (sshd_config(5), TIME FORMATS; `convtime` in misc.c), in ms: `30`, `30s`, `2m`,
 * `1h30m`, `1d`, `1w`. A number without a unit means seconds, units may be upper case, parts add up in any order.
 * Null for everything else, and for more than 2^31-1 seconds.
 */
export function parseTime(text: string): number | null {
  // Only the last number may lack its unit, so there is one way to read each text, and it is read once.
  if (!/^(?:\+?\d+[smhdw])*\+?\d+[smhdw]?$/i.test(text)) return null;
  let seconds = 0;
  for (const [, digits, unit] of text.matchAll(/(\d+)([smhdw]?)/gi)) {
    seconds += Number(digits) * (secondsPer[(unit || 's').toLowerCase()] ?? 1);
  }
  return seconds <= maxSeconds ? seconds * 1_000 : null;
}

/** What a message says would have been right where `parseTime` gives null. */
export const timeForm = 'a time such as 30, 30s, 2m or 1h30m';
