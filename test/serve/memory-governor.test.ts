import { describe, expect, it } from 'vitest';
import { memoryGovernor } from '../../src/serve/memory-governor.js';

describe('the memory governor', () => {
  it('is frugal from the target on, until well below it, and says so once', () => {
    const told: boolean[] = [];
    let resident = 0;
    const step = memoryGovernor(100, {
      residentBytes: () => resident,
      setFrugal: (frugal) => told.push(frugal),
    });
    for (const bytes of [10, 99, 100, 101, 150, 99, 90, 86, 85, 50, 99, 120]) {
      resident = bytes;
      step();
    }
    expect(told).toEqual([true, false, true]);
  });
});
