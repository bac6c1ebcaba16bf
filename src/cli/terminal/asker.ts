import type { Ask, Question } from '../../open.js';
import { askpassOf, runAskpass } from './askpass.js';
import { hasTerminal, type Terminal } from './tty.js';

/** Shows a text, reads one line. null = nobody answers. */
type Reader = (text: string, echo: boolean, signal: AbortSignal) => Promise<string | null>;

/** How a person can be asked. `window`: by SSH_ASKPASS, so the question is not to be seen on the terminal. */
export interface Asker {
  readonly ask: Ask;
  readonly by: 'terminal' | 'window';
}

/**
 * Asks on the terminal or by SSH_ASKPASS, whichever ssh would use; null when neither is possible.
 * `settled` is awaited before a question shows, so that what was said before it stands above it.
 */
export function asker(terminal: Terminal, settled: () => Promise<void>): Asker | null {
  const askpass = askpassOf(process.env);
  if (askpass && (askpass.first || !hasTerminal()))
    return { by: 'window', ask: askerFor((text, _, signal) => runAskpass(askpass.program, text, signal)) };
  if (!hasTerminal()) return null;
  return {
    by: 'terminal',
    ask: askerFor(async (text, echo, signal) => {
      await settled();
      return terminal.line(text, echo, signal);
    }),
  };
}

/** One question at a time, each asked as its kind wants it. */
export function askerFor(read: Reader): Ask {
  let last: Promise<unknown> = Promise.resolve();
  return (question, signal) => {
    const answer = last.then(() => (signal.aborted ? null : ask(read, question, signal)));
    last = answer.catch(() => null);
    return answer;
  };
}

/** As in ssh's `confirm` (sshconnect.c); a program that never says either is not asked for ever. */
const confirmations = 5;

async function ask(read: Reader, question: Question, signal: AbortSignal): Promise<string | null> {
  if (question.type !== 'host-key')
    return read(question.text, question.type === 'prompt' && question.echo, signal);
  let text = question.text;
  for (let round = 0; round < confirmations; round++) {
    const answer = await read(text, true, signal);
    if (answer === null) return null;
    const word = answer.trim();
    if (word === question.fingerprint) return word;
    if (word === '' || /^no$/i.test(word)) return 'no';
    if (/^yes$/i.test(word)) return 'yes';
    text = "Please type 'yes', 'no' or the fingerprint: ";
  }
  return null;
}
