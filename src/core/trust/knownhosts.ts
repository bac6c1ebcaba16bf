/**
 * known_hosts as OpenSSH reads it (sshd(8) SSH_KNOWN_HOSTS FILE FORMAT, hostfile.c), and the one query it answers:
 * is this the key we know? What follows from the answer is decided in hosttrust.ts.
 *
 * Looked up by host name only: CheckHostIP is off by default since OpenSSH 8.5. `@cert-authority` lines name no plain
 * key and are skipped.
 */

import { sameBytes } from '../net/wireformat.js';
import { lowerCase, matchPatterns } from '../text/pattern.js';
import { decodeBase64, encodeBase64, keyTypeOf, readKey, typeNameOf, typeOfAlgorithm } from './hostkey.js';

export interface HostsFile {
  readonly path: string;
  readonly text: string;
}

/** What the core cannot compute without a crypto library. */
export interface Digests {
  /** HMAC-SHA1 of the text in UTF-8. */
  hmacSha1(key: Uint8Array, text: string): Uint8Array;
  /** `SHA256:...` as `ssh-keygen -l` prints it. */
  fingerprint(blob: Uint8Array): string;
}

/** A line that may hold a key. Its key is decoded at the first use. */
interface HostLine {
  readonly marker: 'none' | 'revoked';
  /** A comma list of patterns, or one hashed name. */
  readonly names: string;
  readonly type: string;
  readonly base64: string;
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
}

/** A key by its type and fingerprint, as ssh prints them. */
export interface KeyFace {
  /** `ED25519`, `RSA` ... */
  readonly keyType: string;
  /** `SHA256:...` */
  readonly fingerprint: string;
}

export interface KnownKey extends KeyFace {
  readonly file: string;
  readonly line: number;
}

/** `offered` is the key the server showed. */
export type KeyJudgement =
  | { readonly type: 'known'; readonly offered: KeyFace; readonly file: string; readonly line: number }
  /** `elsewhere`: the lines that hold this very key under other names, as `file:line: names`. */
  | { readonly type: 'unknown'; readonly offered: KeyFace; readonly elsewhere: readonly string[] }
  /** `known`: each key known under this name, in the order of the files; at least one. */
  | { readonly type: 'changed'; readonly offered: KeyFace; readonly known: readonly KnownKey[] }
  | { readonly type: 'revoked'; readonly offered: KeyFace; readonly file: string; readonly line: number };

/** The lines with a key, in order. Comments, `@cert-authority`, unknown markers and lines cut short are left out. */
function readHostLines(files: readonly HostsFile[]): HostLine[] {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => readHostLine(line, path, index + 1) ?? []),
  );
}

/**
 * As hostkeys_foreach in hostfile.c, with one difference: a marker may be followed by a tab. ssh then looks for the next
 * space, takes the tab for a part of the marker and drops the line, so that `@revoked<tab>*` revokes nothing.
 */
function readHostLine(text: string, file: string, line: number): HostLine | null {
  const words = text.split(/[ \t\r]+/).filter((word) => word !== '');
  const marked = words[0]?.startsWith('@') ?? false;
  if (marked && words[0] !== '@revoked') return null;
  const [names, type, base64] = marked ? words.slice(1) : words;
  if (names === undefined || names.startsWith('#') || names.startsWith('@')) return null;
  if (type === undefined || base64 === undefined) return null;
  return { marker: marked ? 'revoked' : 'none', names, type, base64, file, line };
}

interface Found {
  readonly line: HostLine;
  readonly blob: Uint8Array;
}

/** What the files say about one name. Looked up once: each hashed line costs an HMAC. */
export interface HostKeys {
  readonly exact: readonly Found[];
  /** For `[host]:port` without a key of its own: what is said about `host`. */
  readonly loose: readonly Found[];
  readonly lines: readonly HostLine[];
  readonly digests: Digests;
}

/** Looks up `host`, or `[host]:port` for another port than 22. */
export function lookUpHost(files: readonly HostsFile[], name: string, digests: Digests): HostKeys {
  const lines = readHostLines(files);
  const exact = linesOf(name, lines, digests);
  const bare = /^\[([^\]]+)\]:\d+$/.exec(name)?.[1];
  const isAnswered = bare === undefined || exact.some(({ line }) => line.marker === 'none');
  return { exact, loose: isAnswered ? [] : linesOf(bare, lines, digests), lines, digests };
}

/** What the known_hosts lines of the name say about the key that the server showed (check_host_key in sshconnect.c). */
export function judgeHostKey(keys: HostKeys, blob: Uint8Array): KeyJudgement {
  const judgement = judgeAmong(keys.exact, keys, blob);
  if (judgement.type !== 'unknown') return judgement;
  // As check_host_key in sshconnect.c: a key known for the host without a port is good for its other ports too. A key
  // revoked there (ssh warns, and may still ask) is revoked; another key there says nothing about this port.
  const loose = judgeAmong(keys.loose, keys, blob);
  return loose.type === 'known' || loose.type === 'revoked' ? loose : judgement;
}

