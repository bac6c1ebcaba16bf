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
  /** `socks`: whoever connects says where to. */
  readonly connectHost: Bytes | null;
  readonly connectPort: number;
  readonly connectPath: Bytes | null;
}

interface Field {
  readonly text: Bytes;
  readonly isPath: boolean;
}

/** The buffer that ssh puts the two words together in. */
const longestSpec = 255;
/** sun_path of unix(7), and NI_MAXHOST. */
const longestPath = 107;
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
  if (!text.ok) return null;
  const fields = fieldsOf(text.text);
  if (fields === null) return null;
  const made = assigned(side, fields, services);
  if (made === null || !fits(made, fields.length, socks)) return null;
  return made;
}

/** Up to four fields between colons; what is in brackets is literal. A colon at the end is not looked at. */
function fieldsOf(text: Bytes): readonly Field[] | null {
  let at = 0;
  while (at < text.length && isSpace(text.charCodeAt(at))) at += 1;
  const fields: Field[] = [];
  while (at < text.length) {
    if (fields.length === 4) return null;
    const field = text[at] === '[' ? bracketed(text, at) : plain(text, at);
    if (field === null) return null;
    if (field === 'nothing') return fields;
    fields.push(field);
    at = field.next;
  }
  return fields;
}

function bracketed(text: Bytes, at: number): (Field & { next: number }) | null {
  const close = text.indexOf(']', at);
  if (close === -1 || (close + 1 < text.length && text[close + 1] !== ':')) return null;
  const inner = text.slice(at + 1, close);
  return { text: inner, isPath: inner.includes('/'), next: close + 2 };
}

/** A backslash takes what follows as it is. One at the very end spoils the field, unless it is all of it. */
function plain(text: Bytes, from: number): (Field & { next: number }) | 'nothing' | null {
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

/** Which field is what, by their number. */
function assigned(side: ForwardSide, fields: readonly Field[], services: Services): ForwardValue | null {
  const none: ForwardValue = {
    side,
    listenHost: null,
    listenPort: 0,
    listenPath: null,
    connectHost: null,
    connectPort: 0,
    connectPath: null,
  };
  const port = (field: Field) => portOf(field.text, services);
  const [a, b, c, d] = fields;
  if (!a) return null;
  if (!b) {
    const socks = { ...none, connectHost: 'socks' };
    return a.isPath ? { ...socks, listenPath: a.text } : { ...socks, listenPort: port(a) };
  }
  if (!c) {
    if (a.isPath && b.isPath) return { ...none, listenPath: a.text, connectPath: b.text };
    if (b.isPath) return { ...none, listenPort: port(a), connectPath: b.text };
    return { ...none, listenHost: a.text, listenPort: port(b), connectHost: 'socks' };
  }
  if (!d) {
    if (a.isPath) return { ...none, listenPath: a.text, connectHost: b.text, connectPort: port(c) };
    if (c.isPath) return { ...none, listenHost: a.text, listenPort: port(b), connectPath: c.text };
    return { ...none, listenPort: port(a), connectHost: b.text, connectPort: port(c) };
  }
  return {
    ...none,
    listenHost: a.text,
    listenPort: port(b),
    connectHost: c.text,
    connectPort: port(d),
  };
}

function fits(value: ForwardValue, count: number, socks: boolean): boolean {
  const { listenHost, listenPort, listenPath, connectHost, connectPort, connectPath } = value;
  if (socks) {
    if (count > 2) return false;
  } else {
    if (count < 3 && connectPath === null && listenPath === null) return false;
    if (connectPort <= 0 && connectPath === null) return false;
  }
  if (listenPath === null && (listenPort < 0 || (value.side !== 'remote' && listenPort === 0))) return false;
  if ((connectHost ?? '').length > longestHost || (listenHost ?? '').length > longestHost) return false;
  return (connectPath ?? '').length <= longestPath && (listenPath ?? '').length <= longestPath;
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
