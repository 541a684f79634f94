import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHistory } from '../../../src/facts/velocity/specs/parse.js';
import type { Params } from '../../../src/facts/velocity/specs/parse.js';
import { LINGER_MS } from '../../../src/facts/velocity/keys/lingering.js';
import type { WindowQuestions } from '../../../src/facts/velocity/plan.js';
import type { HistorySpec } from '../../../src/facts/velocity/specs/specs.js';
import type { VelocitySpec } from '../../../src/facts/velocity/specs/velocity-spec.js';
import { draftOf, hashOf, payment, questions, report, spec, START } from './generate.js';
import type { Draft } from './generate.js';
import { Model } from './model.js';

type Step =
  | {
      readonly do: 'round';
      readonly payments: readonly Draft[];
      readonly meanwhile: readonly Draft[];
      readonly settle: number;
    }
  | { readonly do: 'report'; readonly draft: Draft }
  | { readonly do: 'follow'; readonly draft: Draft }
  | { readonly do: 'settle'; readonly count: number }
  | { readonly do: 'retract'; readonly count: number }
  | { readonly do: 'switch'; readonly to: WindowQuestions; readonly after: number }
  | { readonly do: 'begin-aside'; readonly draft: Draft }
  | { readonly do: 'end-aside' };

const of = <const T extends string>(name: T) => fc.constant(name);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: of('round'),
      payments: fc.array(payment, { minLength: 1, maxLength: 4 }),
      meanwhile: fc.array(report, { maxLength: 2 }),
      settle: fc.nat(3),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: of('report'), draft: report }) },
  { weight: 2, arbitrary: fc.record({ do: of('follow'), draft: report }) },
  { weight: 1, arbitrary: fc.record({ do: of('settle'), count: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: of('retract'), count: fc.nat(5) }) },
);

const split = fc
  .tuple(questions, fc.nat(4), fc.nat(2), fc.nat(2))
  .map(([asked, velocities, histories, habits]) => ({
    ...asked,
    deciding: { velocities, histories, habits },
  }));
/** Rules that differ in a little, as versions of rule sets do. */
const versions = fc
  .tuple(split, split)
  .map(([one, other]) => [
    one,
    other,
    { ...one, velocities: one.velocities.toReversed() },
    { ...one, velocities: [...one.velocities, ...other.velocities.slice(0, 1)] },
    { ...one, deciding: { velocities: Infinity, histories: Infinity, habits: Infinity } },
  ]);
/** How long what is asked no more may have to wait until it is asked again, ms. */
const after = fc.constantFrom(0, LINGER_MS / 4, LINGER_MS);
const switching = versions.chain((all) =>
  fc.record({
    first: fc.constantFrom(...all),
    steps: fc.array(
      fc.oneof(
        { weight: 11, arbitrary: step },
        { weight: 3, arbitrary: fc.record({ do: of('switch'), to: fc.constantFrom(...all), after }) },
        { weight: 2, arbitrary: fc.record({ do: of('begin-aside'), draft: payment }) },
        { weight: 2, arbitrary: fc.record({ do: of('end-aside') }) },
      ),
      { maxLength: 40 },
    ),
  }),
);

function run(model: Model, steps: readonly Step[]): void {
  for (const one of steps) {
    if (one.do === 'report') model.admit(one.draft);
    else if (one.do === 'follow') model.follow(one.draft);
    else if (one.do === 'settle') model.settle(one.count);
    else if (one.do === 'retract') model.retract(one.count);
    else if (one.do === 'switch') model.switchTo(one.to, one.after);
    else if (one.do === 'begin-aside') model.beginAside(one.draft);
    else if (one.do === 'end-aside') model.endAside();
    else if (one.do === 'round') {
      const payments = one.payments.map((draft) => model.ask(draft));
      const reads = payments.flatMap((payment) => payment.reads);
      // Of long ranges parts come ahead, some more than once.
      for (const { range, events } of reads)
        model.windows.arrived(range, events.slice(0, events.length >> 1));
      // What is admitted, or becomes durable, while the store is read.
      for (const draft of one.meanwhile) model.admit(draft);
      model.settle(one.settle);
      for (const { range, events } of reads) {
        const ahead = events.length >> 1;
        model.windows.arrived(range, events.slice(ahead >> 1, ahead));
        model.windows.loaded(range, events.slice(ahead));
      }
      for (const [index, { asked }] of payments.entries()) model.decide(asked, index % 4 !== 3);
    }
  }
}

