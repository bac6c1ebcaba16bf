import type { Forward, ForwardStatus, Notice } from '../../open.js';
import { described, type Level, levelOf, sentence, speaksItself, type Tone, toneOf } from './report.js';

/** A line for people. Its time is put before it when it is written. */
export interface NoticeLine {
  readonly level: Level;
  readonly tone: Tone;
  readonly text: string;
}

const quiet: readonly Notice['type'][] = ['understood', 'connecting', 'forward', 'stopping', 'stopped'];

/** How what was read of a refused forward begins. */
const refusedAs = 'refused ';

/**
 * Turns the notices of one tunnel into lines, one for each change: what a line has already said is not said again, and
 * what belongs together is said together.
 */
export class NoticeLines {
  #forwards: readonly Forward[] = [];
  /** What people last read about each forward. */
  #read: (string | null)[] = [];
  #everUp = false;
  #suspect: number | null = null;
  /** That a second connection is tried beside it was said. */
  #beside = false;

  line(notice: Notice): NoticeLine {
    if (notice.type === 'understood') {
      this.#forwards = notice.request.forwards;
      this.#read = this.#forwards.map(() => null);
    }
    const level = this.#quietened(notice, this.#level(notice));
    return { level, tone: toneOf(notice), text: this.#text(notice) };
  }

  /** Behind -W there may be another ssh, whose user wants to hear of trouble alone. */
  #quietened(notice: Notice, level: Level): Level {
    if (level !== 'news' || !speaksItself(this.#forwards)) return level;
    if (notice.type === 'up') return notice.downMs === null ? 'detail' : level;
    return quiet.includes(notice.type) ? 'detail' : level;
  }

  #text(notice: Notice): string {
    if (notice.type === 'connecting' && this.#suspect !== null)
      return `connecting a second time beside link ${this.#suspect} (link ${notice.link})`;
    return sentence(notice, this.#forwards);
  }

  #level(notice: Notice): Level {
    switch (notice.type) {
      case 'up': {
        notice.statuses.forEach((status, index) => {
          this.#learn(index, status);
        });
        this.#everUp = true;
        this.#suspect = null;
        return 'news';
      }
      case 'forward':
        if (notice.refusedMs !== undefined) return 'news';
        return this.#forwardLevel(notice.index, notice.status);
      case 'connecting':
        return this.#connectingLevel(notice.attempt);
      case 'suspect':
        this.#suspect = notice.link;
        this.#beside = false;
        return 'news';
      case 'recovered':
      case 'replaced':
      case 'down':
        this.#suspect = null;
        return 'news';
      default:
        return levelOf(notice);
    }
  }

  /** Each further attempt beside the same suspect is no news. */
  #connectingLevel(attempt: number): Level {
    if (this.#suspect === null) return attempt === 1 && !this.#everUp ? 'news' : 'detail';
    const level = this.#beside ? 'detail' : 'news';
    this.#beside = true;
    return level;
  }

  /** Before the first `up` a bound forward is no news of its own: `up` names it, or `incomplete`. */
  #forwardLevel(index: number, status: ForwardStatus): Level {
    if (status.type === 'pending') return 'detail';
    const others = this.#read.some((read, at) => at !== index && read?.startsWith(refusedAs));
    if (status.type === 'bound' && !this.#everUp && (this.#read[index] === null || !others)) return 'detail';
    return this.#learn(index, status) ? 'news' : 'detail';
  }

  /** True when this is new to people. */
  #learn(index: number, status: ForwardStatus): boolean {
    const forward = this.#forwards[index];
    if (!forward || status.type === 'pending') return false;
    const now = status.type === 'bound' ? described(forward, status.port) : refusedAs + status.reason;
    if (this.#read[index] === now) return false;
    this.#read[index] = now;
    return true;
  }
}