/**
 * As check_key_in_hostkeys in hostfile.c. A key of another type than the known ones counts as changed too: the known
 * types are offered first (orderHostKeyAlgorithms), so a server that still has its old key would have shown it.
 */
function judgeAmong(found: readonly Found[], { lines, digests }: HostKeys, blob: Uint8Array): KeyJudgement {
  const offered = faceOf(blob, digests);
  const same = found.filter((each) => sameBytes(each.blob, blob));
  const revoked = same.find(({ line }) => line.marker === 'revoked');
  if (revoked !== undefined) return { type: 'revoked', offered, ...placeOf(revoked.line) };
  const match = same.find(({ line }) => line.marker === 'none');
  if (match !== undefined) return { type: 'known', offered, ...placeOf(match.line) };
  const known = found
    .filter(({ line }) => line.marker === 'none')
    .map((each) => ({ ...faceOf(each.blob, digests), ...placeOf(each.line) }));
  if (known.length > 0) return { type: 'changed', offered, known };
  return { type: 'unknown', offered, elsewhere: namesOfKey(lines, blob) };
}

/**
 * The host key algorithms in the order to offer them: those of the keys we know first, else a host known by its RSA key
 * would show its ED25519 key and look changed. The default order stays when its first algorithm is known
 * (order_hostkeyalgs in sshconnect2.c). Where nothing is known under `[host]:port`, the keys known for the host count,
 * since judgeHostKey accepts them as well; ssh leaves that out and then asks about a host it knows.
 */
export function orderHostKeyAlgorithms({ exact, loose }: HostKeys, defaults: readonly string[]): string[] {
  const types = typesOf([...exact, ...loose]);
  const isKnown = (algorithm: string): boolean => types.has(typeOfAlgorithm(algorithm));
  if (defaults[0] !== undefined && isKnown(defaults[0])) return [...defaults];
  return [...defaults.filter(isKnown), ...defaults.filter((algorithm) => !isKnown(algorithm))];
}

/** The types of the keys that are not revoked. */
function typesOf(found: readonly Found[]): Set<string> {
  const revoked = found.filter(({ line }) => line.marker === 'revoked');
  const good = found.filter(
    ({ line, blob }) => line.marker === 'none' && !revoked.some((each) => sameBytes(each.blob, blob)),
  );
  return new Set(good.flatMap(({ blob }) => typeNameOf(blob) ?? []));
}

/** The lines that apply to the name and whose key is sound. */
function linesOf(name: string, lines: readonly HostLine[], digests: Digests): Found[] {
  return lines.flatMap((line) => {
    if (!namesMatch(line.names, name, digests)) return [];
    const blob = readKey(line.type, line.base64);
    return blob === null ? [] : [{ line, blob }];
  });
}

/** Names compare without regard to case (match_hostname). A hash is over the name as written; ssh lower-cases it first. */
function namesMatch(names: string, name: string, digests: Digests): boolean {
  if (!names.startsWith('|')) {
    return matchPatterns(lowerCase(name), lowerCase(names).split(',')) === 'matched';
  }
  const [, version, saltText = '', hashText = '', ...more] = names.split('|');
  const salt = decodeBase64(saltText);
  const hash = decodeBase64(hashText);
  if (version !== '1' || more.length > 0 || salt?.length !== 20 || hash === null) return false;
  const lower = lowerCase(name);
  if (sameBytes(hash, digests.hmacSha1(salt, lower))) return true;
  return lower !== name && sameBytes(hash, digests.hmacSha1(salt, name));
}

function namesOfKey(lines: readonly HostLine[], blob: Uint8Array): string[] {
  return lines.flatMap((line) => {
    const key = line.marker === 'none' ? readKey(line.type, line.base64) : null;
    if (key === null || !sameBytes(key, blob)) return [];
    return [`${line.file}:${line.line}: ${line.names.startsWith('|') ? '[hashed name]' : line.names}`];
  });
}

function faceOf(blob: Uint8Array, digests: Digests): KeyFace {
  return { keyType: keyTypeOf(blob), fingerprint: digests.fingerprint(blob) };
}

function placeOf({ file, line }: HostLine): { readonly file: string; readonly line: number } {
  return { file, line };
}

/** The line that remembers a key, without its line end. `salt`: 20 random bytes to hash the name with, null = plain. */
export function formatHostLine(
  name: string,
  blob: Uint8Array,
  salt: Uint8Array | null,
  digests: Digests,
): string {
  const lower = lowerCase(name);
  const names =
    salt === null ? lower : `|1|${encodeBase64(salt)}|${encodeBase64(digests.hmacSha1(salt, lower))}`;
  return `${names} ${typeNameOf(blob) ?? 'unknown'} ${encodeBase64(blob)}`;
}
