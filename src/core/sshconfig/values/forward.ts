import { type Bytes, isSpace } from '../bytes.js';
import { portOf, type Services } from './ports.js';
import { type Environment, expanded } from './tokens.js';

export type ForwardSide = 'local' | 'remote' | 'dynamic';

/** A forward as ssh keeps it (`struct Forward`). Of host and port on one side, and path, one is set. */
export interface ForwardValue {
  readonly side: ForwardSide;
  readonly listenHost: Bytes | null;
  readonly listenPort: number;
  readonly listenPath: Bytes | null;
  /** `socks`: the client that connects names the target. */
  readonly connectHost: Bytes | null;
  readonly connectPort: number;
  readonly connectPath: Bytes | null;
}

export interface ForwardField {
  readonly text: Bytes;
  /** Has a `/`: the path of a unix socket. */
  readonly isPath: boolean;
}

/** `why`: which field is wrong; null: there are too few fields, or too many. */
export type ForwardReading =
  | { readonly ok: true; readonly forward: ForwardValue }
  | { readonly ok: false; readonly why: string | null };

/** The buffer that ssh puts the two words together in. */
const longestSpec = 255;
/** sun_path of unix(7), and NI_MAXHOST. */
export const longestPath = 107;
const longestHost = 1_024;

/**
 * The words behind LocalForward, RemoteForward or DynamicForward (`parse_forward` in readconf.c). `${NAME}` is expanded
 * first, so that it may hold the path of a socket. A remote forward without a target is a SOCKS proxy over there. Null:
 * ssh refuses it.
 */
export function readForward(
  side: ForwardSide,
  listen: Bytes,
  target: Bytes | null,
  environment: Environment,
  services: Services,
): ForwardValue | null {
  const socks = target === null;
  const spec = (socks ? listen : `${listen}:${target}`).slice(0, longestSpec);
  const text = expanded(spec, null, environment);
  const read = text.ok ? readForwardFields(side, text.text, { socks, services }) : null;
  return read?.ok ? read.forward : null;
}

/** What differs between the lines of a file and the options of a command line. */
export interface ForwardRules {
  /** Without a target, for clients that say themselves where to. */
  readonly socks: boolean;
  readonly services: Services;
  /** May a listener here have port 0, any free one? @default false */
  readonly freePort?: boolean;
}

/** The same for a text whose variables are expanded, with a colon between both halves. */
export function readForwardFields(
  side: ForwardSide,
  text: Bytes,
  { socks, services, freePort = false }: ForwardRules,
): ForwardReading {
  let why: string | null = null;
  const port = ({ text }: ForwardField, least: 0 | 1): number => {
    const number = portOf(text, services);
    if (number < least) why ??= `${JSON.stringify(text)} is no port: ${least} to 65535`;
    return number;
  };
  const fields = forwardFields(text);
  const forward = fields && assigned(side, fields, socks, port);
  if (forward === null) return { ok: false, why: null };
  if (why !== null) return { ok: false, why };
  const { listenHost, listenPort, listenPath, connectHost, connectPath } = forward;
  if (!freePort && side !== 'remote' && listenPath === null && listenPort === 0) {
    return { ok: false, why: '"0" is no port: 1 to 65535' };
  }
  if (tooLong(connectPath, longestPath) || tooLong(listenPath, longestPath)) {
    return { ok: false, why: `the path of a socket has ${longestPath} bytes at most` };
  }
  if (tooLong(connectHost, longestHost) || tooLong(listenHost, longestHost)) {
    return { ok: false, why: `the name of a host has ${longestHost} bytes at most` };
  }
  return { ok: true, forward };
}

function tooLong(text: Bytes | null, most: number): boolean {
  return text !== null && text.length > most;
}

