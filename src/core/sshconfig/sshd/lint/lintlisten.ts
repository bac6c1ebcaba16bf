/** Ports and addresses that say nothing, or the same twice. */

import { placeText } from '../../lint/corpus.js';
import type { Finding } from '../../lint/finding.js';
import { findingAt, keyOf, removal, removed } from '../../lint/lintreport.js';
import { canonicalAddress } from '../../values/canonicaladdress.js';
import { type ServerCorpus, type ServerEntry, standingOf } from './servercorpus.js';

export function lintListen({
  entries,
}: ServerCorpus): readonly Finding<'duplicate-listen' | 'unused-port'>[] {
  const found: Finding<'duplicate-listen' | 'unused-port'>[] = [];
  const seen = new Map<string, ServerEntry>();
  const ports: ServerEntry[] = [];
  const addresses: ServerEntry[] = [];
  for (const entry of entries) {
    const said = saidBy(entry);
    if (said === null || standingOf(entry) === 'block') continue;
    const twin = seen.get(said);
    seen.set(said, twin ?? entry);
    if (twin !== undefined) {
      const sentence = `${placeText(twin)} says the same; sshd fails to listen there the second time`;
      found.push(findingAt(entry, 'duplicate-listen', sentence, removal(entry)));
    }
    (keyOf(entry) === 'port' ? ports : addresses).push(entry);
  }
  const [address] = addresses;
  if (address === undefined || !addresses.every(hasPort)) return found;
  for (const entry of ports) {
    const sentence = `Port counts for no address: each ListenAddress has a port of its own, as ${placeText(address)}`;
    const fix = { sentence: 'remove the line, or the port of a ListenAddress', edit: removed(entry) };
    found.push(findingAt(entry, 'unused-port', sentence, fix));
  }
  return found;
}

/** What a line listens to, in one spelling; null: it is no such line. */
function saidBy({ statement }: ServerEntry): string | null {
  if (statement.type !== 'value') return null;
  const { value } = statement.reading;
  if (statement.keyword.key === 'port' && value.type === 'number') return String(value.number);
  if (statement.keyword.key !== 'listenaddress' || value.type !== 'words') return null;
  const [host = '', ...rest] = value.words;
  return JSON.stringify([canonicalAddress(host, 'any') ?? host, ...rest]);
}

function hasPort({ statement }: ServerEntry): boolean {
  return (
    statement.type === 'value' &&
    statement.reading.value.type === 'words' &&
    statement.reading.value.words[1] !== '0'
  );
}
