import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { LinePlaces } from '../../src/cli/input/line-places.js';

it('finds the line of every entry, whatever lines were left out between them', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 3 })), (steps) => {
      const places = new LinePlaces();
      let line = 0;
      const lines = steps.map((step) => (line += step));
      for (const one of lines) places.add(one);
      expect(lines.map((_, index) => places.lineOf(index + 1))).toEqual(lines);
    }),
  );
});
