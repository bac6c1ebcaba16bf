/** Numbers as the C library reads them, for the places where ssh leaves it to that. */
import { type Bytes, isSpace } from '../bytes.js';
import type { Rules } from '../keywords/releases.js';

export const maxInt = 2_147_483_647;

interface Leading {
  readonly value: number;
  /** Where the digits end. */
  readonly end: number;
}

/** strtol(3): white space, a sign, digits. Null without a digit. Above 2^53 the value is only good to compare. */
function leading(text: Bytes, from: number, base: number): Leading | null {
  let at = from;
  while (at < text.length && isSpace(text.charCodeAt(at))) at += 1;
  const sign = text[at] === '-' ? -1 : 1;
  if (text[at] === '-' || text[at] === '+') at += 1;
  let radix = base;
  if (base === 0) {
    radix = text[at] === '0' ? 8 : 10;
    if (/^0[xX][0-9a-fA-F]$/.test(text.slice(at, at + 3))) {
      radix = 16;
      at += 2;
    }
  }
  const start = at;
  let value = 0;
  for (; at < text.length; at += 1) {
    const digit = digitOf(text.charCodeAt(at));
    if (digit >= radix) break;
    value = value * radix + digit;
  }
  return at === start ? null : { value: sign * value, end: at };
}

function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x7a ? letter - 0x61 + 10 : 99;
}

/** strtonum(3): a whole decimal number and nothing behind it. */
export function integerOf(
  text: Bytes,
  least: number,
  most: number,
): number | 'invalid' | 'too small' | 'too large' {
  const number = leading(text, 0, 10);
  if (number === null || number.end !== text.length) return 'invalid';
  if (number.value < least) return 'too small';
  return number.value > most ? 'too large' : number.value + 0;
}

/** StreamLocalBindMask: octal digits, and whatever stands behind them is not looked at. Null: no mask. */
export function maskOf(text: Bytes): number | null {
  const number = leading(text, 0, 8);
  if (number === null) return null;
  // ssh keeps a long in an int.
  const value = Number(BigInt.asIntN(32, BigInt(Math.max(Math.min(number.value, 2 ** 63), -(2 ** 63)))));
  const saturated = Math.abs(number.value) >= 2 ** 63 ? (number.value > 0 ? -1 : 0) : value;
  return saturated < 0 || saturated > 0o777 ? null : saturated;
}

/** A number in C's own writing, 0x10, 020 or 16, from 0 to 255. */
export function byteOf(text: Bytes): number | null {
  const number = leading(text, 0, 0);
  if (number === null || number.end !== text.length) return null;
  return number.value < 0 || number.value > 255 ? null : number.value + 0;
}

const secondsPer: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

const maxLong = 2n ** 63n - 1n;

/**
 * A length of time in seconds (`convtime` in misc.c): numbers with s, m, h, d or w of either case behind, which add up.
 * Null for anything else, and for more than 2^31-1 seconds. Since 10.0 numbers are `digits` alone, without a sign or white
 * space. Before 8.7 ssh counted in a `long` and kept it in an int: what is too long becomes another length, below 0 too.
 */
export function secondsOf(text: Bytes, style: Rules['times'] = 'int'): number | null {
  if (text === '') return null;
  if (style === 'digits' && !/^(?:[0-9]+[smhdw])*[0-9]+[smhdw]?$/i.test(text)) return null;
  if (style === 'long') return truncatedSeconds(text);
  let total = 0;
  for (let at = 0; at < text.length; ) {
    const number = leading(text, at, 10);
    if (number === null || number.value < 0) return null;
    let factor = 1;
    at = number.end;
    if (at < text.length) {
      const found = secondsPer[text.charAt(at).toLowerCase()];
      if (found === undefined) return null;
      factor = found;
      at += 1;
    }
    total += number.value * factor;
    if (total > maxInt) return null;
  }
  return total + 0;
}

function truncatedSeconds(text: Bytes): number | null {
  let total = 0n;
  for (let at = 0; at < text.length; ) {
    const number = leading(text, at, 10);
    if (number === null || number.value < 0 || number.value >= 2 ** 63) return null;
    const digits = /[0-9]+/.exec(text.slice(at, number.end))?.[0] ?? '0';
    at = number.end;
    let seconds = BigInt(digits);
    if (at < text.length) {
      const factor = secondsPer[text.charAt(at).toLowerCase()];
      if (factor === undefined || seconds >= maxLong / BigInt(factor)) return null;
      seconds *= BigInt(factor);
      at += 1;
    } else if (seconds >= maxLong) {
      return null;
    }
    total += seconds;
    if (total >= maxLong) return null;
  }
  const kept = Number(BigInt.asIntN(32, total));
  return kept === -1 ? null : kept;
}

const scales = 'BKMGTPE';

/** A number of bytes with an optional unit (`scan_scaled` in fmt_scaled.c): 1G, 1.5M. Null for anything else. */
export function scaledOf(text: Bytes): bigint | null {
  const parts = /^[\t-\r ]*([-+]?)([0-9]*)(?:\.([0-9]*))?(?:([^0-9.])([\s\S]*))?$/.exec(text);
  if (parts === null) return null;
  const [, sign = '', digits = '', decimals = '', unit, rest = ''] = parts;
  if (digits.length >= scales.length * 3) return null;
  const whole = BigInt(digits === '' ? '0' : digits) * (sign === '-' ? -1n : 1n);
  if (whole > maxLong || whole < -maxLong) return null;
  if (unit === undefined) return whole;
  const power = scales.indexOf(unit.toUpperCase());
  if (power === -1 || !/[A-Za-z]/.test(unit) || /^[0-9A-Za-z]/.test(rest)) return null;
  const scale = 1024n ** BigInt(power);
  if (whole > maxLong / scale || whole < -maxLong / scale) return null;
  let fraction = BigInt(decimals === '' ? '0' : decimals.slice(0, 19));
  let places = Math.min(decimals.length, 19);
  while (fraction >= maxLong / scale) {
    fraction /= 10n;
    places -= 1;
  }
  fraction *= scale;
  for (; places > 0; places -= 1) fraction /= 10n;
  return sign === '-' ? whole * scale - fraction : whole * scale + fraction;
}
