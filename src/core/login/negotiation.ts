/** What two sides offer each other in the key exchange, and what they have in common (RFC 4253, section 7.1). */

import { WireReader } from '../net/wireformat.js';
import { printableLine } from '../text/printable.js';

/** The name-lists of SSH_MSG_KEXINIT that a client or a server offers, best first. */
export interface Offer {
  readonly kex: readonly string[];
  readonly hostKey: readonly string[];
  /** From the client to the server, and back. */
  readonly ciphers: readonly [readonly string[], readonly string[]];
  readonly macs: readonly [readonly string[], readonly string[]];
  readonly compressions: readonly [readonly string[], readonly string[]];
}

/** Kinds of algorithms by the option of ssh_config(5) that lists them; null: no option does. */
const kinds = {
  kex: { name: 'key exchange', option: 'KexAlgorithms' },
  hostKey: { name: 'host key algorithm', option: 'HostKeyAlgorithms' },
  ciphers: { name: 'cipher', option: 'Ciphers' },
  macs: { name: 'MAC', option: 'MACs' },
  compressions: { name: 'compression', option: null },
} as const;

/** Names in the list of key exchanges that say something else: RFC 8308 section 2.1, OpenSSH's PROTOCOL section 1.9. */
const marks = /^(ext-info-[cs]|kex-strict-[cs]-v00@openssh\.com)$/;

/** Ciphers that check their own integrity: no MAC is chosen beside them. */
const sealed = /^(aes(128|256)-gcm(@openssh\.com)?|chacha20-poly1305@openssh\.com)$/;

const kexInit = 20;

/** The payload of a packet; null: it is no SSH_MSG_KEXINIT, or a damaged one. */
export function readOffer(payload: Uint8Array): Offer | null {
  const reader = new WireReader(payload);
  if (reader.take(1)?.[0] !== kexInit || reader.take(16) === null) return null;
  const lists: string[][] = [];
  for (let index = 0; index < 8; index += 1) {
    const text = reader.text();
    if (text === null) return null;
    lists.push(text === '' ? [] : text.split(','));
  }
  const [kex = [], hostKey = [], up = [], down = [], macUp = [], macDown = [], zipUp = [], zipDown = []] =
    lists;
  return {
    kex,
    hostKey,
    ciphers: [up, down],
    macs: [macUp, macDown],
    compressions: [zipUp, zipDown],
  };
}

/**
 * Which kind of algorithm client and server have none of in common, in one sentence that names both lists and the option
 * that would help; null: they have one of each. `able`: what the client could offer beyond what it does.
 */
export function mismatch(
  client: Offer,
  server: Offer,
  able: Readonly<Record<'kex' | 'hostKey' | 'ciphers' | 'macs', readonly string[]>>,
): string | null {
  const pairs: (readonly [keyof Offer, readonly string[], readonly string[]])[] = [
    ['kex', algorithmsOf(client.kex), algorithmsOf(server.kex)],
    ['hostKey', client.hostKey, server.hostKey],
  ];
  for (const way of [0, 1] as const) {
    pairs.push(['ciphers', client.ciphers[way], server.ciphers[way]]);
    const cipher = client.ciphers[way].find((name) => server.ciphers[way].includes(name));
    if (!sealed.test(cipher ?? '')) pairs.push(['macs', client.macs[way], server.macs[way]]);
    pairs.push(['compressions', client.compressions[way], server.compressions[way]]);
  }
  const missed = pairs.find(([, ours, theirs]) => !ours.some((name) => theirs.includes(name)));
  if (missed === undefined) return null;
  const [kind, ours, theirs] = missed;
  const { name, option } = kinds[kind];
  const possible = kind === 'compressions' ? [] : able[kind].filter((each) => theirs.includes(each));
  const help =
    option === null
      ? 'the server must allow a connection without compression'
      : possible.length > 0
        ? `-o ${option}=+${possible.join(',')} offers what the server has`
        : `the server must offer one of ours too, by ${option} in its sshd_config`;
  return `no ${name} in common: the server offers ${listed(theirs)}; holdfast offers ${listed(ours)}; ${help}`;
}

function algorithmsOf(kex: readonly string[]): readonly string[] {
  return kex.filter((name) => !marks.test(name));
}

/** The server's names are its own words. */
function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map((name) => printableLine(name).slice(0, 64)).join(', ');
}
