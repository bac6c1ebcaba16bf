import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { closedToOthers } from '../terminal/debugger.js';
import type { Screen } from '../terminal/screen.js';
import { onSignals } from '../terminal/signals.js';
import type { RunArguments } from './arguments.js';
import { type FromChild, type FromParent, type Marked, marker, type StartVerdict } from './childmessage.js';
import { checkLogFile } from './noticelog.js';

/**
 * `-f`: starts the same command in a session of its own, without a terminal, and stays until that process is up or fails
 * for good, or it is known that it takes longer: shows its lines, and asks its questions. Resolves to the exit code: 0 when it
 * goes on alone.
 */
export async function background(
  argv: readonly string[],
  run: RunArguments,
  screen: Screen,
): Promise<number> {
  if (run.logFile !== null) checkLogFile(run.logFile);
  const child = start(argv, run.logFile, screen.asker?.by ?? 'nobody');
  // A Node that has just been started is ended by the signal, or opens its debugger; and nothing waits there yet.
  let listens = false;
  child.once('message', () => {
    listens = true;
  });
  const nudge = () => void (listens && child.kill('SIGUSR1'));
  const stopListening = onSignals({ stop: () => void child.kill('SIGTERM'), nudge }, screen.attended);
  try {
    return await follow(child, run, screen);
  } finally {
    stopListening();
  }
}

function start(argv: readonly string[], logFile: string | null, askerKind: Marked): ChildProcess {
  const script = process.argv[1] ?? '';
  const log = logFile === null ? null : openSync(logFile, 'a', 0o600);
  try {
    return spawn(process.execPath, [...process.execArgv, closedToOthers, script, 'run', ...argv], {
      detached: true,
      // Its lines come by the channel; this is where a crash of Node itself would speak.
      stdio: ['ignore', log ?? 'ignore', log ?? 'ignore', 'ipc'],
      env: { ...process.env, [marker]: askerKind },
    });
  } finally {
    if (log !== null) closeSync(log);
  }
}

function follow(child: ChildProcess, run: RunArguments, screen: Screen): Promise<number> {
  const questions = new Map<number, AbortController>();
  let verdict: StartVerdict | null = null;

  const ask = async ({ id, question }: Extract<FromChild, { type: 'ask' }>): Promise<void> => {
    const controller = new AbortController();
    questions.set(id, controller);
    const answer = (await screen.asker?.ask(question, controller.signal)) ?? null;
    questions.delete(id);
    if (!controller.signal.aborted && child.connected)
      child.send({ type: 'answer', id, answer } satisfies FromParent, () => {
        // A child that is gone needs no answer.
      });
  };

  child.on('message', (message: FromChild) => {
    if (message.type === 'say') screen[message.to](message.text);
    else if (message.type === 'ask') void ask(message);
    else if (message.type === 'withdraw') questions.get(message.id)?.abort();
    else verdict = message.verdict;
  });

  return new Promise((resolve, reject) => {
    const end = (code: number): void => {
      for (const question of questions.values()) question.abort();
      resolve(code);
    };
    child.on('error', reject);
    child.on('disconnect', () => {
      if (verdict === null) return;
      child.unref();
      if (verdict.type === 'retrying' && !run.quiet)
        screen.stderr(`holdfast: not up yet, pid ${child.pid} goes on trying: ${verdict.why}\n`);
      end(0);
    });
    let exit: number | null = null;
    child.on('exit', (code, signal) => {
      exit = code ?? 70;
      if (signal !== null) screen.stderr(`holdfast: the process in the background was ended by ${signal}\n`);
      // What it said last may still be on its way.
      if (!child.connected && verdict === null) end(exit);
    });
    child.on('disconnect', () => {
      if (exit !== null) end(exit);
    });
  });
}
