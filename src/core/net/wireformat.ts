/**
 * SSH's data types (RFC 4251, section 5) over plain bytes: what key files, public keys and agents are made of.
 */

const text = new TextDecoder('utf-8');
const bytesOf = new TextEncoder();

/** Reads fields one after the other. Past the end everything is null, and stays null. */
export class WireReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(length: number): Uint8Array | null {
    if (length > this.left) {
      this.#at = this.#bytes.length + 1;
      return null;
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  uint32(): number | null {
    const four = this.take(4);
    return four && new DataView(four.buffer, four.byteOffset, 4).getUint32(0);
  }

  /** A `string`: its length and so many bytes. */
  string(): Uint8Array | null {
    const length = this.uint32();
    return length === null ? null : this.take(length);
  }

  /** A `string` that holds text. */
  text(): string | null {
    const string = this.string();
    return string && text.decode(string);
  }
}

function uint32(value: number): Uint8Array {
  const four = new Uint8Array(4);
  new DataView(four.buffer).setUint32(0, value);
  return four;
}

/** Fields in a row: numbers as uint32, texts and bytes as `string`. */
export function wire(...fields: readonly (number | string | Uint8Array)[]): Uint8Array {
  return joined(
    fields.flatMap((field) => {
      if (typeof field === 'number') return [uint32(field)];
      const content = typeof field === 'string' ? bytesOf.encode(field) : field;
      return [uint32(content.length), content];
    }),
  );
}

/** An unsigned number as the content of an `mpint`: no leading zeros, but one where the highest bit is set. */
export function mpint(unsigned: Uint8Array): Uint8Array {
  let from = 0;
  while (from < unsigned.length && unsigned[from] === 0) from += 1;
  const short = unsigned.subarray(from);
  return (short[0] ?? 0) & 0x80 ? joined([new Uint8Array(1), short]) : short;
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
