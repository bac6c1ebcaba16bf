/** A heartbeat that fits the path: begins with what is known of it, and learns from what the tunnel meets. */
import {
  type Beat,
  beatOf,
  beginLearning,
  type Learning,
  type Lesson,
  learn,
} from '../core/keepalive/probe/learning.js';
import type { PathKey, PathKnowledge } from '../core/keepalive/probe/pathmemory.js';
import type { Request } from '../core/request/request.js';
import type { Notice } from '../core/tunnel/notice.js';
import type { UserEnvironment } from '../io/machine.js';
import { keepKnowledge, knowledgeOf, pathKeyOf } from '../read/pathknowledge.js';

export class AutoInterval {
  #request: Request;
  readonly #around: UserEnvironment;
  #path: PathKey;
  #learning: Learning;

  constructor(request: Request, around: UserEnvironment) {
    this.#request = request;
    this.#around = around;
    this.#path = pathKeyOf(request);
    this.#learning = beginLearning(knowledgeOf(this.#path, around));
  }

  /** The interval and count that fit what is known of the path now. */
  get beat(): Beat {
    return beatOf(this.#learning.known, this.#request.keepalive.countMax);
  }

  /** The request with that heartbeat. */
  request(): Request {
    return { ...this.#request, keepalive: { ...this.#request.keepalive, ...this.beat } };
  }

  /** Another request is in force. */
  follow(request: Request): void {
    this.#request = request;
  }

  /** The heartbeat in force and the reason for it, as a note for the user. */
  because(): string {
    const seconds = `ServerAliveInterval ${this.beat.intervalMs / 1_000} x (ServerAliveCountMax ${this.beat.countMax} + 1)`;
    return `--interval auto: ${seconds}, as ${reason(this.#learning.known)}`;
  }

  /** @returns what there is to say, when the heartbeat changes with it or what was learned cannot be kept */
  hear(notice: Notice): string | null {
    const before = this.beat;
    // A link may have come up behind another router.
    const moved = (notice.type === 'up' || notice.type === 'replaced') && this.#move();
    const lesson = lessonOf(notice);
    const known = this.#learning.known;
    if (lesson !== null) this.#learning = learn(this.#learning, lesson);
    const problem =
      this.#learning.known === known ? null : keepKnowledge(this.#path, this.#learning.known, this.#around);
    const after = this.beat;
    if (after.intervalMs !== before.intervalMs || after.countMax !== before.countMax) return this.because();
    return moved ? null : problem;
  }

  #move(): boolean {
    const path = pathKeyOf(this.#request);
    if (JSON.stringify(path) === JSON.stringify(this.#path)) return false;
    this.#path = path;
    this.#learning = beginLearning(knowledgeOf(path, this.#around));
    return true;
  }
}

function lessonOf(notice: Notice): Lesson | null {
  switch (notice.type) {
    case 'heartbeat':
      return { type: 'heartbeat', idleMs: notice.idleMs };
    case 'drained':
    case 'down': {
      const { failure, idleMs } = notice;
      const unanswered = failure?.kind === 'silent' || failure?.kind === 'lost';
      return unanswered && idleMs !== undefined ? { type: notice.type, idleMs } : null;
    }
    case 'up':
    case 'incomplete':
      return notice.downMs === null ? null : { type: 'up', downMs: notice.downMs };
    default:
      return null;
  }
}

function reason({ safeMs, deadMs }: PathKnowledge): string {
  const seconds = (ms: number) => `${Math.round(ms / 100) / 10} s`;
  if (safeMs === null && deadMs === null) return 'nothing is known of this path yet';
  const dead = deadMs === null ? '' : ` and is lost after ${seconds(deadMs)}`;
  if (safeMs === null) return `a connection that is idle on this path is lost after ${seconds(deadMs ?? 0)}`;
  return `a connection on this path may be idle for ${seconds(safeMs)}${dead}`;
}
