/** Notices that local addresses come and go. Node gives no event for it, so the list is looked at again and again. */
import { networkInterfaces } from 'node:os';

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
