/** The machine's own addresses, and when they change: Node gives no event for that, so they are looked at again and again. */
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

/**
 * The addresses of all interfaces but loopback, without link-local ones, which come and go for no reason of ours. Null when
 * the system does not say, as when no file descriptor is left.
 */
function localAddresses(): ReadonlySet<string> | null {
  let interfaces: ReturnType<typeof networkInterfaces>;
  try {
    interfaces = networkInterfaces();
  } catch {
    return null;
  }
  const found = new Set<string>();
  for (const addresses of Object.values(interfaces)) {
    for (const { address, internal } of addresses ?? []) {
      if (!internal && !/^fe80:/i.test(address)) found.add(address);
    }
  }
  return found;
}

/**
 * @param every calls at intervals (the clock's)
 * @returns how to stop watching
 */
export function watchAddresses(
  every: (look: () => void) => () => void,
  onChange: (gone: readonly string[], came: readonly string[]) => void,
): () => void {
  let known = localAddresses();
  return every(() => {
    const now = localAddresses();
    if (now === null) return;
    const before = known ?? now;
    known = now;
    const gone = [...before].filter((address) => !now.has(address));
    const came = [...now].filter((address) => !before.has(address));
    if (gone.length > 0 || came.length > 0) onChange(gone, came);
  });
}
