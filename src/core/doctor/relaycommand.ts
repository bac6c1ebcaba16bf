import {
  idleMsOf,
  parseSocketOption,
  type SocketKeepalive,
  type SocketOptionName,
} from '../keepalive/socketoptions.js';

/** A ProxyCommand that is `holdfast relay`: the straight way, with TCP keepalive of its own. */
export interface RelayWay {
  /** null: with the values of the system. */
  readonly keepalive: SocketKeepalive | null;
  /** A dead peer is noticed so long after its last word, with nothing in flight; null: by the values of the system. */
  readonly idleMs: number | null;
  /** TCP_USER_TIMEOUT of its socket; 0: none. */
  readonly userTimeoutMs: number;
}

const usual: SocketKeepalive = { idleS: 15, intervalS: 5, probes: 3 };

/** null: another command, or more than one. It must lead to the host itself: `holdfast relay ... %h %p`. */
export function relayIn(command: string): RelayWay | null {
  const [, rest] = /^(?:exec\s+)?(?:\S*\/)?holdfast\s+relay\s+([^;|&<>$`"'\\]*)$/.exec(command.trim()) ?? [];
  if (rest === undefined) return null;
  const words = rest.replaceAll('=', ' ').split(/\s+/);
  if (!words.join(' ').includes('%h %p')) return null;
  const behind = (name: SocketOptionName) => words[words.indexOf(`--${name}`) + 1];
  const given = words.includes('--tcp-keepalive') ? (behind('tcp-keepalive') ?? '') : null;
  const timeout = words.includes('--tcp-user-timeout') ? (behind('tcp-user-timeout') ?? '') : null;
  const isSystem = given === 'system';
  const parsed = given === null || isSystem ? null : parseSocketOption('tcp-keepalive', given);
  const ended = timeout === null ? null : parseSocketOption('tcp-user-timeout', timeout);
  // It would not start.
  if (parsed?.ok === false || ended?.ok === false) return null;
  const userTimeoutMs = ended?.options.tcpUserTimeoutMs ?? 0;
  if (isSystem) return { keepalive: null, idleMs: null, userTimeoutMs };
  const keepalive = parsed?.options.tcpKeepalive ?? usual;
  return { keepalive, idleMs: idleMsOf(keepalive, userTimeoutMs), userTimeoutMs };
}
