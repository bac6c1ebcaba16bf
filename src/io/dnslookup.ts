/** Names of this machine's network: hosts, as getaddrinfo(3) finds them, and interfaces. */
import { lookup, Resolver } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';

const families = { any: 0, inet: 4, inet6: 6 } as const;

/** The addresses of a host in the order of the system's resolver; none when it is not found. */
export async function addressesOf(name: string, family: keyof typeof families): Promise<readonly string[]> {
  // An empty name is none, whatever Node makes of it.
  if (name === '') return [];
  try {
    const found = await lookup(name, { all: true, family: families[family], order: 'verbatim' });
    return found.map(({ address }) => address);
  } catch {
    return [];
  }
}

/** CNAMEs followed at most. */
const mostAliases = 8;

/**
 * The name at the end of a host's CNAMEs; null: it has none. getaddrinfo(3) would say it as well (AI_CANONNAME), but Node
 * does not ask it; so this is DNS alone, and no name of /etc/hosts has another.
 */
export async function canonicalNameOf(name: string): Promise<string | null> {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  let found: string | null = null;
  for (let step = 0; step < mostAliases; step += 1) {
    const next: readonly string[] = await resolver.resolveCname(found ?? name).catch(() => []);
    if (next[0] === undefined) return found;
    found = next[0];
  }
  return found;
}

/** Is there a network interface of that name, with an address? */
export function hasInterface(name: string): boolean {
  return Object.hasOwn(networkInterfaces(), name);
}
