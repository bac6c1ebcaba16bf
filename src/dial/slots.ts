/** At most three handshakes at once with one host from this process: more are a burst that servers punish (MaxStartups). */

const atOnce = 3;

const hosts = new Map<string, { taken: number; readonly waiting: (() => void)[] }>();

/** Waits for a place. Resolves with how to give it back, which may be called more than once. */
export async function takeHandshakeSlot(host: string): Promise<() => void> {
  const slots = hosts.get(host) ?? { taken: 0, waiting: [] };
  hosts.set(host, slots);
  if (slots.taken >= atOnce) await new Promise<void>((go) => slots.waiting.push(go));
  else slots.taken += 1;
  let left = false;
  return () => {
    if (left) return;
    left = true;
    const next = slots.waiting.shift();
    if (next) next();
    else slots.taken -= 1;
    if (slots.taken === 0) hosts.delete(host);
  };
}
