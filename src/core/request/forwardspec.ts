import { type Failure, failure } from '../failure.js';
import { bytesOf, textOf } from '../sshconfig/bytes.js';
import { splitArguments } from '../sshconfig/syntax/linewords.js';
import {
  type ForwardReading,
  type ForwardSide,
  type ForwardValue,
  forwardFields,
  longestPath,
  readForwardFields,
} from '../sshconfig/values/forward.js';
import { portOf } from '../sshconfig/values/ports.js';
import type { Endpoint, Forward } from './request.js';

export type Forwarded =
  | { readonly ok: true; readonly forward: Forward }
  | { readonly ok: false; readonly failure: Failure };

const letters = { local: '-L', remote: '-R', dynamic: '-D' } as const;

/** The keyword of each kind of forward. */
export const forwardKeywords = {
  local: 'LocalForward',
  remote: 'RemoteForward',
  dynamic: 'DynamicForward',
} as const;

const optionForms = {
  local: '[bind_address:]port:host:hostport, as in 8080:db:5432',
  remote: '[bind_address:]port:host:hostport, as in 8080:localhost:3000, or [bind_address:]port for SOCKS',
  dynamic: '[bind_address:]port, as in 1080',
} as const;
const lineForms = {
  local: '[bind_address:]port host:hostport, as in 8080 db:5432',
  remote: '[bind_address:]port host:hostport, as in 8080 localhost:3000, or [bind_address:]port for SOCKS',
  dynamic: optionForms.dynamic,
} as const;

/**
 * What stands after -L, -R or -D, read as OpenSSH reads it (`parse_forward` in readconf.c). Differences: the names of
 * services (`http`) are not looked up; an empty target host is refused at once (ssh fails at each client); and 0 as the port
 * of -L and -D asks for any free port, as ssh allows for -R alone.
 */
export function parseForward(kind: ForwardSide, spec: string, gatewayPorts: boolean): Forwarded {
  const name = `${letters[kind]} ${JSON.stringify(spec)}`;
  return read(kind, spec, gatewayPorts, `${letters[kind]} ${spec}`, `${name}: want ${optionForms[kind]}`);
}

/** What stands after LocalForward, RemoteForward or DynamicForward in a configuration: the halves are two words. */
export function parseForwardLine(kind: ForwardSide, line: string, gatewayPorts: boolean): Forwarded {
  const text = `${forwardKeywords[kind]} ${line}`;
  const message = `${forwardKeywords[kind]} ${JSON.stringify(line)}: want ${lineForms[kind]}`;
  const bytes = bytesOf(line);
  const words = splitArguments(bytes, 0, bytes.length)?.map((word) => textOf(word.text)) ?? null;
  const fits = words?.length === 1 || (words?.length === 2 && kind !== 'dynamic');
  if (words === null || !fits) return { ok: false, failure: failure('config', message) };
  const forwarded = read(kind, words.join(':'), gatewayPorts, text, message);
  return forwarded.ok ? forwarded : { ok: false, failure: failure('config', forwarded.failure.message) };
}

const stdioForm = 'host:port, as in db:5432, or the path of a socket';

/** What stands after -W. */
export function parseStdio(spec: string): Forwarded {
  const text = `-W ${spec}`;
  const wrong = (why: string): Forwarded => ({
    ok: false,
    failure: failure('usage', `-W ${JSON.stringify(spec)}: want ${stdioForm}${why}`),
  });
  const made = (target: Endpoint): Forwarded => ({
    ok: true,
    forward: { side: 'local', listen: { type: 'stdio' }, target, text },
  });
  const [host, port, more] = forwardFields(bytesOf(spec)) ?? [];
  if (!host || more) return wrong('');
  if (!port) {
    if (!host.isPath) return wrong('');
    if (host.text.length > longestPath)
      return wrong(` (the path of a socket has ${longestPath} bytes at most)`);
    return made({ type: 'unix', path: textOf(host.text) });
  }
  const number = portOf(port.text, noServices);
  if (number < 1) return wrong(` (${JSON.stringify(port.text)} is no port: 1 to 65535)`);
  return host.text === ''
    ? wrong(' (the host is empty)')
    : made({ type: 'tcp', host: textOf(host.text), port: number });
}

const noServices = () => null;

function read(
  kind: ForwardSide,
  spec: string,
  gatewayPorts: boolean,
  text: string,
  message: string,
): Forwarded {
  const wrong = (why: string | null): Forwarded => ({
    ok: false,
    failure: failure('usage', why === null ? message : `${message} (${why})`),
  });
  const bytes = bytesOf(spec);
  const readAs = (socks: boolean): ForwardReading =>
    readForwardFields(kind, bytes, { socks, services: noServices, freePort: true });
  let reading = readAs(kind === 'dynamic');
  // As ssh does with -R: what has no target is a SOCKS proxy.
  if (kind === 'remote' && !reading.ok && reading.why === null) reading = readAs(true);
  if (!reading.ok) return wrong(reading.why === null ? null : textOf(reading.why));
  const forward = forwardOf(kind, reading.forward, gatewayPorts, text);
  // ssh takes `-D 1080:/path`, and nothing comes of it.
  if (kind === 'dynamic' && forward.target.type !== 'socks') return wrong(null);
  if (forward.target.type === 'tcp' && forward.target.host === '') return wrong('the host is empty');
  return { ok: true, forward };
}

/** A forward as ssh keeps it, as one of a tunnel. `text`: as messages name it. */
export function forwardOf(
  kind: ForwardSide,
  value: ForwardValue,
  gatewayPorts: boolean,
  text: string,
): Forward {
  const { listenHost: bind, listenPort, listenPath, connectHost, connectPort, connectPath } = value;
  const listen: Endpoint =
    listenPath === null
      ? {
          type: 'tcp',
          host: listenHost(kind, bind === null ? null : textOf(bind), gatewayPorts),
          port: listenPort,
        }
      : { type: 'unix', path: textOf(listenPath) };
  return {
    side: kind === 'remote' ? 'remote' : 'local',
    listen,
    target:
      connectPath !== null
        ? { type: 'unix', path: textOf(connectPath) }
        : connectHost === 'socks' && connectPort === 0
          ? { type: 'socks' }
          : { type: 'tcp', host: textOf(connectHost ?? ''), port: connectPort },
    text,
  };
}

/** No bind address: this machine alone, or everyone with GatewayPorts. On the server its own GatewayPorts decides. */
export function listenHost(kind: ForwardSide, bind: string | null, gatewayPorts: boolean): string {
  if (bind === null) return gatewayPorts && kind !== 'remote' ? '' : 'localhost';
  return bind === '*' ? '' : bind;
}
