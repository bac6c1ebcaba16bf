/** As much as a pipe takes at once, and as stays in a processor's cache. */
const bufferBytes = 65_536;

/**
 * Takes what was read. True: its memory may be used again. False: not yet; the function resumes the source once it may.
 */
export type Take = (bytes: Uint8Array) => boolean;

/** Always the same buffer, as Node's `onread` wants it: bytes that are passed on at once need no new memory each time. */
export function intoOneBuffer(take: Take) {
  const buffer = new Uint8Array(bufferBytes);
  return { buffer, callback: (length: number) => take(buffer.subarray(0, length)) };
}

interface Source {
  resume(): void;
}

interface Sink {
  write(bytes: Uint8Array, written: () => void): void;
  readonly writableLength: number;
}

/** Takes for a sink: what it does not write at once holds up the source. */
export function pass(bytes: Uint8Array, source: Source, sink: Sink): boolean {
  let late = false;
  sink.write(bytes, () => {
    if (late) source.resume();
  });
  late = sink.writableLength > 0;
  return !late;
}
