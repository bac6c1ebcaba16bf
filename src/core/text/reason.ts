/** Reasons of failures in words, where the error of Node or of the system has few. */
import type { Endpoint } from '../request/request.js';

/** The message of an error; any other value as text. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The code of an error of Node or of the system, as `ENOENT`; '' for anything else. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}

/** A message built as `what: why` whose `why` came empty ends with words, not with a colon. */
export function withReason(message: string): string {
  return /(?:^|:)\s*$/.test(message) ? `${message.trimEnd()} no reason was given`.trim() : message;
}

/** The reason codes of RFC 4254, section 5.1, in the words of OpenSSH (`reason2txt` in clientloop.c). */
const words: Readonly<Record<number, string>> = {
  1: 'administratively prohibited',
  2: 'connect failed',
  3: 'unknown channel type',
  4: 'resource shortage',
};

/** What sshd says where it has nothing to say. */
const empty = /^(?:open failed)?[.\s]*$/i;

/**
 * Why a server refused to open a channel.
 * @param code of SSH_MSG_CHANNEL_OPEN_FAILURE
 * @param description the server's own words, printable; they may be missing
 */
export function channelRefusal(code: number, description: string, target: Endpoint['type']): string {
  const telling = !empty.test(description);
  // A failed connect speaks for itself: "Connection refused", "Name or service not known".
  if (code === 2 && telling) return description;
  const advice = adviceFor(code, target);
  return (
    (words[code] ?? `refused with reason ${code}`) +
    (description === '' ? '' : `: ${description}`) +
    (advice === null ? '' : `; ${advice}`)
  );
}

function adviceFor(code: number, target: Endpoint['type']): string | null {
  if (code === 1 && target === 'tcp')
    return "see AllowTcpForwarding and PermitOpen in the server's sshd_config";
  if (code === 1) return "see AllowStreamLocalForwarding in the server's sshd_config";
  // sshd gives this code for a path that it forbids, too.
  if (code === 2 && target === 'unix')
    return 'see whether the path is there on the server, and AllowStreamLocalForwarding in its sshd_config';
  if (code === 2) return 'see whether the server knows the name, and whether the port is open from there';
  if (code === 3) return 'the server does not know this kind of forward';
  return null;
}
