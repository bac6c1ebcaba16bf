import { type Failure, failure } from '../failure.js';
import { splitWords } from '../text/argv.js';
import type { Endpoint, Forward, Target } from './request.js';

/** `local` -L, `remote` -R, `dynamic` -D. */
export type ForwardKind = 'local' | 'remote' | 'dynamic';

export type Forwarded =
  | { readonly ok: true; readonly forward: Forward }
  | { readonly ok: false; readonly failure: Failure };

interface Field {
  readonly text: string;
  /** Has a "/": the path of a unix socket. */
  readonly path: boolean;
}

interface Pieces {
  /** Null: none was given, GatewayPorts decides. */
  readonly bind: string | null;
  readonly listen: Field;
  readonly target: readonly [host: Field, port: Field] | Field | 'socks';
}

const letters = { local: '-L', remote: '-R', dynamic: '-D' } as const;
const keywords = { local: 'LocalForward', remote: 'RemoteForward', dynamic: 'DynamicForward' } as const;

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
export function parseForward(kind: ForwardKind, spec: string, gatewayPorts: boolean): Forwarded {
  const name = `${letters[kind]} ${JSON.stringify(spec)}`;
  return read(kind, spec, gatewayPorts, `${letters[kind]} ${spec}`, `${name}: want ${optionForms[kind]}`);
}

/** What stands after LocalForward, RemoteForward or DynamicForward in a configuration: the halves are two words. */
export function parseForwardLine(kind: ForwardKind, line: string, gatewayPorts: boolean): Forwarded {
  const text = `${keywords[kind]} ${line}`;
  const wanted = `${keywords[kind]} ${JSON.stringify(line)}: want ${lineForms[kind]}`;
  const words = splitWords(line);
  const fits = words?.length === 1 || (words?.length === 2 && kind !== 'dynamic');
  if (words === null || !fits) return { ok: false, failure: failure('config', wanted) };
  const forwarded = read(kind, words.join(':'), gatewayPorts, text, wanted);
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
  const made = (target: Endpoint): Forwarded => {
    const fault = pathFault([target]);
    if (fault !== null) return wrong(` (${fault})`);
    return { ok: true, forward: { side: 'local', listen: { type: 'stdio' }, target, text } };
  };
  const [host, port, more] = fieldsOf(spec) ?? [];
  if (!host || more) return wrong('');
  if (!port) return host.path ? made({ type: 'unix', path: host.text }) : wrong('');
  const number = portOf(port.text);
  if (number === null || number === 0) return wrong(` (${JSON.stringify(port.text)} is no port: 1 to 65535)`);
  return host.text === ''
    ? wrong(' (the host is empty)')
    : made({ type: 'tcp', host: host.text, port: number });
}

function read(
  kind: ForwardKind,
  spec: string,
  gatewayPorts: boolean,
  text: string,
  wanted: string,
): Forwarded {
  const wrong = (why?: string): Forwarded => ({
    ok: false,
    failure: failure('usage', why === undefined ? wanted : `${wanted} (${why})`),
  });
  const fields = fieldsOf(spec);
  const pieces = fields && piecesOf(kind, fields);
  if (!pieces) return wrong();

  const { bind, target } = pieces;
  let listen: Endpoint;
  if (pieces.listen.path) {
    listen = { type: 'unix', path: pieces.listen.text };
  } else {
    const port = portOf(pieces.listen.text);
    if (port === null) return wrong(`${JSON.stringify(pieces.listen.text)} is no port: 0 to 65535`);
    listen = { type: 'tcp', host: listenHost(kind, bind, gatewayPorts), port };
  }

  let end: Target;
  if (target === 'socks') {
    end = { type: 'socks' };
  } else if ('text' in target) {
    end = { type: 'unix', path: target.text };
  } else {
    const port = portOf(target[1].text);
    if (port === null || port === 0) return wrong(`${JSON.stringify(target[1].text)} is no port: 1 to 65535`);
    if (target[0].text === '') return wrong('the host is empty');
    end = { type: 'tcp', host: target[0].text, port };
  }

  const fault = pathFault([listen, end]);
  if (fault !== null) return wrong(fault);
  return { ok: true, forward: { side: kind === 'remote' ? 'remote' : 'local', listen, target: end, text } };
}

function pathFault(ends: readonly Target[]): string | null {
  const tooLong = ends.some(
    (end) => end.type === 'unix' && new TextEncoder().encode(end.path).length > maxPathBytes,
  );
  return tooLong ? `the path of a socket has ${maxPathBytes} bytes at most` : null;
}

/** sun_path of unix(7) is 108 bytes with its final zero. */
const maxPathBytes = 107;

/** No bind address: this machine alone, or everyone with GatewayPorts. On the server its own GatewayPorts decides. */
export function listenHost(kind: ForwardKind, bind: string | null, gatewayPorts: boolean): string {
  if (bind === null) return gatewayPorts && kind !== 'remote' ? '' : 'localhost';
  return bind === '*' ? '' : bind;
}

function portOf(text: string): number | null {
  return /^\d+$/.test(text) && Number(text) <= 65_535 ? Number(text) : null;
}

/** Up to four fields between colons; in brackets everything is literal. Null when something is left over. */
function fieldsOf(spec: string): readonly Field[] | null {
  const fields: Field[] = [];
  let rest = spec.trimStart();
  while (rest !== '') {
    // As in OpenSSH, a colon at the very end is not looked at.
    const match = /^\[([^\]]*)\](?::|$)/.exec(rest) ?? /^(?!\[)((?:\\.|[^\\:])*)(?::|$)/s.exec(rest);
    if (match === null || fields.length === 4) return null;
    const [whole, inner = ''] = match;
    // An escaped "/" makes no path, as in OpenSSH.
    if (rest.startsWith('[')) fields.push({ text: inner, path: inner.includes('/') });
    else
      fields.push({ text: inner.replace(/\\(.)/gs, '$1'), path: inner.replace(/\\./gs, '').includes('/') });
    rest = rest.slice(whole.length);
  }
  return fields;
}

/** Which field is what: the switch over the number of fields in `parse_forward`. */
function piecesOf(kind: ForwardKind, fields: readonly Field[]): Pieces | null {
  const [a, b, c, d] = fields;
  const fixed = kind === 'dynamic' ? null : fixedPieces(a, b, c, d);
  if (fixed || kind === 'local') return fixed;
  if (a && !b) return { bind: null, listen: a, target: 'socks' };
  if (a && b && !c && !b.path) return { bind: a.text, listen: b, target: 'socks' };
  return null;
}

function fixedPieces(a?: Field, b?: Field, c?: Field, d?: Field): Pieces | null {
  if (!a || !b) return null;
  if (!c) return b.path ? { bind: null, listen: a, target: b } : null;
  if (d) return { bind: a.text, listen: asPort(b), target: [c, d] };
  if (a.path) return { bind: null, listen: a, target: [b, c] };
  if (c.path) return { bind: a.text, listen: asPort(b), target: c };
  return { bind: null, listen: a, target: [b, c] };
}

/** A field that can only be a port: with a "/" it is a bad one, not a path. */
function asPort(field: Field): Field {
  return { text: field.text, path: false };
}
