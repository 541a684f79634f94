import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FACT_CATALOGUE } from '../../../src/facts/catalogue.js';
import type { Params } from '../../../src/facts/velocity/specs/parse.js';
import { velocityOf } from '../../../src/facts/velocity/recount.js';
import { runs } from '../../support/runs.js';
import { hashOf, payment, report, spec, ZONES } from './generate.js';

const growthOf = (params: Params) => FACT_CATALOGUE.get('velocity')?.growth?.(params);

const what: fc.Arbitrary<Params> = fc.constantFrom<Params[]>(
  { fn: 'count' },
  { fn: 'count', events: 'succeeded' },
  { fn: 'count', events: ['payment', 'declined'], filter: { currency: { not: 'EUR' } } },
  { fn: 'distinct', of: 'order' },
  { fn: 'distinct', of: 'email', events: ['payment', 'authorised', 'captured'] },
);
const asked = fc.record({
  what,
  by: fc.constantFrom('card', 'email', 'ip'),
  clock: fc.constantFrom('event', 'known', 'payment'),
  includeCurrent: fc.boolean(),
});
const window = fc.constantFrom('1s', '1h', '3h', '24h', '1d', '60h');

test('a longer window never counts less, and none is missing alone', () => {
  let more = 0;
  const events = fc.array(fc.oneof(payment, report), { maxLength: 40 });
  fc.assert(
    fc.property(asked, window, window, payment, events, ({ what, ...rest }, one, other, draft, drafts) => {
      const first: Params = { ...what, ...rest, window: one };
      const second: Params = { ...what, ...rest, window: other };
      const swap = (growthOf(first)?.back ?? 0) > (growthOf(second)?.back ?? 0);
      const [short, long] = swap ? [second, first] : [first, second];
      expect(growthOf(short)?.alike).toBe(growthOf(long)?.alike);
      const seen = drafts.map((event, seq) => ({ ...event, log: 1, seq }));
      const [least, most] = [short, long].map((params) =>
        velocityOf(spec(params), { ...draft, log: 0, seq: 0 }, seen, ZONES, hashOf),
      );
      expect(least === undefined).toBe(most === undefined);
      expect(least ?? 0).toBeLessThanOrEqual(most ?? 0);
      if ((least ?? 0) < (most ?? 0)) more += 1;
    }),
    runs(1500),
  );
  expect(more).toBeGreaterThan(50);
});

test('what is asked otherwise is not alike, and what may shrink does not grow', () => {
  const count = { fn: 'count', by: 'card', window: '1h' };
  const alike = (params: Params): string | undefined => growthOf({ ...count, ...params })?.alike;
  expect(alike({ by: ['card'], window: '60m', events: 'payment', includeCurrent: false })).toBe(alike({}));
  expect(growthOf(count)?.back).toBe(3_600_000);
  const others: Params[] = [
    { by: 'email' },
    { includeCurrent: true },
    { events: 'declined' },
    { clock: 'known' },
    { filter: { currency: 'EUR' } },
    { fn: 'distinct', of: 'email' },
  ];
  const keys = [{}, ...others].map(alike);
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys).not.toContain(undefined);
  for (const fn of ['sum', 'avg', 'max', 'min', 'stddev']) expect(alike({ fn })).toBeUndefined();
  expect(alike({ window: { calendar: 'day' } })).toBeUndefined();
  expect(alike({ fn: 'ratio', of: [{ fn: 'count' }, { fn: 'count', window: '1d' }] })).toBeUndefined();
});
