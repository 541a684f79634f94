import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createMinHeap } from '../../src/simulate/min-heap.js';

it('gives back the earliest first, equal moments in the order they came, also between pushes', () => {
  const steps = fc.array(fc.option(fc.integer({ min: 0, max: 9 }), { freq: 3 }), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (moments) => {
      const heap = createMinHeap<{ at: number; id: number }>();
      let naive: { at: number; id: number }[] = [];
      moments.forEach((at, id) => {
        if (at === null) {
          const first = naive.reduce<{ at: number; id: number } | undefined>(
            (best, item) => (best === undefined || item.at < best.at ? item : best),
            undefined,
          );
          expect(heap.peek()).toEqual(first);
          expect(heap.pop()).toEqual(first);
          naive = naive.filter((item) => item !== first);
        } else {
          const item = { at, id };
          heap.push(item);
          naive.push(item);
        }
        expect(heap.size).toBe(naive.length);
      });
    }),
  );
});
