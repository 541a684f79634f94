import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ShownChanges } from '../../../src/facts/lists/shown-changes.js';

const entry = (value: string, number: number) => ({
  value,
  reason: String(number),
  actor: '',
  source: '',
  validFrom: 0,
  validUntil: Infinity,
});

it('are those of the first values in their order, whichever way they are told', () => {
  const value = fc.constantFrom('a', 'b', 'ba', 'c', '\u{1f600}', '\uff5e', 'z');
  fc.assert(
    fc.property(fc.array(value), fc.nat({ max: 6 }), (values, limit) => {
      const shown = new ShownChanges(limit);
      const entries = values.map(entry);
      for (const one of entries) {
        // Nothing that is not wanted would have been shown.
        if (shown.wants('removed', one.value)) shown.removed([one]);
      }
      shown.added(entries);
      const first = entries
        .toSorted((a, b) => Buffer.compare(Buffer.from(a.value), Buffer.from(b.value)))
        .slice(0, limit);
      const part = shown.part.shown ?? [];
      expect(part.filter(({ effect }) => effect === 'removed').map((one) => one.entry)).toEqual(first);
      expect(part.filter(({ effect }) => effect === 'added').map((one) => one.entry)).toEqual(first);
      expect(shown.part.shown === undefined).toBe(limit === 0);
    }),
  );
});
