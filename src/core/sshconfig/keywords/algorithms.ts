/**
 * How a line of names of algorithms is checked, and how it turns into the list that is offered (`kex_assemble_names` in
 * kex.c, `sshkey_names_valid2` in sshkey.c).
 */
import { lowerCase } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import { matchList } from '../values/lists.js';
import { type AlgorithmKind, knownTo, offeredBy } from './algorithmlists.js';
import { type Release, type Rules, usualRules } from './releases.js';

export type { AlgorithmKind } from './algorithmlists.js';

const list = (text: string): readonly Bytes[] => text.trim().split(/\s+/);

/** Debian's GSSAPI key exchanges: prefixes, the rest is the mechanism's OID. */
const gssExchanges =
  list(`gss-gex-sha1- gss-group1-sha1- gss-group14-sha1- gss-group14-sha256- gss-group16-sha512-
  gss-nistp256-sha256- gss-curve25519-sha256-`);

/** Short names of key types that pass where names of keys are checked, though they choose nothing. */
const shortNames = new Set(['ed25519', 'ed25519-sk', 'ecdsa', 'ecdsa-sk', 'dsa', 'rsa', 'null']);

/** The first name that ssh does not know, as it checks a line: up to the first empty name. Null: all are fine. */
export function unknownName(kind: AlgorithmKind, names: Bytes, rules: Rules = usualRules): Bytes | null {
  if (names === '') return '';
  for (const name of new Set(names.split(','))) {
    if (name === '') return null;
    if (!knows(kind, name, rules)) return name;
  }
  return null;
}

function knows(kind: AlgorithmKind, name: Bytes, { release, plainSignatures }: Rules): boolean {
  const known = knownTo(release);
  if (known[kind].includes(name)) return true;
  if (kind === 'kex') return gssExchanges.some((prefix) => name.startsWith(prefix));
  if (kind !== 'key' && kind !== 'signature') return false;
  // CASignatureAlgorithms is checked as any list of keys; later a whole name may not be that of a certificate.
  if (kind === 'signature' && plainSignatures && known.key.includes(name)) return false;
  const short = lowerCase(name);
  return (
    (shortNames.has(short) && (short !== 'dsa' || known.key.includes('ssh-dss'))) ||
    known.key.some((key) => matchList(key, name, false) !== 'none')
  );
}

/** The same for GSSAPIKexAlgorithms. */
export function unknownGssExchange(names: Bytes): Bytes | null {
  for (const name of names.split(',')) {
    if (name === '') return null;
    if (!gssExchanges.some((prefix) => name.startsWith(prefix))) return name;
  }
  return null;
}

/** The list that a line stands for: `+` appends to the defaults, `-` removes, `^` puts in front. Null: nothing is left. */
export function assembled(kind: AlgorithmKind, line: Bytes | null, release: Release = '9.2'): Bytes | null {
  return assembledFrom(offeredBy(release)[kind], knownTo(release)[kind], line);
}

/** The same with other defaults, and of what is chosen only what is among the known. */
export function assembledFrom(
  usual: readonly Bytes[],
  known: readonly Bytes[],
  line: Bytes | null,
): Bytes | null {
  if (line === null || line === '') return usual.join(',');
  if (line.startsWith('-')) {
    return usual.filter((name) => matchList(name, line.slice(1), false) !== 'matched').join(',');
  }
  let names = [...new Set(line.split(','))];
  if (line.startsWith('+')) names = joined(usual, upToEmpty(line.slice(1)));
  else if (line.startsWith('^')) names = line === '^' ? [...usual] : joined(line.slice(1).split(','), usual);
  const chosen = new Set<Bytes>();
  for (const name of names) {
    if (name.startsWith('!')) return null;
    if (name === '') continue;
    for (const each of known) if (matchList(each, name, false) === 'matched') chosen.add(each);
  }
  return chosen.size === 0 ? null : [...chosen].join(',');
}

function upToEmpty(names: Bytes): readonly Bytes[] {
  const all = names.split(',');
  const empty = all.indexOf('');
  return empty === -1 ? all : all.slice(0, empty);
}

function joined(first: readonly Bytes[], second: readonly Bytes[]): Bytes[] {
  return [...new Set([...first, ...second])];
}
