import { clouds } from './middleboxes/clouds.js';
import { devices } from './middleboxes/devices.js';
import type { Middlebox } from './middleboxes/middlebox.js';
import { software } from './middleboxes/software.js';

/** Every known idle time-out. */
export const boxes: readonly Middlebox[] = [...clouds, ...devices, ...software];

/** Those that a plain ssh connection can meet, the shortest time first. */
export const boxesOnTheWay: readonly (Middlebox & { readonly idleMs: number })[] = boxes
  .flatMap((box) => (box.idleMs !== null && box.concerns === 'tcp' ? [{ ...box, idleMs: box.idleMs }] : []))
  .sort((a, b) => a.idleMs - b.idleMs);

/** The shortest time-out a plain ssh connection commonly meets: verified, of a box that counts packets, a minute at least. */
export const commonBox = boxesOnTheWay.find(
  ({ confidence, refreshedBy, idleMs }) =>
    confidence === 'verified' && refreshedBy === 'packet' && idleMs >= 60_000,
);
