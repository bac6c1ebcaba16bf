import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { joined, mpint, sameBytes, WireReader, wire } from '../../src/core/net/wireformat.js';
import { printable, printableLine } from '../../src/core/text/printable.js';

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const bytes = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

describe('the wire format', () => {
  // RFC 4251, section 5: the examples of `string` and `mpint`.
  test('the examples of the RFC', () => {
    expect(hex(wire('testing'))).toBe('0000000774657374696e67');
    expect(hex(wire(699921578))).toBe('29b7f4aa');
    expect(hex(wire(mpint(bytes('00'))))).toBe('00000000');
    expect(hex(wire(mpint(bytes('09a378f9b2e332a7'))))).toBe('0000000809a378f9b2e332a7');
    expect(hex(wire(mpint(bytes('80'))))).toBe('000000020080');
    expect(hex(wire(mpint(bytes('000080'))))).toBe('000000020080');
  });

  test('what is written is read again', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.nat(0xffffffff), (fields, number) => {
        const reader = new WireReader(wire(...fields, number));
        for (const field of fields) expect(hex(reader.string() ?? bytes('ff'))).toBe(hex(field));
        expect(reader.uint32()).toBe(number);
        expect(reader.left).toBe(0);
        expect(reader.uint32()).toBeNull();
      }),
    );
  });

  test('whatever is cut short is null, and all after it', () => {
    const whole = wire('one', 'two', 'three');
    for (let length = 0; length < whole.length; length += 1) {
      const reader = new WireReader(whole.subarray(0, length));
      const read = [reader.text(), reader.text(), reader.text(), reader.text()];
      const first = read.indexOf(null);
      expect(read.slice(0, first)).toEqual(['one', 'two', 'three'].slice(0, first));
      expect(read.slice(first).every((text) => text === null)).toBe(true);
      expect(reader.take(0)).toBeNull();
    }
  });

  test('a reader of a part stays inside of it', () => {
    const inner = new WireReader(wire(wire('a'), 'b')).string();
    const reader = new WireReader(inner ?? new Uint8Array());
    expect([reader.text(), reader.text()]).toEqual(['a', null]);
  });

  test('comparing', () => {
    expect(sameBytes(bytes('0102'), bytes('0102'))).toBe(true);
    expect(sameBytes(bytes('0102'), bytes('010203'))).toBe(false);
    expect(sameBytes(bytes('0102'), bytes('0103'))).toBe(false);
    expect(hex(joined([bytes('01'), bytes(''), bytes('0203')]))).toBe('010203');
  });
});

describe('texts of others', () => {
  test.each([
    ['plain Ünïcode 日本', 'plain Ünïcode 日本'],
    ['\x1b[31mred\x1b[0m', '[31mred[0m'],
    ['one\r\ntwo\rthree\n', 'one\ntwo\nthree\n'],
    ['tab\there', 'tab here'],
    ['\u202egnp.exe\u200b\u2066', 'gnp.exe'],
    ['\x00\x07\x7f\x9b2J\u2028', '2J'],
  ])('%j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  test('nothing that moves a cursor is left, and it ends', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(printable(text)).toMatch(/^[^\p{Cc}\p{Cf}\u2028\u2029]*(\n[^\p{Cc}\p{Cf}\u2028\u2029]*)*$/u);
        expect(printableLine(text)).not.toMatch(/\n/);
      }),
    );
    expect(printable('x'.repeat(100_000))).toHaveLength(4_096);
  });
});
