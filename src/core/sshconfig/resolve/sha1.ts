import type { Bytes } from '../bytes.js';

/** SHA-1 in hexadecimal (FIPS 180-4), for the token %C alone: core may not ask node:crypto. */
export function sha1(message: Bytes): string {
  const words = padded(message);
  const state = new Int32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]);
  const schedule = new Int32Array(80);
  for (let from = 0; from < words.length; from += 16) {
    schedule.set(words.subarray(from, from + 16));
    for (let at = 16; at < 80; at += 1) {
      const mixed =
        word(schedule, at - 3) ^ word(schedule, at - 8) ^ word(schedule, at - 14) ^ word(schedule, at - 16);
      schedule[at] = rotate(mixed, 1);
    }
    turn(state, schedule);
  }
  return [...state].map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('');
}

function turn(state: Int32Array, schedule: Int32Array): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
  for (let at = 0; at < 80; at += 1) {
    let mix: number;
    let constant: number;
    if (at < 20) [mix, constant] = [(b & c) | (~b & d), 0x5a827999];
    else if (at < 40) [mix, constant] = [b ^ c ^ d, 0x6ed9eba1];
    else if (at < 60) [mix, constant] = [(b & c) | (b & d) | (c & d), 0x8f1bbcdc];
    else [mix, constant] = [b ^ c ^ d, 0xca62c1d6];
    const next = (rotate(a, 5) + mix + e + constant + word(schedule, at)) | 0;
    [a, b, c, d, e] = [next, a, rotate(b, 30), c, d];
  }
  for (const [at, part] of [a, b, c, d, e].entries()) state[at] = (word(state, at) + part) | 0;
}

function padded(message: Bytes): Int32Array {
  const words = new Int32Array((((message.length + 8) >> 6) + 1) * 16);
  for (let at = 0; at < message.length; at += 1) put(words, at, message.charCodeAt(at));
  put(words, message.length, 0x80);
  words[words.length - 1] = message.length * 8;
  return words;
}

function put(words: Int32Array, at: number, byte: number): void {
  words[at >> 2] = word(words, at >> 2) | (byte << (24 - (at & 3) * 8));
}

function word(words: Int32Array, at: number): number {
  return words[at] ?? 0;
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
