/**
 * At SIGUSR1 Node opens its debugger on the loopback, where any user of the machine may enter it and run code as ours. The
 * listener in bin/holdfast.js ends that, but a signal that came before is carried out late: a thread of Node notes it, and
 * opens the debugger when it gets to it. So it is closed at start, and at once whenever it opens.
 */
import type { EventEmitter } from 'node:events';

/**
 * An option for each Node that holdfast starts: a program that finds the debugger open does not learn its address, which is a
 * random word. `--disable-sigusr1`, which turns the signal off altogether, keeps it from holdfast's own listeners, too.
 */
export const closedToOthers = '--inspect-publish-uid=stderr';

/** Closes the debugger unless an option of Node opened it, now and whenever it opens. */
export function keepDebuggerClosed(): void {
  if (isOpenByOption()) return;
  // Node sends it to the workers of a cluster when the debugger opens. No manual has it, so the debugger is also looked for now.
  const events: EventEmitter = process;
  events.on('internalMessage', (message: unknown) => {
    if (message instanceof Object && 'cmd' in message && message.cmd === 'NODE_DEBUG_ENABLED')
      closeDebugger();
  });
  closeDebugger();
}

/** Closes the debugger if it is open and no option of Node opened it. */
export function closeDebugger(): void {
  const inspector = isOpenByOption() ? null : inspectorOfNode();
  const url = inspector?.url();
  if (inspector === null || url === undefined) return;
  inspector.close();
  // Its last part is what one needs to get in.
  const address = url.replace(/^ws:\/\/([^/]*)\/.*$/s, '$1');
  const text = `Node's debugger was open on ${address}, as after a SIGUSR1 while Node starts; it is closed`;
  if (report === null) unreported.push(text);
  else report(text);
}

let report: ((text: string) => void) | null = null;
const unreported: string[] = [];

/** Calls `listener` when a debugger was closed, and at once for those closed before. */
export function onDebuggerClosed(listener: (text: string) => void): void {
  report = listener;
  for (const text of unreported.splice(0)) listener(text);
}

function inspectorOfNode(): typeof import('node:inspector') | null {
  try {
    return process.getBuiltinModule('node:inspector');
  } catch {
    // A Node that was built without one.
    return null;
  }
}

/** `--inspect-port` and the like open nothing by themselves. */
function isOpenByOption(): boolean {
  const words = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/[\s"]+/)];
  return words.some((word) => /^--inspect(?:[-_](?:brk|wait))?(?:=|$)/.test(word));
}
