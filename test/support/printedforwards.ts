import { listenHost } from '../../src/core/request/forwardspec.js';
import type { Endpoint, Forward, Target } from '../../src/core/request/request.js';
import type { ForwardSide } from '../../src/core/sshconfig/values/forward.js';

/** The lines `ssh -G` prints for a host's forwards: values alone, in its order. */
export interface PrintedForwards {
  readonly local: readonly string[];
  readonly remote: readonly string[];
  readonly dynamic: readonly string[];
}

const keywords = { local: 'LocalForward', remote: 'RemoteForward', dynamic: 'DynamicForward' } as const;

/**
 * Reads what `ssh -G` prints for forwards (`dump_cfg_forwards` in readconf.c): `8080 [db]:80`, `[*]:8080 [db]:80`,
 * `/run/a /run/b`, `8080 [socks]:0`. This is no syntax that ssh reads: brackets stand around every host and blanks in paths
 * are bare. A line that is understood by nobody is left out and named in `unread`.
 */
export function printedForwards(
  printed: PrintedForwards,
  gatewayPorts: boolean,
): { readonly forwards: readonly Forward[]; readonly unread: readonly string[] } {
  const forwards: Forward[] = [];
  const unread: string[] = [];
  const ghosts: string[] = [];
  for (const kind of ['local', 'remote', 'dynamic'] as const) {
    for (const line of printed[kind]) {
      // A LocalForward to a unix socket is printed a second time, as a DynamicForward of the same listener.
      const ghost = kind === 'dynamic' ? ghosts.indexOf(line) : -1;
      if (ghost !== -1) {
        ghosts.splice(ghost, 1);
        continue;
      }
      const forward = readPrinted(kind, line, gatewayPorts);
      if (forward === null) unread.push(`${keywords[kind]} ${line}`);
      else forwards.push(forward.forward);
      if (kind === 'local' && forward?.forward.target.type === 'unix') ghosts.push(forward.listenText);
    }
  }
  return { forwards, unread };
}

function readPrinted(
  kind: ForwardSide,
  line: string,
  gatewayPorts: boolean,
): { readonly forward: Forward; readonly listenText: string } | null {
  const [listenText, targetText] = kind === 'dynamic' ? [line, null] : halves(line);
  const listen = readListen(kind, listenText, gatewayPorts);
  const target = targetText === null ? ({ type: 'socks' } as const) : readTarget(targetText);
  if (listen === null || target === null || (kind !== 'dynamic' && targetText === null)) return null;
  const side = kind === 'remote' ? 'remote' : 'local';
  return { forward: { side, listen, target, text: `${keywords[kind]} ${line}` }, listenText };
}

function halves(line: string): readonly [listen: string, target: string | null] {
  // A target in brackets, a port with a path after it, two absolute paths; else the first blank has to do.
  const match =
    /^(.*) (\[[^\]]*\]:\d+)$/.exec(line) ??
    /^((?:\[[^\]]*\]:)?\d+) (.*)$/.exec(line) ??
    /^(.*?) (\/.*)$/.exec(line) ??
    /^(\S+) (.*)$/.exec(line);
  return match === null ? [line, null] : [match[1] ?? '', match[2] ?? ''];
}

function readListen(kind: ForwardSide, text: string, gatewayPorts: boolean): Endpoint | null {
  const match = /^(?:\[([^\]]*)\]:)?(\d+)$/.exec(text);
  if (match === null) return text.includes('/') ? { type: 'unix', path: text } : null;
  return { type: 'tcp', host: listenHost(kind, match[1] ?? null, gatewayPorts), port: Number(match[2]) };
}

function readTarget(text: string): Target | null {
  const match = /^\[([^\]]*)\]:(\d+)$/.exec(text);
  if (match === null) return text.includes('/') ? { type: 'unix', path: text } : null;
  const [, host = '', port] = match;
  return host === 'socks' && port === '0' ? { type: 'socks' } : { type: 'tcp', host, port: Number(port) };
}
