import { clouds } from './middleboxes/clouds.js';
import { devices } from './middleboxes/devices.js';
import type { Middlebox } from './middleboxes/middlebox.js';
import { software } from './middleboxes/software.js';

/** Every known idle time-out. */
export const middleboxes: readonly Middlebox[] = [...clouds, ...devices, ...software].map((row) => ({
  concerns: 'tcp',
  refreshedBy: 'packet',
  ...row,
}));

type MiddleboxOnPath = Middlebox & { readonly idleMs: number };

/** Those that a plain ssh connection can meet, the shortest time first. */
export const middleboxesOnPath: readonly MiddleboxOnPath[] = middleboxes
  .flatMap((middlebox) => {
    const { idleMs, concerns } = middlebox;
    return idleMs !== null && concerns === 'tcp' ? [{ ...middlebox, idleMs }] : [];
  })
  .sort((a, b) => a.idleMs - b.idleMs);

/** The shortest time-out a plain ssh connection commonly meets: verified, of a middlebox that counts packets, a minute at least. */
export const commonMiddlebox = middleboxesOnPath.find(
  ({ confidence, refreshedBy, idleMs }) =>
    confidence === 'verified' && refreshedBy === 'packet' && idleMs >= 60_000,
);

/** Those with a name, the shortest time first. */
export const namedMiddleboxes: ReadonlyMap<string, MiddleboxOnPath> = new Map(
  middleboxesOnPath.flatMap((middlebox) =>
    middlebox.name === undefined ? [] : [[middlebox.name, middlebox] as const],
  ),
);
