import { bytesOf } from '../core/sshconfig/bytes.js';
import type { NameAnswer } from '../core/sshconfig/resolve/resolveinput.js';
import type { Family } from '../core/sshconfig/values/canonicaladdress.js';
import { addressesOf, canonicalNameOf } from '../io/dnslookup.js';

/** A name as CanonicalizeHostname has ssh look it up: it asks the network. */
export async function lookUp(name: string, family: Family): Promise<NameAnswer> {
  if ((await addressesOf(name, family)).length === 0) return { type: 'missing' };
  const cname = await canonicalNameOf(name);
  return { type: 'found', cname: cname === null ? null : bytesOf(cname) };
}
