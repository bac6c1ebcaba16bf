import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Ask, Question } from '../../open.js';
import { hasTerminal, type Terminal } from './tty.js';

/** Shows a text and reads one line. null: there is no answer. */
type ReadLine = (text: string, echo: boolean, signal: AbortSignal) => Promise<string | null>;

/** Shows prompts. `window`: by SSH_ASKPASS, so the prompt is not on the terminal. */
export interface Asker {
  readonly ask: Ask;
  readonly by: 'terminal' | 'window';
}

/**
 * Prompts on the terminal or by SSH_ASKPASS, whichever ssh would use; null when neither is possible.
 * @param settled awaited before a prompt shows, so that earlier output stands above it
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

/** One prompt at a time; echo and confirmation as its type says. */
export function askerFor(read: ReadLine): Ask {
  let last: Promise<unknown> = Promise.resolve();
  return (question, signal) => {
    const answer = last.then(() => (signal.aborted ? null : ask(read, question, signal)));
    last = answer.catch(() => null);
    return answer;
  };
}

/** How often a host key is confirmed anew, as in ssh's `confirm` (sshconnect.c), which has no bound. */
const confirmations = 5;

async function ask(read: ReadLine, question: Question, signal: AbortSignal): Promise<string | null> {
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

/** Programs that ssh uses when SSH_ASKPASS names none: Debian's build, then OpenSSH's default. */
const defaultPrograms = ['/usr/bin/ssh-askpass', '/usr/X11R6/bin/ssh-askpass'];

/**
 * The program that prompts in a window, and whether it goes before the terminal, by the rule of OpenSSH's
 * `read_passphrase` (readpass.c): it needs DISPLAY or WAYLAND_DISPLAY, and is used without a terminal;
 * SSH_ASKPASS_REQUIRE `prefer` puts it first, `force` needs no display, `never` turns it off.
 */
export function askpassOf(
  env: Readonly<Record<string, string | undefined>>,
): { readonly program: string; readonly first: boolean } | null {
  const display = Boolean(env.DISPLAY) || Boolean(env.WAYLAND_DISPLAY);
  const require = env.SSH_ASKPASS_REQUIRE?.toLowerCase();
  const allowed = require === 'force' || (display && require !== 'never');
  if (!allowed) return null;
  const program = env.SSH_ASKPASS ?? defaultPrograms.find((path) => existsSync(path));
  return program ? { program, first: require === 'force' || require === 'prefer' } : null;
}

/**
 * Runs the program with the prompt as its argument; its first line of output is the answer, and any exit code but 0 means
 * that there is none. The program is ended when `signal` is aborted.
 */
export function runAskpass(program: string, question: string, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(program, [question], { signal, encoding: 'utf8' }, (error, output) => {
      resolve(error ? null : (output.split(/\r?\n/, 1)[0] ?? ''));
    });
  });
}
