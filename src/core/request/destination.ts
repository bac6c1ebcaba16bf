import { type Failure, failure } from '../failure.js';
import { validHostName, validUserName } from '../sshconfig/values/jump.js';

/** Whom to connect to, as typed: `[user@]host` or `ssh://[user@]host[:port]`. */
export interface Destination {
  readonly host: string;
  readonly user: string | null;
  readonly port: number | null;
}

export type ParsedDestination =
  | { readonly ok: true; readonly destination: Destination }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Reads a destination as ssh does (ssh.c; `parse_ssh_uri` in misc.c). `host:2222` is a name, as in ssh. IPv6
 * addresses may stand in brackets, which OpenSSH 9.2 does not take. Names that a
 * shell would take apart are refused (`valid_hostname` and `valid_ruser` in ssh.c, since 9.6).
 */
export function parseDestination(text: string): ParsedDestination {
  const read = text.startsWith('ssh://') ? fromUri(text) : fromWord(text);
  if (read === null) {
    return refuse(text, 'want [user@]host or ssh://[user@]host[:port], as in ssh://bob@db.example:2222');
  }
  if (read.host === '' || !validHostName(read.host, { checkedNames: false }))
    return refuse(text, 'a host name has no blanks, no shell signs and no "-" in front');
  if (read.user !== null && !validUser(read.user))
    return refuse(text, 'the user name has signs of the shell in it');
  return { ok: true, destination: read };
}

function refuse(text: string, why: string): ParsedDestination {
  // A password in a URI stays out of the message.
  const shown = JSON.stringify(text.replace(/^(ssh:\/\/[^:@/]*:)[^@]*@/, '$1***@'));
  return { ok: false, failure: failure('usage', `host ${shown}: ${why}`) };
}

function fromWord(text: string): Destination | null {
  const at = text.lastIndexOf('@');
  const host = text.slice(at + 1).replace(/^\[(.*:.*)\]$/, '$1');
  if (at === 0 || host === '') return null;
  return { host, user: at === -1 ? null : text.slice(0, at), port: null };
}

function fromUri(text: string): Destination | null {
  const match = /^ssh:\/\/(?:([^@/]*)@)?(?:\[([^\]]+)\]|([^:/[\]@]+))(?::(\d+))?\/?$/.exec(text);
  if (match === null) return null;
  const [, info, bracketed, name, digits] = match;
  const port = digits === undefined ? null : Number(digits);
  if (port !== null && (port < 1 || port > 65_535)) return null;
  // A password has no place in a URI; what follows ";" are parameters of a draft that ssh skips.
  const user = info === undefined ? null : decoded(info.split(';')[0] ?? '');
  if (user === '' || user?.includes(':')) return null;
  return { host: bracketed ?? name ?? '', user, port };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** Also for names given by User or -l. */
export function validUser(user: string): boolean {
  return user !== '' && validUserName(user);
}
