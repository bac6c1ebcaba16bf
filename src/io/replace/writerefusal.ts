/** Why a file was not written. */

import { FailureError, failure } from '../../core/failure.js';
import { codeOf, messageOf } from '../../core/text/reason.js';

/**
 * - `changed`: it is not what it was when it was read.
 * - `others-may-write`: its mode would let group or others write, and ssh refuses such a file.
 * - `read-only`: it, its folder or its file system may not be written.
 * - `not-a-file`: a folder, a device, a link that leads nowhere.
 * - `busy`: another writer has it and does not end.
 * - `no-room`: the disk is full.
 * - `no-history`: no copy of what it was could be kept.
 * - `partial-write`: writing in place failed half-way, and so did putting the old content back; or an earlier writer in place was
 *   killed half-way. What the file held is in its history.
 * - `failed`: the system refused for another reason.
 */
export type WriteRefusal =
  | 'changed'
  | 'others-may-write'
  | 'read-only'
  | 'not-a-file'
  | 'busy'
  | 'no-room'
  | 'no-history'
  | 'partial-write'
  | 'failed';

/** Nothing was written: the file is what it was (but for `partial-write`). A failure of kind `config`, with the reason as data. */
export class WriteRefusedError extends FailureError {
  readonly reason: WriteRefusal;

  constructor(reason: WriteRefusal, message: string, cause?: unknown) {
    super(failure('config', message, cause));
    this.name = 'WriteRefusedError';
    this.reason = reason;
  }

  override get details(): Readonly<Record<string, unknown>> {
    return { reason: this.reason };
  }
}

const reasons: Readonly<Record<string, readonly [WriteRefusal, string]>> = {
  ENOSPC: ['no-room', 'the disk is full'],
  EDQUOT: ['no-room', 'your quota is used up'],
  EFBIG: ['no-room', 'it would be longer than a file may be'],
  EROFS: ['read-only', 'the file system is read-only'],
  EACCES: ['read-only', 'you have no right to it'],
  EPERM: ['read-only', 'the system does not allow it'],
  ELOOP: ['not-a-file', 'its links go in a circle'],
  ENOTDIR: ['not-a-file', 'a part of its path is no folder'],
  EISDIR: ['not-a-file', 'it is a folder'],
};

/** A system's error as a refusal; ours stay as they are. `what` begins the sentence: `FILE cannot be written`. */
export function refusedBy(error: unknown, what: string): WriteRefusedError {
  if (error instanceof WriteRefusedError) return error;
  const code = codeOf(error);
  const [reason, words] = reasons[code] ?? ['failed', messageOf(error)];
  return new WriteRefusedError(reason, `${what}: ${words}; it is as it was`, error);
}
