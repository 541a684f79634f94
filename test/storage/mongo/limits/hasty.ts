import { REAL_WORLD } from '../../../../src/world/real-world.js';

/** Twenty times as impatient with reservations of others as a real instance. */
export const HASTY = {
  ...REAL_WORLD,
  clock: { ...REAL_WORLD.clock, monotonicUs: () => REAL_WORLD.clock.monotonicUs() * 20 },
};
