/**
 * Text of a configuration, byte by byte: every character stands for one byte (latin1), whatever the encoding of the file
 * may be. So a file with invalid UTF-8 survives, and offsets are offsets of bytes.
 */
export type Bytes = string;

const encoder = new TextEncoder();

/** A JavaScript string as the bytes of its UTF-8, the way it would stand in a file or in argv. */
export function bytesOf(text: string): Bytes {
  if (isAscii(text)) return text;
  let bytes = '';
  for (const byte of encoder.encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

/** Bytes as people read them: UTF-8, with U+FFFD for what is none. */
export function textOf(bytes: Bytes): string {
  if (isAscii(bytes)) return bytes;
  const array = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += 1) array[at] = bytes.charCodeAt(at);
  return new TextDecoder().decode(array);
}

/** An expression: several times faster than a loop where the text is large and new. */
const isAscii = (text: string): boolean => !/[\u0080-\uffff]/.test(text);

/** isspace(3) in the C locale. */
export function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/** iscntrl(3) in the C locale. */
export function isControl(code: number): boolean {
  return code < 0x20 || code === 0x7f;
}
