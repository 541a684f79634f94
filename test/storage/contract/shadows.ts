import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  DecisionDifference,
  DifferenceFilter,
  RunAddition,
  ShadowBatch,
  ShadowRun,
  TallyBucket,
} from '../../../src/decisions/shadow/shadow-store.js';
import type { Outcome } from '../../../src/rules/outcome.js';
import {
  addShadowTally,
  createRuleTally,
  createShadowTally,
  type ShadowTally,
} from '../../../src/rules/publish/shadow-tally.js';
import { T0 } from './entries.js';
import type { StoreFactory, TestDatabase, TestStore } from './factory.js';

const HOUR = 3_600_000;
const RUN: ShadowRun = { ruleSet: 'cards', version: 2, scope: 'site:shop.de', since: 7 };
const EARLIER: ShadowRun = { ...RUN, scope: 'all', since: 3 };

/** What every store of shadows promises. */
export function shadowsContract(factory: StoreFactory): void {
  describe(`shadows on ${factory.name}`, () => {
    let database: TestDatabase;
    let store: TestStore;

    beforeEach(async () => {
      database = await factory.create();
      store = await database.open();
    });
    afterEach(async () => {
      await store.close();
      await database.drop();
    });

    const batch = (number: number, addition: Partial<RunAddition>, writer = 'a1'): ShadowBatch => ({
      writer,
      number,
      at: T0 + number,
      additions: [{ run: RUN, buckets: [], differences: [], unkept: 0, ...addition }],
    });
    const buckets = async (run: ShadowRun, from = -Infinity, to = Infinity): Promise<TallyBucket[]> => {
      const found: TallyBucket[] = [];
      for await (const some of store.shadows.buckets(run, from, to)) found.push(...some);
      return found;
    };
    /** All pages of a listing. */
    const listed = async (run: ShadowRun, filter: DifferenceFilter, size: number): Promise<string[]> => {
      const found: string[] = [];
      for (let after; ;) {
        const page = await store.shadows.differences(run, filter, size, after);
        expect(page.differences.length).toBeLessThanOrEqual(size);
        found.push(...page.differences.map(({ decision }) => decision));
        after = page.next;
        if (after === undefined) return found;
      }
    };

    it('adds up what is counted of an hour and a live version, and gives it back in their order', async () => {
      const add = (number: number, hour: number, live: number, by: number) =>
        store.shadows.add(batch(number, { buckets: [bucket(hour, live, by)] }));
      await add(1, 1, 1, 5);
      await add(2, 0, 4, 7);
      await add(3, 1, 1, 11);
      await add(4, 1, 0, 13);
      const sum = tally(5);
      addShadowTally(sum, tally(11));
      expect(await buckets(RUN)).toEqual([
        bucket(0, 4, 7),
        bucket(1, 0, 13),
        { hour: T0 + HOUR, liveVersion: 1, tally: sum },
      ]);
      expect(await buckets(RUN, T0, T0 + HOUR)).toEqual([bucket(0, 4, 7)]);
      expect((await buckets(RUN, T0 + HOUR)).map(({ liveVersion }) => liveVersion)).toEqual([0, 1]);
      expect(await buckets(EARLIER)).toEqual([]);
    });

    it('gives back more buckets than it reads at a time', async () => {
      const many = Array.from({ length: 60 }, (_, place) =>
        bucket(Math.floor(place / 3), place % 3, place + 1),
      );
      await store.shadows.add(batch(1, { buckets: many }));
      expect(await buckets(RUN)).toEqual(many);
    });

    it('adds a batch once, however often it is handed over', async () => {
      const first = batch(1, { buckets: [bucket(0, 1, 5)], differences: [difference(1)], unkept: 2 });
      await store.shadows.add(first);
      await store.shadows.add(first);
      await store.shadows.add(batch(2, { buckets: [bucket(0, 1, 5)], unkept: 1 }));
      await store.shadows.add(first);
      const sum = tally(5);
      addShadowTally(sum, tally(5));
      expect((await buckets(RUN))[0]?.tally).toEqual(sum);
      expect(await store.shadows.runs('cards', 2)).toEqual([{ ...RUN, lastAt: T0 + 2, kept: 1, left: 3 }]);
    });

    it('names the runs of a version, the newest first', async () => {
      await store.shadows.add(batch(1, { run: EARLIER }));
      await store.shadows.add(batch(2, {}));
      await store.shadows.add(batch(3, { run: { ...RUN, version: 3 } }));
      const runs = await store.shadows.runs('cards', 2);
      expect(runs.map(({ scope, since, lastAt }) => [scope, since, lastAt])).toEqual([
        ['site:shop.de', 7, T0 + 2],
        ['all', 3, T0 + 1],
      ]);
      expect(await store.shadows.runs('other', 2)).toEqual([]);
    });

    it('lists differences newest first, in pages, by what is asked for', async () => {
      const differences = [
        // Of the same moment the one with the higher id is first.
        difference(1, { at: T0 }),
        difference(2, { at: T0, live: 'review', rules: ['cards/b'] }),
        difference(3, { at: T0 - 5, shadow: 'block', rules: ['cards/a', 'cards/b'] }),
        difference(4, { at: T0 + 9, verdictDiffers: false, shadow: 'accept', rules: ['cards/bb'] }),
      ];
      await store.shadows.add(batch(1, { differences: differences.slice(0, 2) }));
      await store.shadows.add(batch(2, { differences: differences.slice(2) }));
      await store.shadows.add(batch(3, { run: EARLIER, differences: [difference(5)] }));
      const all = await store.shadows.differences(RUN, {}, 10, undefined);
      expect(all).toEqual({ differences: [3, 1, 0, 2].map((place) => differences[place]), next: undefined });
      for (const size of [1, 2, 3, 4])
        expect(await listed(RUN, {}, size)).toEqual([id(4), id(2), id(1), id(3)]);
      expect(await listed(RUN, { rule: 'cards/b' }, 1)).toEqual([id(2), id(3)]);
      expect(await listed(RUN, { verdictDiffers: true }, 2)).toEqual([id(2), id(1), id(3)]);
      expect(await listed(RUN, { liveOutcome: 'review' }, 2)).toEqual([id(2)]);
      expect(await listed(RUN, { shadowOutcome: 'block', rule: 'cards/a' }, 2)).toEqual([id(3)]);
      expect(await listed(RUN, { liveOutcome: 'block' }, 2)).toEqual([]);
    });

    it('finds the few that are asked for among many others', async () => {
      const many = Array.from({ length: 2_050 }, (_, place) =>
        difference(place, { at: T0 + place, rules: place < 2 ? ['cards/rare'] : ['cards/c'] }),
      );
      await store.shadows.add(batch(1, { differences: many }));
      const page = await store.shadows.differences(RUN, { rule: 'cards/rare' }, 2, undefined);
      expect(page.differences.map(({ decision }) => decision)).toEqual([id(1), id(0)]);
    });

    it('lets the oldest differences go, and those of runs that ended long ago, and counts them', async () => {
      const many = Array.from({ length: 7 }, (_, place) => difference(place + 1, { at: T0 + place }));
      await store.shadows.add(batch(1, { run: EARLIER, differences: many, buckets: [bucket(0, 1, 5)] }));
      await store.shadows.add(batch(2, { differences: many.slice(0, 4) }));
      await store.shadows.trim({ most: 5, idleBefore: T0 });
      const left = async (): Promise<unknown> =>
        (await store.shadows.runs('cards', 2)).map((run) => [run.kept, run.left]);
      expect(await left()).toEqual([
        [4, 0],
        [5, 2],
      ]);
      expect(await listed(EARLIER, {}, 9)).toEqual([7, 6, 5, 4, 3].map(id));
      await store.shadows.trim({ most: 5, idleBefore: T0 + 2 });
      expect(await left()).toEqual([
        [4, 0],
        [0, 7],
      ]);
      expect(await buckets(EARLIER)).toEqual([bucket(0, 1, 5)]);
    });

    it.runIf(factory.shared)('adds what several instances counted at the same time', async () => {
      const other = await database.open();
      try {
        const adding = [store, other].flatMap((one, place) =>
          [1, 2, 3, 4, 5].map(async (number) => {
            const differences = [difference(10 * place + number)];
            await one.shadows.add(
              batch(number, { buckets: [bucket(0, 1, 1)], differences }, `w${place}${number}`),
            );
          }),
        );
        await Promise.all(adding);
        const sum = createShadowTally();
        for (const _ of adding) addShadowTally(sum, tally(1));
        expect(await buckets(RUN)).toEqual([{ hour: T0, liveVersion: 1, tally: sum }]);
        expect((await store.shadows.runs('cards', 2))[0]?.kept).toBe(10);
      } finally {
        await other.close();
      }
    });
  });
}

