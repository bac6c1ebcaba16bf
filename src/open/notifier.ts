/** Where a tunnel's notices go: to the program's listener, and to the commands of --on-up and --on-down. */

import type { TunnelOptions } from '../core/request/tunneloptions.js';
import { messageOf } from '../core/text/reason.js';
import { type Notice, wholeNotice } from '../core/tunnel/notice.js';
import { runHook } from '../io/hooks.js';
import type { UserEnvironment } from '../io/machine.js';

/** So many notes and banners are remembered as seen. */
const seenMax = 1_000;

/** The notices of one tunnel. Never throws. */
export class Notifier {
  readonly #options: TunnelOptions;
  readonly #seen = new Set<string>();
  #complained = false;
  /** The environment of the commands. */
  env: UserEnvironment['env'] = {};

  constructor(options: TunnelOptions) {
    this.#options = options;
  }

  note(text: string): void {
    this.notify({ type: 'note', text });
  }

  notify(news: Notice): void {
    const notice = wholeNotice(news);
    this.#runHooks(notice);
    // A bug of the listener must neither hurt the tunnel nor end the program; one note reports it.
    const complain = (thrown: unknown) => {
      if (this.#complained) return;
      this.#complained = true;
      const why = messageOf(thrown);
      this.note(`onNotice threw at "${notice.type}": ${why}`);
    };
    try {
      const returned: unknown = this.#options.onNotice?.(notice);
      if (returned instanceof Promise) returned.catch(complain);
    } catch (thrown) {
      complain(thrown);
    }
  }

  /** The same note or banner is not repeated with each attempt. */
  notifyOnce(notice: Notice): void {
    if (notice.type === 'note' || notice.type === 'banner') {
      const key = notice.type === 'note' ? notice.text : `${notice.server}\n${notice.text}`;
      if (this.#seen.has(key)) return;
      // A server may say something else at each login.
      if (this.#seen.size >= seenMax) this.#seen.clear();
      this.#seen.add(key);
    }
    this.notify(notice);
  }

  #runHooks(notice: Notice): void {
    if (notice.type !== 'up' && notice.type !== 'down') return;
    const command = notice.type === 'up' ? this.#options.onUp : this.#options.onDown;
    if (command === undefined) return;
    const variables = {
      HOLDFAST_EVENT: notice.type,
      HOLDFAST_HOST: this.#options.host,
      HOLDFAST_LINK: String(notice.link),
      HOLDFAST_REASON: notice.type === 'down' ? notice.failure.message : '',
      HOLDFAST_NOTICE: JSON.stringify(notice),
    };
    runHook(command, { ...this.env, ...variables }, (reason) =>
      this.note(`the command of --on-${notice.type} ${reason}`),
    );
  }
}
