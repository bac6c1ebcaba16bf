import type { Ask, Prompt } from '../core/prompt.js';

/**
 * The user at the prompts of one login. After a prompt without an answer there are no more: a user who went away must
 * not find five more prompts.
 */
export class Person {
  readonly #ask: Ask | null;
  readonly #batchMode: boolean;
  readonly #signal: AbortSignal;
  readonly #aborted: Promise<null>;
  #left = false;

  constructor(ask: Ask | null, batchMode: boolean, signal: AbortSignal) {
    this.#ask = ask;
    this.#batchMode = batchMode;
    this.#signal = signal;
    this.#aborted = new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(null), { once: true });
    });
  }

  /** Why no person is there to answer, or null if one may be. */
  get absent(): string | null {
    if (this.#batchMode) return 'BatchMode allows no questions';
    if (this.#ask === null) return 'no person can be prompted';
    return this.#left ? 'nobody answered' : null;
  }

  /** The answer, or null. Never rejects: an `ask` that throws has no answer. */
  async ask(question: Prompt): Promise<string | null> {
    if (this.absent !== null || this.#ask === null || this.#signal.aborted) return null;
    const answer = await Promise.race([answerOf(this.#ask, question, this.#signal), this.#aborted]);
    if (answer === null) this.#left = true;
    return answer;
  }
}

/** `ask` may be any program's function: what it throws, and what is no string, counts as no answer. Never rejects. */
export async function answerOf(ask: Ask, question: Prompt, signal: AbortSignal): Promise<string | null> {
  try {
    return (await ask(question, signal)) ?? null;
  } catch {
    return null;
  }
}
