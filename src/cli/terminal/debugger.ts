/**
 * At SIGUSR1 Node opens its debugger on the loopback, where any user of the machine may enter it and run code as ours. The
 * listener in bin/holdfast.js ends that, but a signal that came before is carried out late: a thread of Node notes it, and
 * opens the debugger when it gets to it. So it is closed at start, and at once whenever it opens.
 */
import type { EventEmitter } from 'node:events';

/**
 * For the Nodes that we start: whoever finds the debugger open is not told the random word that is its address. The options
 * that turn the signal off altogether (`--disable-sigusr1`) keep it from our own listeners, too.
 */
export const closedToOthers = '--inspect-publish-uid=stderr';

/** Closes the debugger unless it was asked for by an option of Node, and sees to it that it stays closed. */
export function keepDebuggerClosed(): void {
  if (isAskedFor()) return;
  // Node's word to the workers of a cluster, in the moment of opening. It is in no manual, hence the look below.
  const events: EventEmitter = process;
  events.on('internalMessage', (message: unknown) => {
    if (message instanceof Object && 'cmd' in message && message.cmd === 'NODE_DEBUG_ENABLED')
      closeDebugger();
  });
  closeDebugger();
}

/** Closes the debugger if it is open and was not asked for. */
export function closeDebugger(): void {
  const inspector = isAskedFor() ? null : inspectorOfNode();
  const url = inspector?.url();
  if (inspector === null || url === undefined) return;
  inspector.close();
  // Its last part is what one needs to get in.
  const address = url.replace(/^ws:\/\/([^/]*)\/.*$/s, '$1');
  const text = `Node's debugger was open on ${address}, as after a SIGUSR1 while Node starts; it is closed`;
  if (say === null) unsaid.push(text);
  else say(text);
}

let say: ((text: string) => void) | null = null;
const unsaid: string[] = [];

/** Where it is said that a debugger was closed; what nobody has been told yet is said at once. */
export function onDebuggerClosed(listener: (text: string) => void): void {
  say = listener;
  for (const text of unsaid.splice(0)) say(text);
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
function isAskedFor(): boolean {
  const words = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/[\s"]+/)];
  return words.some((word) => /^--inspect(?:[-_](?:brk|wait))?(?:=|$)/.test(word));
}
