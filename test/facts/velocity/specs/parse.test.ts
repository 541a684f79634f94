import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHabit, parseHistory, parseVelocity } from '../../../../src/facts/velocity/specs/parse.js';
import type { Params } from '../../../../src/facts/velocity/specs/parse.js';

function paths(parsed: { ok: unknown } | { problems: readonly { path: string }[] }): string[] {
  return 'problems' in parsed ? parsed.problems.map(({ path }) => path) : [];
}

describe('parseVelocity', () => {
  it('fills in what authors leave out', () => {
    expect(parseVelocity({ fn: 'count', by: 'card', window: '10m' })).toEqual({
      ok: {
        by: ['card'],
        value: {
          fn: 'count',
          of: undefined,
          kinds: ['payment'],
          filters: [],
          window: { type: 'sliding', ms: 600_000 },
          clock: 'event',
          oncePaid: false,
          includeCurrent: false,
        },
        over: undefined,
      },
    });
    const day = parseVelocity({ fn: 'sum', by: ['ip', 'card'], window: { calendar: 'day' } });
    expect(day).toMatchObject({
      ok: {
        by: ['card', 'ip'],
        value: { of: 'amount', window: { type: 'calendar', unit: 'day', zone: 'site' } },
      },
    });
  });

  it('goes by the time a report became known, unless told otherwise', () => {
    const clockOf = (params: Params): unknown =>
      parseVelocity({ fn: 'count', by: 'card', window: '1h', ...params });
    expect(clockOf({ events: ['chargeback', 'label'] })).toMatchObject({ ok: { value: { clock: 'known' } } });
    expect(clockOf({ events: ['chargeback', 'payment'] })).toMatchObject({
      ok: { value: { clock: 'event' } },
    });
    expect(clockOf({ events: 'label', clock: 'event' })).toMatchObject({ ok: { value: { clock: 'event' } } });
  });

  it('takes succeeded for authorised or captured, once per payment, by the time of the payment', () => {
    const params = { fn: 'count', by: 'ip', window: '1h', events: ['succeeded', 'declined'] };
    const kinds = ['authorised', 'captured', 'declined'];
    const parsed = { kinds, clock: 'payment', oncePaid: true };
    expect(parseVelocity(params)).toMatchObject({ ok: { value: parsed } });
    expect(parseVelocity({ ...params, clock: 'event' })).toMatchObject({
      ok: { value: { ...parsed, clock: 'event' } },
    });
    expect(parseVelocity({ ...params, fn: 'distinct', of: 'card' })).toMatchObject({
      ok: { value: { kinds, oncePaid: false } },
    });
    expect(paths(parseVelocity({ ...params, fn: 'sum' }))).toEqual(['/events']);
    expect(paths(parseVelocity({ ...params, events: ['succeeded', 'captured'] }))).toEqual(['/events']);
  });

  it('refuses filters for more digits of a BIN than payments are counted by', () => {
    const withBins = (...bin: string[]): string[] =>
      paths(parseVelocity({ fn: 'count', by: 'card', window: '1h', filter: { bin } }));
    expect(withBins('411111', '4111 22')).toEqual([]);
    expect(withBins('411111', '41111122')).toEqual(['/filter/bin']);
  });

  it('gives both parts of a ratio the outer window, unless they have one', () => {
    const parsed = parseVelocity({
      fn: 'ratio',
      by: 'bin',
      window: '1h',
      of: [
        { fn: 'count', events: 'declined', filter: { code: { not: ['05', '51'] } } },
        { fn: 'count', window: '1d' },
      ],
    });
    expect(parsed).toMatchObject({
      ok: {
        value: {
          kinds: ['declined'],
          window: { ms: 3_600_000 },
          filters: [{ attribute: 'code', values: ['05', '51'], negated: true }],
        },
        over: { kinds: ['payment'], window: { ms: 86_400_000 } },
      },
    });
  });

  it.each<[string, Params, string[]]>([
    ['an unknown function', { fn: 'median', by: 'card', window: '1h' }, ['/fn']],
    ['no key', { fn: 'count', window: '1h' }, ['/by']],
    ['a key that cannot be read back', { fn: 'count', by: ['method', 'code'], window: '1h' }, ['/by']],
    ['no window', { fn: 'count', by: 'card' }, ['/window']],
    ['a window of nothing', { fn: 'count', by: 'card', window: '0s' }, ['/window']],
    ['a window of eleven years', { fn: 'count', by: 'card', window: '4000d' }, ['/window']],
    [
      'an unknown zone',
      { fn: 'count', by: 'card', window: { calendar: 'day', zone: 'Mars/Base' } },
      ['/window/zone'],
    ],
    ['an unknown unit', { fn: 'count', by: 'card', window: { calendar: 'week' } }, ['/window/calendar']],
    ['count of something', { fn: 'count', of: 'card', by: 'ip', window: '1h' }, ['/of']],
    ['distinct of nothing', { fn: 'distinct', by: 'ip', window: '1h' }, ['/of']],
    ['sum of an attribute', { fn: 'sum', of: 'card', by: 'ip', window: '1h' }, ['/of']],
    ['an unknown kind', { fn: 'count', by: 'ip', window: '1h', events: ['payment', 'x'] }, ['/events/1']],
    [
      'an unknown attribute',
      { fn: 'count', by: 'ip', window: '1h', filter: { colour: 'red' } },
      ['/filter/colour'],
    ],
    ['a filter of nothing', { fn: 'count', by: 'ip', window: '1h', filter: { code: [] } }, ['/filter/code']],
    [
      'a number in a filter',
      { fn: 'count', by: 'ip', window: '1h', filter: { code: { not: 5 } } },
      ['/filter/code/not'],
    ],
    ['half a ratio', { fn: 'ratio', by: 'ip', window: '1h', of: [{ fn: 'count' }] }, ['/of']],
    [
      'a ratio of ratios',
      { fn: 'ratio', by: 'ip', window: '1h', of: [{ fn: 'ratio' }, { fn: 'count' }] },
      ['/of/0/fn'],
    ],
    [
      'a filter outside the parts',
      { fn: 'ratio', by: 'ip', window: '1h', of: [{ fn: 'count' }, { fn: 'count' }], filter: { code: '05' } },
      ['/filter'],
    ],
    ['a word too many', { fn: 'count', by: 'ip', window: '1h', windw: '2h' }, ['/windw']],
  ])('names %s', (_, params, expected) => {
    expect(paths(parseVelocity(params))).toEqual(expected);
  });

  it('never throws, whatever is written', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.jsonValue(),
        fc.jsonValue(),
        fc.jsonValue(),
        (by, window, of, filter) => {
          const params = { fn: 'ratio', by, window, of, filter } as Params;
          for (const parse of [parseVelocity, parseHistory, parseHabit])
            expect(paths(parse(params)).length).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe('parseHistory and parseHabit', () => {
  it('fill in what authors leave out', () => {
    expect(parseHistory({ by: 'card', what: 'goodOrders' })).toEqual({
      ok: { by: ['card'], what: 'goodOrders', ms: 730 * 86_400_000, goodAfterMs: 30 * 86_400_000 },
    });
    expect(parseHistory({ by: 'card', what: 'declinesInRow' })).toMatchObject({ ok: { ms: 86_400_000 } });
    expect(parseHabit({ by: 'card', window: '90d' })).toEqual({
      ok: { by: ['card'], what: 'ratio', ms: 90 * 86_400_000, minCount: 3 },
    });
  });

  it('name what is wrong', () => {
    expect(paths(parseHistory({ by: 'card', what: 'mood' }))).toEqual(['/what']);
    expect(paths(parseHistory({ by: 'card', what: 'paidOrders', goodAfterDays: 3 }))).toEqual([
      '/goodAfterDays',
    ]);
    expect(paths(parseHistory({ by: 'card', what: 'goodOrders', goodAfterDays: -1 }))).toEqual([
      '/goodAfterDays',
    ]);
    expect(paths(parseHabit({ by: 'card', what: 'ratio' }))).toEqual(['/window']);
    expect(paths(parseHabit({ by: 'card', what: 'ratio', window: '9d', minCount: 0 }))).toEqual([
      '/minCount',
    ]);
  });
});