/** Up to four fields between colons; what is in brackets is literal. A colon at the end is not looked at. */
export function forwardFields(text: Bytes): readonly ForwardField[] | null {
  let at = 0;
  while (at < text.length && isSpace(text.charCodeAt(at))) at += 1;
  const fields: ForwardField[] = [];
  while (at < text.length) {
    if (fields.length === 4) return null;
    const field = text[at] === '[' ? bracketed(text, at) : unbracketed(text, at);
    if (field === null) return null;
    if (field === 'nothing') return fields;
    fields.push(field);
    at = field.next;
  }
  return fields;
}

function bracketed(text: Bytes, at: number): (ForwardField & { next: number }) | null {
  const close = text.indexOf(']', at);
  if (close === -1 || (close + 1 < text.length && text[close + 1] !== ':')) return null;
  const inner = text.slice(at + 1, close);
  return { text: inner, isPath: inner.includes('/'), next: close + 2 };
}

/** A backslash takes what follows as it is. One at the very end spoils the field, unless it is all of it. */
function unbracketed(text: Bytes, from: number): (ForwardField & { next: number }) | 'nothing' | null {
  let field = '';
  let isPath = false;
  let at = from;
  for (; at < text.length && text[at] !== ':'; at += 1) {
    if (text[at] === '\\') {
      at += 1;
      if (at === text.length) return field === '' ? 'nothing' : null;
    } else if (text[at] === '/') {
      isPath = true;
    }
    field += text.charAt(at);
  }
  return { text: field, isPath, next: at + 1 };
}

/** Which field is what, by their number. Null: there is another number of them. */
function assigned(
  side: ForwardSide,
  fields: readonly ForwardField[],
  socks: boolean,
  port: (field: ForwardField, least: 0 | 1) => number,
): ForwardValue | null {
  const none: ForwardValue = {
    side,
    listenHost: null,
    listenPort: 0,
    listenPath: null,
    connectHost: null,
    connectPort: 0,
    connectPath: null,
  };
  const [a, b, c, d] = fields;
  if (!a || (b === undefined && !socks) || (c !== undefined && socks)) return null;
  if (!b) {
    const open = { ...none, connectHost: 'socks' };
    return a.isPath ? { ...open, listenPath: a.text } : { ...open, listenPort: port(a, 0) };
  }
  if (!c) {
    if (a.isPath && b.isPath) return { ...none, listenPath: a.text, connectPath: b.text };
    if (b.isPath) return { ...none, listenPort: port(a, 0), connectPath: b.text };
    return socks ? { ...none, listenHost: a.text, listenPort: port(b, 0), connectHost: 'socks' } : null;
  }
  if (!d) {
    if (a.isPath) return { ...none, listenPath: a.text, connectHost: b.text, connectPort: port(c, 1) };
    if (c.isPath) return { ...none, listenHost: a.text, listenPort: port(b, 0), connectPath: c.text };
    return { ...none, listenPort: port(a, 0), connectHost: b.text, connectPort: port(c, 1) };
  }
  return {
    ...none,
    listenHost: a.text,
    listenPort: port(b, 0),
    connectHost: c.text,
    connectPort: port(d, 1),
  };
}

/** Two forwards are the same one when their keys are (`forward_equals`). */
export function forwardKey(value: ForwardValue): string {
  return JSON.stringify([
    value.listenHost,
    value.listenPort,
    value.listenPath,
    value.connectHost,
    value.connectPort,
    value.connectPath,
  ]);
}

/** As `ssh -G` prints it, behind the keyword (`dump_cfg_forwards`). */
export function printForward(value: ForwardValue, as: ForwardSide): Bytes {
  const listen =
    value.listenPath ??
    (value.listenHost === null ? String(value.listenPort) : `[${value.listenHost}]:${value.listenPort}`);
  if (as === 'dynamic') return listen;
  const target =
    value.connectPath ??
    (value.connectHost === null ? String(value.connectPort) : `[${value.connectHost}]:${value.connectPort}`);
  return `${listen} ${target}`;
}
