import { REAL_WORLD } from '../../../../src/world/real-world.js';
import { T0 } from '../../contract/entries.js';

/** At the time of the holds, and twenty times as impatient with reservations of others as a real instance. */
export const HASTY = {
  ...REAL_WORLD,
  clock: { now: () => T0, monotonicUs: () => REAL_WORLD.clock.monotonicUs() * 20 },
};