function bucket(hour: number, liveVersion: number, by: number): TallyBucket {
  return { hour: T0 + hour * HOUR, liveVersion, tally: tally(by) };
}

/** A tally with something in every part of it. */
function tally(by: number): ShadowTally {
  const made = createShadowTally();
  made.compared = by;
  made.dropped.cold = by + 1;
  made.unpriced = 3_000_000_000;
  made.changed.count = by;
  made.outcomes.accept.review.count = by;
  made.outcomes.accept.review.baseMinor = -by;
  made.threeDs.none.mandate.count = by;
  const rule = createRuleTally();
  rule.liveHits = by;
  rule.onlyShadow.baseMinor = 2 * by;
  return {
    ...made,
    rules: { 'cards/many-cards': rule, 'cards/b': { ...createRuleTally(), shadowHits: by } },
  };
}

function id(number: number): string {
  return `D${String(number).padStart(25, '0')}`;
}

function difference(
  number: number,
  change: {
    readonly at?: number;
    readonly live?: Outcome;
    readonly shadow?: Outcome;
    readonly verdictDiffers?: boolean;
    readonly rules?: readonly string[];
  } = {},
): DecisionDifference {
  const { at = T0, live = 'accept', shadow = 'reject', verdictDiffers = true, rules = ['cards/c'] } = change;
  const said = { threeDs: 'none', exemption: 'none', reasons: ['a.b', 'ü'], scores: { cards: 1.5 } } as const;
  return {
    decision: id(number),
    site: 'shop.de',
    at,
    baseMinor: number === 1 ? null : number,
    liveVersion: 1,
    verdictDiffers,
    live: { outcome: live, ...said },
    shadow: { outcome: shadow, ...said },
    rules: rules.map((rule) => ({ rule, live: 'absent', shadow: 'hit' })),
  };
}
