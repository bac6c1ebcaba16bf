/** The machine's own addresses. */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { readIfThere } from './base/ifthere.js';

/**
 * The addresses of all interfaces that are up (getifaddrs(3), as `Match localnetwork` asks for them). Node leaves out those
 * without a carrier, as an idle bridge; on Linux the kernel's tables name them. Those of one link alone keep their scope.
 */
export function interfaceAddresses(): readonly string[] {
  try {
    return [...inet4(), ...inet6()];
  } catch {
    return Object.values(networkInterfaces()).flatMap((all) =>
      (all ?? []).map(({ address, scopeid }) => (scopeid ? `${address}%${scopeid}` : address)),
    );
  }
}

/** /proc/net/fib_trie: the local table has one host for each address of an interface that is up. */
function inet4(): readonly string[] {
  const found = new Set<string>();
  let last = '';
  for (const line of readFileSync('/proc/net/fib_trie', 'latin1').split('\n')) {
    last = /\|-- (\S+)/.exec(line)?.[1] ?? last;
    if (/^\s*\/32 host LOCAL/.test(line)) found.add(last);
  }
  return [...found];
}

function inet6(): readonly string[] {
  // A kernel without IPv6 has no such table.
  return (readIfThere('/proc/net/if_inet6') ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const [digits = '', , , scope, , name = ''] = line.split(/\s+/);
      const flags = Number(readFileSync(`/sys/class/net/${name}/flags`, 'latin1'));
      const address = digits.replace(/(.{4})(?!$)/g, '$1:');
      return flags & 1 ? [scope === '20' ? `${address}%${name}` : address] : [];
    });
}
