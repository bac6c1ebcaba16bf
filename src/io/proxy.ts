/** ProxyCommand: a command whose input and output are the connection to the server. */
import { spawn } from 'node:child_process';
import { printableLine } from '../core/text/printable.js';
import type { StreamEnds } from './base/channel.js';

export interface ProxyParts {
  readonly command: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Signals a process and all that it started. */
  readonly signalGroup: (leader: number, signal: NodeJS.Signals) => void;
  /** A line of its stderr. */
  readonly onLine: (text: string) => void;
  /** It is over, or could not begin; one sentence. Called once, and not after `close`. */
  readonly onEnded: (why: string) => void;
}

const lineMax = 500;

/**
 * Runs a command as ssh does (`ssh_proxy_connect` in sshconnect.c): by $SHELL, else /bin/sh, which it replaces. Unlike ssh's
 * it has a session of its own, and so no terminal: Ctrl-C is for the tunnel, which lets its clients finish first. Null when it
 * cannot be started, which `onEnded` reports. `close`: `end` is SIGHUP, as ssh sends it; `reset` is SIGKILL; to the command and
 * all that it started. After `unref` the command itself keeps this process alive, so that it can be seen to the end. Throws what `spawn` throws, as for a command that is too long.
 */
export function runProxy({ command, env, signalGroup, onLine, onEnded }: ProxyParts): StreamEnds | null {
  const child = spawn(env.SHELL || '/bin/sh', ['-c', `exec ${command}`], {
    env: { ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let over = false;
  let running = true;
  let said = '';
  let rest = '';
  const ended = (why: string) => {
    if (over) return;
    over = true;
    onEnded(said === '' ? why : `${why}: ${said}`);
  };
  const line = (text: string) => {
    const shown = printableLine(text.trim().slice(0, lineMax));
    if (shown === '') return;
    said = shown;
    if (!over) onLine(shown);
  };
  const signal = (name: NodeJS.Signals) => {
    if (child.pid !== undefined && running) signalGroup(child.pid, name);
  };
  child.once('error', (error) => ended(`cannot run ProxyCommand: ${error.message}`));
  child.once('exit', (code, by) => {
    // What it started may have outlived it.
    signal('SIGHUP');
    running = false;
    const how = by === null ? `with exit code ${code}` : `by ${by}`;
    // What it said last may still be on its way.
    setImmediate(() => {
      line(rest);
      ended(`ProxyCommand ended ${how}`);
    });
  });
  // Without a file descriptor left there are none.
  if (!child.stdin || !child.stdout || !child.stderr) return null;
  child.stdin.on('error', () => {}); // shows as its end
  child.stdout.on('error', () => {});
  child.stdout.once('end', () => signal('SIGHUP'));
  child.stderr.on('error', () => {});
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(0, lineMax);
    lines.forEach(line);
  });
  const { stdin, stdout, stderr } = child;
  return {
    input: stdin,
    output: stdout,
    close(how) {
      over = true;
      signal(how === 'end' ? 'SIGHUP' : 'SIGKILL');
      // A stopped process hears nothing else than these two.
      if (how === 'end') signal('SIGCONT');
      for (const stream of [stdin, stdout, stderr]) stream.destroy();
    },
    unref() {
      for (const stream of [stdin, stdout, stderr]) (stream as { unref?: () => void }).unref?.();
    },
  };
}