describe('StreamWindows', () => {
  it.each([
    ['with room for everything', 1 << 24],
    ['with room for a few keys', 3000],
    ['with room for nothing', 1],
  ])('answers as a recount does, %s', (_, maxBytes) => {
    fc.assert(
      fc.property(
        questions,
        fc.array(report, { maxLength: 60 }),
        fc.array(step, { maxLength: 25 }),
        (asked, before, steps) => {
          const model = new Model(asked, { maxBytes });
          for (const draft of before) model.stored(draft);
          run(model, steps);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('answers what decides as a recount does, and what only shadows ask likewise or not at all', () => {
    let cold = 0;
    fc.assert(
      fc.property(
        questions,
        fc.tuple(fc.nat(4), fc.nat(2), fc.nat(2)),
        fc.array(report, { maxLength: 60 }),
        fc.array(step, { maxLength: 25 }),
        fc.constantFrom(1 << 24, 3000),
        (asked, [velocities, histories, habits], before, steps, maxBytes) => {
          const model = new Model({ ...asked, deciding: { velocities, histories, habits } }, { maxBytes });
          for (const draft of before) model.stored(draft);
          run(model, steps);
          cold += model.cold;
        },
      ),
      { numRuns: 200 },
    );
    expect(cold).toBeGreaterThan(0);
  });

  it('answers as a recount does whatever is asked in turn, also what is being read meanwhile', () => {
    fc.assert(
      fc.property(
        switching,
        fc.array(report, { maxLength: 60 }),
        fc.constantFrom(1 << 24, 3000, 1),
        ({ first, steps }, before, maxBytes) => {
          const model = new Model(first, { maxBytes });
          for (const draft of before) model.stored(draft);
          run(model, steps);
        },
      ),
      { numRuns: 400 },
    );
  });

  describe('when other questions are asked', () => {
    const count = (by: string, window: string) => spec({ fn: 'count', by, window });
    const rules = (velocities: readonly VelocitySpec[], deciding = velocities.length): WindowQuestions => ({
      velocities,
      histories: [],
      habits: [],
      deciding: { velocities: deciding, histories: 0, habits: 0 },
    });
    const payer = draftOf({ card: 'c1', email: 'e1', merchant: 'm1' });
    const cold = (model: Model): readonly [number, number] => {
      const { asked } = model.ask(payer);
      asked.release();
      return [asked.ranges.length, asked.further.length];
    };
    function warm(asked: WindowQuestions): Model {
      const model = new Model(asked, { maxBytes: 1 << 20 });
      const { asked: first, reads } = model.ask(payer);
      for (const { range, events } of reads) model.windows.loaded(range, events);
      model.decide(first, true);
      expect(cold(model)[0]).toBe(0);
      return model;
    }
    const [card, email] = [count('card', '24h'), count('email', '1h')];
    const merchants = spec({ fn: 'distinct', of: 'merchant', by: 'card', window: '24h' });

    it('keeps all that decides in memory when a shadow comes and goes', () => {
      const model = warm(rules([card, email]));
      model.switchTo(rules([card, email, merchants, count('card', '30d')], 2));
      expect(cold(model)).toEqual([0, 1]);
      model.switchTo(rules([card, email]));
      expect(cold(model)).toEqual([0, 0]);
    });

    it('keeps what both ask, in whatever order, and reads the rest', () => {
      const model = warm(rules([card, email]));
      model.switchTo(rules([email, card]));
      expect(cold(model)).toEqual([0, 0]);
      model.switchTo(rules([email, merchants, card]));
      expect(cold(model)).toEqual([1, 0]);
    });

    it('answers a shadow from what decides where that is enough', () => {
      const model = warm(rules([card, email]));
      model.switchTo(rules([card, email, count('card', '10m')], 2));
      expect(cold(model)).toEqual([0, 0]);
    });

    it.each([
      ['keeps up to date for a while what is asked no more', [LINGER_MS - 1], [0, 0]],
      ['keeps it as long when others come and go meanwhile', [LINGER_MS / 2, LINGER_MS / 2 - 1], [0, 0]],
      ['reads anew what was not asked for longer', [LINGER_MS, 0], [1, 0]],
      ['reads anew what was not asked for longer, whatever came meanwhile', [1, LINGER_MS - 1, 0], [1, 0]],
    ] as const)('%s', (_, waits, reads) => {
      const model = warm(rules([card, email]));
      model.switchTo(rules([email]));
      model.admit(payer);
      model.settle(2);
      for (const [index, wait] of waits.entries())
        model.switchTo(index === waits.length - 1 ? rules([card, email]) : rules([email, merchants]), wait);
      expect(cold(model)).toEqual(reads);
      const { asked, reads: ranges } = model.ask(payer);
      for (const { range, events } of ranges) model.windows.loaded(range, events);
      expect(model.answers(asked)).toEqual([2, 2]);
    });

    it('reads no key for what is asked no more, and says when it can go', () => {
      const model = warm(rules([card, email]));
      expect(model.windows.lingerUntil).toBe(Infinity);
      model.switchTo(rules([email]), 7);
      expect(model.windows.lingerUntil).toBe(7 + LINGER_MS);
      const other = draftOf({ card: 'c2', email: 'e1' });
      const { asked, reads } = model.ask(other);
      expect(reads).toEqual([]);
      model.decide(asked, true);
      model.settle(2);
      const { keys } = model.windows.stats();
      model.switchTo(rules([email]), LINGER_MS);
      expect(model.windows.lingerUntil).toBe(Infinity);
      model.decide(model.ask(payer).asked, true);
      expect(model.windows.stats().keys).toBe(keys);
      model.switchTo(rules([card, email]));
      expect(cold(model)).toEqual([1, 0]);
    });

    it('misses nothing where what lingers ends while a payment waits, in another order than it came', () => {
      const [hour, hours] = [count('card', '1h'), count('card', '2h')];
      const model = warm(rules([email, hours]));
      const pay = (): void => {
        const { asked, reads } = model.ask(payer);
        for (const { range, events } of reads) model.windows.loaded(range, events);
        model.decide(asked, true);
        model.settle(9);
      };
      model.switchTo(rules([email, hour]), 100_000);
      pay();
      // The clock goes back, so that what came later ends first.
      model.switchTo(rules([email]), -100_000);
      pay();
      const { asked, reads } = model.ask(payer);
      expect(reads).toEqual([]);
      model.switchTo(rules([email]), LINGER_MS);
      model.decide(asked, true);
      model.settle(9);
      model.switchTo(rules([email, hours]));
      pay();
    });

    it('lets go of what looks at what was decided: that is not waited for where nothing asks it', () => {
      const rejected = spec({ fn: 'count', by: 'card', window: '24h', filter: { outcome: 'reject' } });
      const model = warm(rules([rejected, email]));
      model.switchTo(rules([email]));
      expect(model.windows.lingerUntil).toBe(Infinity);
      model.switchTo(rules([rejected, email]));
      expect(cold(model)).toEqual([1, 0]);
    });

    it('keeps a few such only, those that were asked last', () => {
      const windows = Array.from({ length: 10 }, (_, index) => count('card', `${String(index + 1)}h`));
      const model = warm(rules([email]));
      const decide = (): number => {
        const { asked, reads } = model.ask(payer);
        for (const { range, events } of reads) model.windows.loaded(range, events);
        model.decide(asked, true);
        model.settle(1);
        return reads.length;
      };
      for (const window of windows) {
        model.switchTo(rules([email, window]));
        expect(decide()).toBe(1);
      }
      for (const [index, window] of windows.toReversed().entries()) {
        model.switchTo(rules([email, window]));
        expect(decide()).toBe(index < 5 ? 0 : 1);
      }
    });

    it('forgets what is asked no more once its memory is needed', () => {
      const model = new Model(rules([card]), { maxBytes: 50_000 });
      const decide = (values: Readonly<Record<string, string>>): void => {
        const { asked, reads } = model.ask(draftOf(values));
        for (const { range, events } of reads) model.windows.loaded(range, events);
        model.decide(asked, true);
        model.settle(1);
      };
      for (let index = 0; index < 500; index++) decide({ card: `c${index}` });
      model.switchTo(rules([email]));
      for (let index = 0; index < 200; index++) decide({ email: `e${index}` });
      const before = model.rangesRead;
      for (let index = 0; index < 100; index++) decide({ email: `e${index + 100}` });
      expect(model.rangesRead).toBe(before);
      expect(model.windows.stats().bytes).toBeLessThanOrEqual(50_000);
    });
  });

  it('reads for a decision no further than what decides looks back', () => {
    const count = (window: string) => spec({ fn: 'count', by: 'card', window });
    const velocities = [count('1h'), count('30d'), spec({ fn: 'count', by: 'email', window: '1h' })];
    const deciding = { velocities: 1, histories: 0, habits: 0 };
    const model = new Model({ velocities, histories: [], habits: [], deciding }, { maxBytes: 1 << 20 });
    const { asked } = model.ask(draftOf({ card: 'c1', email: 'e1' }));
    const days = (from: number): number => Math.round((asked.event.knownAt - from) / 86_400_000);
    expect(asked.ranges.map(({ key, from }) => [key, days(from)])).toEqual([[hashOf('card', 'c1'), 0]]);
    expect(asked.further.map(({ key, from }) => [key, days(from)])).toEqual([
      [hashOf('card', 'c1'), 34],
      [hashOf('email', 'e1'), 0],
    ]);
    for (const range of asked.ranges) model.windows.loaded(range, model.read(range));
    expect(model.answers(asked)).toEqual([0, 'cold', 'cold']);
    for (const range of asked.further) model.windows.loaded(range, model.read(range));
    expect(model.answers(asked)).toEqual([0, 0, 0]);
  });

  it('answers as a recount does for keys with thousands of events', () => {
    fc.assert(
      fc.property(
        questions,
        fc.array(report, { minLength: 700, maxLength: 1500, size: 'max' }),
        fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }),
        (asked, before, steps) => {
          const model = new Model(asked, { maxBytes: 1 << 26 });
          for (const draft of before) model.stored(draft);
          run(model, steps);
        },
      ),
      { numRuns: 60, endOnFailure: true },
    );
  });

  it('sees ten payments of one card at once one after the other', () => {
    const model = new Model(
      { velocities: [spec({ fn: 'count', by: 'card', window: '10m' })], histories: [], habits: [] },
      { maxBytes: 1 << 20 },
    );
    const payments = Array.from({ length: 10 }, () => model.ask(draftOf({ card: 'c1' })));
    for (const { reads } of payments)
      for (const { range, events } of reads) model.windows.loaded(range, events);
    let hits = 0;
    for (const { asked } of payments) {
      if (Number(model.answers(asked)[0] ?? 0) >= 3) hits++;
      model.decide(asked, true);
    }
    expect(hits).toBe(7);
  });

  it('reads a key once, and remembers that there was nothing', () => {
    const model = new Model(
      {
        velocities: [
          spec({ fn: 'count', by: 'card', window: '1h' }),
          spec({ fn: 'sum', by: ['card', 'email'], window: '30d' }),
          spec({ fn: 'count', by: 'ip', window: '1h' }),
        ],
        histories: [],
        habits: [],
      },
      { maxBytes: 1 << 20 },
    );
    const first = model.ask(draftOf({ card: 'c1', email: 'e1' }));
    expect(first.reads.map(({ range }) => range.key)).toEqual([hashOf('card', 'c1')]);
    for (const { range, events } of first.reads) model.windows.loaded(range, events);
    model.decide(first.asked, true);
    // The same card with an address never seen together with it: known to be nothing.
    const second = model.ask(draftOf({ card: 'c1', email: 'e2' }));
    expect(second.reads).toEqual([]);
    expect(model.answers(second.asked)).toEqual([1, 0, undefined]);
  });

  it('takes the same order number of two shops for two orders of a payer', () => {
    const model = new Model(
      { velocities: [], histories: [history({ by: 'email', what: 'paidOrders' })], habits: [] },
      { maxBytes: 1 << 20 },
    );
    for (const site of ['s1', 's2'])
      for (const kind of ['authorised', 'captured'] as const)
        model.stored({ ...draftOf({ email: 'e1', order: '1001', site }), kind });
    const { asked, reads } = model.ask(draftOf({ email: 'e1' }));
    for (const { range, events } of reads) model.windows.loaded(range, events);
    expect(model.answers(asked)).toEqual([2]);
  });

  it('counts the payment itself beside what succeeded', () => {
    const events = ['payment', 'succeeded'];
    const counted = spec({ fn: 'count', by: 'card', window: '1h', events, includeCurrent: true });
    const model = new Model({ velocities: [counted], histories: [], habits: [] }, { maxBytes: 1 << 20 });
    const { asked, reads } = model.ask(draftOf({ card: 'c1' }));
    for (const { range, events: read } of reads) model.windows.loaded(range, read);
    expect(model.answers(asked)).toEqual([1]);
  });

  it('says so instead of guessing when a key was not loaded', () => {
    const model = new Model(
      { velocities: [spec({ fn: 'count', by: 'card', window: '1h' })], histories: [], habits: [] },
      { maxBytes: 1 << 20 },
    );
    const { asked } = model.ask(draftOf({ card: 'c1' }));
    expect(() => model.answers(asked)).toThrow('not loaded');
  });

  it('stays within its memory and forgets what nobody needs', () => {
    const model = new Model(
      { velocities: [spec({ fn: 'sum', by: 'card', window: '1h' })], histories: [], habits: [] },
      { maxBytes: 50_000 },
    );
    for (let index = 0; index < 2000; index++) {
      const { asked, reads } = model.ask(draftOf({ card: `c${index}` }, START + index * 1000));
      for (const { range, events } of reads) model.windows.loaded(range, events);
      model.decide(asked, true);
      model.settle(1);
    }
    const stats = model.windows.stats();
    expect(stats.bytes).toBeLessThanOrEqual(50_000);
    expect(stats.bytes).toBeGreaterThan(25_000);
    expect(stats.keys).toBeLessThan(500);
    expect(stats.events).toBe(stats.keys);
  });

  it('reads a key again that had nothing, got something and was forgotten', () => {
    const model = new Model(
      {
        velocities: [spec({ fn: 'count', by: 'card', window: '1h', events: 'declined' })],
        histories: [],
        habits: [],
      },
      { maxBytes: 50_000 },
    );
    const decide = (card: string): void => {
      const { asked, reads } = model.ask(draftOf({ card }));
      for (const { range, events } of reads) model.windows.loaded(range, events);
      model.decide(asked, false);
    };
    for (let index = 0; index < 500; index++)
      model.stored({ ...draftOf({ card: `other${index}` }), kind: 'declined' });
    decide('c1');
    decide('c1');
    expect(model.rangesRead).toBe(1);
    model.follow({ ...draftOf({ card: 'c1' }), kind: 'declined' });
    decide('c1');
    expect(model.rangesRead).toBe(1);
    for (let index = 0; index < 500; index++) decide(`other${index}`);
    decide('c1');
    expect(model.rangesRead).toBe(502);
  });

  it('forgets events that are too old for every window', () => {
    const model = new Model(
      { velocities: [spec({ fn: 'count', by: 'card', window: '1h' })], histories: [], habits: [] },
      { maxBytes: 1 << 20 },
    );
    for (let index = 0; index < 5000; index++) {
      const { asked, reads } = model.ask(draftOf({ card: 'c1' }, START + index * 10_000));
      for (const { range, events } of reads) model.windows.loaded(range, events);
      model.decide(asked, true);
      model.settle(1);
    }
    expect(model.rangesRead).toBe(1);
    expect(model.windows.stats().events).toBeLessThan(1500);
  });
});

function history(params: Params): HistorySpec {
  const parsed = parseHistory(params);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.ok;
}
