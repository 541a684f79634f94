import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DecisionFilter, JournalEntry, StoredEntry } from '../../../src/decisions/ports.js';
import type { LimitUse } from '../../../src/decisions/record.js';
import { ruleHit } from '../../../src/decisions/record/rule-hits.js';
import { TollgateError } from '../../../src/errors/errors.js';
import type { StreamEvent } from '../../../src/facts/stream.js';
import { OUTCOMES } from '../../../src/rules/outcome.js';
import { T0, entries, entry, entryId, keyOf, plain, whole } from './entries.js';
import type { StoreFactory, TestDatabase, TestStore } from './factory.js';

const NONE: ReadonlyMap<number, number> = new Map();

/** What every journal promises. */
export function journalContract(factory: StoreFactory): void {
  describe(`journal on ${factory.name}`, () => {
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

    const reopen = async (): Promise<void> => {
      await store.close();
      store = await database.open();
    };
    const next = (): number => store.journal.lastSeq + 1;
    const find = async (ids: readonly string[]): Promise<readonly unknown[]> =>
      (await store.journal.query({ ids, ranges: [], seen: NONE })).entries.map(plain);
    const range = async (key: number, from = -Infinity): Promise<number[]> => {
      const answer = await store.journal.query({ ids: [], ranges: [{ key, from }], seen: NONE });
      return (answer.ranges[0] ?? []).map((event) => event.seq).sort((a, b) => a - b);
    };

    it('is empty at first, with a log and a hash key of its own', async () => {
      expect(store.journal.hashKey).toHaveLength(32);
      expect(new Set(store.journal.hashKey).size).toBeGreaterThan(8);
      expect(store.journal.log).toBeGreaterThan(0);
      expect(store.journal.lastSeq).toBe(0);
      expect(await store.journal.list({}, 10, undefined)).toEqual({ entries: [], next: undefined });
      expect(await find([entryId('nothing')])).toEqual([undefined]);
    });

    it('keeps entries whole', async () => {
      const { log } = store.journal;
      const batch = [
        entry({ log, seq: 1, values: { card: 'c1', email: 'a@b' }, baseMinor: Number.NaN }),
        entry({ log, seq: 2, kind: 'chargeback', knownAt: T0 + 9_000_000_000, values: { card: 'c1' } }),
        entry({ log, seq: 3, outcome: 'review', degraded: true, payload: 30_000, at: T0 - 1e12 }),
        entry({ log, seq: 4, payload: 0, decidedAt: T0 - 7 }),
      ];
      expect(await store.journal.append(batch)).toEqual(['stored', 'stored', 'stored', 'stored']);
      expect(await find(batch.map(({ id }) => id))).toEqual(batch.map(plain));
      expect((await store.journal.list({}, 10, undefined)).entries).toHaveLength(3);
    });

    it('stores an id once: within a batch, across batches, and with other content', async () => {
      const { log } = store.journal;
      const first = entry({ log, seq: 1, id: entryId('x') });
      const again = entry({ log, seq: 2, id: entryId('x'), outcome: 'block' });
      const other = entry({ log, seq: 3 });
      expect(await store.journal.append([first, again, other])).toEqual(['stored', 'duplicate', 'stored']);
      const third = entry({ log, seq: 4, id: entryId('x'), outcome: 'reject' });
      expect(await store.journal.append([third])).toEqual(['duplicate']);
      await reopen();
      expect(await find([entryId('x'), other.id])).toEqual([plain(first), plain(other)]);
    });

    it('keeps an alias for one entry, which is found by it', async () => {
      const { log } = store.journal;
      let seq = 1;
      const append = (...batch: readonly (readonly [id: string, alias?: string])[]) =>
        store.journal.append(batch.map(([id, alias]) => named(log, seq++, id, alias)));
      expect(await append(['payment', 'event'], ['other', 'event'], ['payment', 'event'])).toEqual([
        'stored',
        'taken',
        'duplicate',
      ]);
      expect(await append(['third', 'event'])).toEqual(['taken']);
      expect(await append(['event'], ['fourth', 'payment'])).toEqual(['taken', 'taken']);
      // What was refused holds nothing.
      expect(await append(['payment', 'free'])).toEqual(['duplicate']);
      expect(await append(['third', 'free'], ['other'])).toEqual(['stored', 'stored']);
      await reopen();
      const ids = ['event', 'free', 'payment', 'third', 'fourth'].map(entryId);
      const found = await store.journal.query({ ids, ranges: [], seen: NONE });
      const [payment, third] = ['payment', 'third'].map(entryId);
      expect(found.entries.map((one) => one?.id)).toEqual([payment, third, payment, third, undefined]);
      expect(found.entries[0]?.alias).toBe(entryId('event'));
    });

    it('agrees with a model on which ids and aliases are left, whatever was asked for before or meanwhile', async () => {
      const { log } = store.journal;
      let seq = next();
      let run = 0;
      const name = fc.constantFrom('a', 'b', 'c', 'd');
      const shape = fc.record({ id: name, alias: fc.option(name) });
      const batch = fc
        .uniqueArray(shape, { selector: ({ id }) => id, maxLength: 4 })
        .filter(
          (shapes) => new Set(shapes.map(({ alias, id }) => alias ?? `none ${id}`)).size === shapes.length,
        );
      const asked = fc.constantFrom('no', 'before', 'meanwhile');
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(batch, asked), { maxLength: 6 }), async (batches) => {
          run += 1;
          const known = new Map<string, string>();
          for (const [shapes, when] of batches) {
            const made = shapes.map(({ id, alias }) => ({
              id: `${run} ${id}`,
              alias: alias === null ? undefined : `${run} alias ${alias}`,
            }));
            const names = made.flatMap(({ id, alias }) => (alias === undefined ? [id] : [id, alias]));
            if (when === 'before') await find(names.map(entryId));
            const appended = store.journal.append(made.map(({ id, alias }) => named(log, seq++, id, alias)));
            if (when === 'meanwhile') await find(names.map(entryId));
            const results = await appended;
            for (const [index, { id, alias }] of made.entries()) {
              const holder = alias === undefined ? undefined : known.get(alias);
              const taken = holder !== undefined && holder !== id;
              const expected = taken ? 'taken' : known.has(id) ? 'duplicate' : 'stored';
              expect(results[index]).toBe(expected);
              if (expected !== 'stored') continue;
              known.set(id, id);
              if (alias !== undefined) known.set(alias, id);
            }
          }
        }),
        { numRuns: 30 },
      );
    });

    it('takes an empty batch and an empty query', async () => {
      expect(await store.journal.append([])).toEqual([]);
      const answer = await store.journal.query({ ids: [], ranges: [], seen: NONE });
      expect(answer).toEqual({ entries: [], ranges: [], tail: [] });
    });

    it('remembers everything after it was opened again', async () => {
      const { log, hashKey } = store.journal;
      const batch = entries(log, 1, 40, (index) => ({ values: { card: `c${index % 3}` } }));
      await store.journal.append(batch.slice(0, 25));
      await store.journal.append(batch.slice(25));
      await reopen();
      expect([...store.journal.hashKey]).toEqual([...hashKey]);
      if (store.journal.log === log) expect(store.journal.lastSeq).toBe(40);
      else expect(store.journal.lastSeq).toBe(0);
      expect(await find(batch.map(({ id }) => id))).toEqual(batch.map(plain));
      expect(await range(keyOf('card', 'c1'))).toEqual([2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 32, 35, 38]);
      const more = entry({ log: store.journal.log, seq: next(), values: { card: 'new' } });
      expect(await store.journal.append([more])).toEqual(['stored']);
      expect(await range(keyOf('card', 'new'))).toEqual([more.event.seq]);
    });

    it('finds what carries a key, by event time or by the time it became known', async () => {
      const { log } = store.journal;
      const batch = [
        entry({ log, seq: 1, at: T0, values: { card: 'c', email: 'e' } }),
        entry({ log, seq: 2, at: T0 + 10, values: { card: 'c' } }),
        entry({ log, seq: 3, at: T0 + 20, values: { card: 'c' } }),
        entry({ log, seq: 4, kind: 'chargeback', at: T0 - 500, knownAt: T0 + 30, values: { card: 'c' } }),
        entry({ log, seq: 5, at: T0 + 20, values: { card: 'd' } }),
      ];
      await store.journal.append(batch);
      const card = keyOf('card', 'c');
      expect(await range(card)).toEqual([1, 2, 3, 4]);
      expect(await range(card, T0 + 9)).toEqual(expect.arrayContaining([2, 3, 4]));
      expect(await range(keyOf('email', 'e'))).toEqual([1]);
      expect(await range(keyOf('card', 'nobody'))).toEqual([]);
      const both = await store.journal.query({
        ids: [batch[4]?.id ?? ''],
        ranges: [
          { key: keyOf('card', 'd'), from: T0 },
          { key: keyOf('email', 'e'), from: -Infinity },
          { key: keyOf('email', 'nobody'), from: -Infinity },
        ],
        seen: NONE,
      });
      expect(both.entries.map(plain)).toEqual([plain(batch[4])]);
      expect(whole(both).map(normal)).toEqual([normal(events(batch, [5])), normal(events(batch, [1])), []]);
    });

    it('never hands out an event that is older than a range asks for by both clocks', async () => {
      const { log } = store.journal;
      await store.journal.append([
        entry({ log, seq: 1, at: T0, values: { card: 'c' } }),
        entry({ log, seq: 2, at: T0 + 10, values: { card: 'c' } }),
        entry({ log, seq: 3, at: T0 - 10, knownAt: T0 + 11, values: { card: 'c' } }),
      ]);
      const card = keyOf('card', 'c');
      expect(await range(card, T0)).toEqual([2, 3]);
      expect(await range(card, T0 + 10)).toEqual([3]);
      expect(await range(card, T0 + 11)).toEqual([]);
    });

    it('agrees with a model on random entries, keys and windows', async () => {
      const { log } = store.journal;
      let seq = next();
      const all: JournalEntry[] = [];
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.record({
              card: fc.integer({ min: 0, max: 4 }),
              ip: fc.option(fc.integer({ min: 0, max: 2 })),
              at: fc.integer({ min: 0, max: 200 }),
              late: fc.integer({ min: 0, max: 50 }),
              twice: fc.boolean(),
            }),
            { maxLength: 12 },
          ),
          fc.integer({ min: -10, max: 260 }),
          async (shapes, from) => {
            const batch = shapes.map((shape) =>
              entry({
                log,
                seq: seq++,
                at: T0 + shape.at,
                knownAt: T0 + shape.at + shape.late,
                values: { card: `c${shape.card}`, ...(shape.ip === null ? {} : { ip: `i${shape.ip}` }) },
                ...(shape.twice && all[0] ? { id: all[0].id } : {}),
              }),
            );
            const results = await store.journal.append(batch);
            batch.forEach((one, index) => {
              const known = all.some(({ id }) => id === one.id);
              expect(results[index]).toBe(known ? 'duplicate' : 'stored');
              if (!known) all.push(one);
            });
            const keys = [0, 1, 2, 3, 4].map((c) => keyOf('card', `c${c}`));
            keys.push(...[0, 1, 2].map((i) => keyOf('ip', `i${i}`)));
            const answer = await store.journal.query({
              ids: [],
              ranges: keys.map((key) => ({ key, from: T0 + from })),
              seen: NONE,
            });
            keys.forEach((key, index) => {
              const expected = all.filter(
                (one) => one.keys.includes(key) && Math.max(one.event.at, one.event.knownAt) > T0 + from,
              );
              expect(normal(answer.ranges[index] ?? [])).toEqual(normal(expected.map(({ event }) => event)));
            });
          },
        ),
        { numRuns: 40 },
      );
    });

    it('finds all of a busy key, in parts where the caller takes them', async () => {
      const { log } = store.journal;
      const count = 6_000;
      for (let seq = 1; seq <= count; seq += 500) {
        await store.journal.append(
          entries(log, seq, 500, (index) => ({ values: { ip: 'busy', card: `c${index % 7}` }, payload: 10 })),
        );
      }
      const ranges = [
        { key: keyOf('ip', 'busy'), from: T0 + 1_000_000 },
        { key: keyOf('card', 'c3'), from: -Infinity },
      ];
      const all = whole(await store.journal.query({ ids: [], ranges, seen: NONE }));
      expect(all.map((range) => range.length)).toEqual([5_000, 852]);
      const parts: StreamEvent[][] = [[], []];
      const answer = await store.journal.query({
        ids: [],
        ranges,
        seen: NONE,
        onEvents: (range, part) => parts[range]?.push(...part),
      });
      for (const [range, part] of whole(answer).entries()) parts[range]?.push(...part);
      expect(parts.map(normal)).toEqual(all.map(normal));

      // A round waits for short ones only. Neither is a short one kept from it by a long one, nor is it the other way.
      ranges.push({ key: keyOf('ip', 'busy'), from: T0 + 5_900_000 });
      const short = await store.journal.query({ ids: [], ranges, seen: NONE, longest: 2_000 });
      expect(short.ranges.map((range) => range?.length)).toEqual([undefined, 852, 100]);
      const none = await store.journal.query({ ids: [], ranges, seen: undefined, longest: 50 });
      expect(none).toEqual({ entries: [], ranges: [undefined, undefined, undefined], tail: [] });
    });

    it('gives its own log no tail', async () => {
      await store.journal.append(entries(store.journal.log, 1, 5));
      const answer = await store.journal.query({ ids: [], ranges: [], seen: NONE });
      expect(answer.tail).toEqual([]);
    });

    it('reads all of it in order, from anywhere, in batches', async () => {
      const { log } = store.journal;
      const batch = entries(log, 1, 57, (index) => ({ kind: index % 5 === 0 ? 'captured' : 'payment' }));
      await store.journal.append(batch);
      const read = async (after: ReadonlyMap<number, number>, size: number): Promise<StoredEntry[]> => {
        const found: StoredEntry[] = [];
        for await (const part of store.journal.scan(after, size)) {
          expect(part.length).toBeLessThanOrEqual(size);
          found.push(...part);
        }
        return found;
      };
      expect((await read(NONE, 10)).map(plain)).toEqual(batch.map(plain));
      expect((await read(new Map([[log, 50]]), 100)).map(plain)).toEqual(batch.slice(50).map(plain));
      expect(await read(new Map([[log, 57]]), 10)).toEqual([]);
    });

    it('stops reading when the reader stops', async () => {
      await store.journal.append(entries(store.journal.log, 1, 50));
      for await (const part of store.journal.scan(NONE, 10)) {
        expect(part).toHaveLength(10);
        break;
      }
      expect(await store.journal.append(entries(store.journal.log, 51, 1))).toEqual(['stored']);
    });

    it('tells each of many appends at once about its own entries', async () => {
      const { log } = store.journal;
      let seq = 1;
      const twice = (size: number): JournalEntry[] => {
        const id = seq;
        const fresh = Array.from({ length: size }, () => entry({ log, seq: seq++, payload: 2_000 }));
        return [...fresh, entry({ log, seq: seq++, id: fresh[0]?.id ?? entryId(`${id}`) })];
      };
      const batches = [1, 300, 2, 700, 40, 1100, 3].map(twice);
      const aliased = [named(log, seq++, 'late', 'second name'), named(log, seq++, 'second name', undefined)];
      const ends = await Promise.all([...batches, aliased].map((batch) => store.journal.append(batch)));
      expect(ends.pop()).toEqual(['stored', 'taken']);
      expect(ends).toEqual(
        batches.map((batch) => batch.map((_, at) => (at === batch.length - 1 ? 'duplicate' : 'stored'))),
      );
      const stored = batches.flatMap((batch) => batch.slice(0, -1));
      expect(await find(stored.map(({ id }) => id))).toEqual(stored.map(plain));
    });

    it('appends side by side with reads, in the order of the calls', async () => {
      const { log } = store.journal;
      const card = keyOf('card', 'busy');
      const work: Promise<unknown>[] = [];
      for (let round = 0; round < 20; round++) {
        const batch = entries(log, 1 + round * 10, 10, () => ({ values: { card: 'busy' } }));
        work.push(store.journal.append(batch));
        work.push(store.journal.query({ ids: [], ranges: [{ key: card, from: T0 }], seen: NONE }));
      }
      await Promise.all(work);
      expect(await range(card)).toHaveLength(200);
    });

    describe('list', () => {
      const pages = async (filter: DecisionFilter, limit: number): Promise<StoredEntry[]> => {
        const found: StoredEntry[] = [];
        let token: string | undefined;
        for (let page = 0; page < 1000; page++) {
          const answer = await store.journal.list(filter, limit, token);
          expect(answer.entries.length).toBeLessThanOrEqual(limit);
          found.push(...answer.entries);
          token = answer.next;
          if (token === undefined) return found;
        }
        throw new Error('no end');
      };

      it('shows decisions only, newest first, page by page', async () => {
        const { log } = store.journal;
        const batch = entries(log, 1, 23, (index) => ({ kind: index % 4 === 1 ? 'captured' : 'payment' }));
        await store.journal.append(batch);
        const decisions = batch.filter(({ decision }) => decision).reverse();
        for (const limit of [1, 5, 17, 100]) {
          expect((await pages({}, limit)).map(plain)).toEqual(decisions.map(plain));
        }
      });

      it('keeps its place while new decisions come in', async () => {
        const { log } = store.journal;
        await store.journal.append(entries(log, 1, 10));
        const first = await store.journal.list({}, 4, undefined);
        await store.journal.append(entries(log, 11, 10));
        const second = await store.journal.list({}, 4, first.next);
        expect(second.entries.map(({ event }) => event.seq)).toEqual([6, 5, 4, 3]);
      });

      it('goes by event time, whatever the order of admission; of the same time the last admitted first', async () => {
        const { log } = store.journal;
        const batch = entries(log, 1, 60, (index) => ({
          at: T0 + ((index * 37) % 12) * 1000,
          values: { card: `c${index % 3}` },
        }));
        await store.journal.append(batch);
        const newest = newestFirst(batch);
        for (const limit of [1, 7, 100]) expect((await pages({}, limit)).map(({ id }) => id)).toEqual(newest);
        const ofCard = newestFirst(batch.filter(({ keys }) => keys.includes(keyOf('card', 'c1'))));
        for (const limit of [1, 7, 100])
          expect((await pages({ keys: [keyOf('card', 'c1')] }, limit)).map(({ id }) => id)).toEqual(ofCard);
        await reopen();
        expect((await pages({}, 7)).map(({ id }) => id)).toEqual(newest);
      });

      it.each([{}, { keys: [keyOf('card', 'c')] }, { site: 'site-a' }])(
        'keeps its place while decisions older and newer than it come in: %j',
        async (filter) => {
          const { log } = store.journal;
          let seq = 1;
          const add = async (times: readonly number[]): Promise<JournalEntry[]> => {
            const batch = times.map((time) =>
              entry({ log, seq: seq++, at: T0 + time, values: { card: 'c' } }),
            );
            await store.journal.append(batch);
            return batch;
          };
          const before = await add([50, 10, 40, 40, 30, 20, 60, 40]);
          const found: StoredEntry[] = [];
          let token: string | undefined;
          do {
            const page = await store.journal.list(filter, 2, token);
            found.push(...page.entries);
            token = page.next;
            await add([70, 45, 5]);
          } while (token !== undefined && found.length < 100);
          const ids = found.map(({ id }) => id);
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids.filter((id) => before.some((one) => one.id === id))).toEqual(newestFirst(before));
          const times = found.map(({ event }) => event.at);
          expect(times).toEqual(times.toSorted((a, b) => b - a));
        },
      );

      it('filters by every field and all of them together', async () => {
        const { log } = store.journal;
        const batch = entries(log, 1, 300, (index) => ({
          site: `site-${index % 3}`,
          outcome: OUTCOMES[index % OUTCOMES.length] ?? 'accept',
          degraded: index % 7 === 0,
          at: T0 + ((index * 7919) % 301) * 1000,
          values: { card: `c${index % 4}`, email: `e${index % 5}` },
          hits: HITS.slice(0, index % (HITS.length + 1)),
          limits: index % 5 === 0 ? [COUNTED] : [],
        }));
        await store.journal.append(batch);
        await fc.assert(
          fc.asyncProperty(
            fc.record(
              {
                site: fc.constantFrom('site-0', 'site-1', 'site-9'),
                outcomes: fc.subarray([...OUTCOMES], { minLength: 1 }),
                from: fc.integer({ min: T0 - 5, max: T0 + 310_000 }),
                to: fc.integer({ min: T0 - 5, max: T0 + 310_000 }),
                keys: fc.subarray([keyOf('card', 'c1'), keyOf('email', 'e2'), keyOf('card', 'zz')]),
                degraded: fc.boolean(),
                rule: fc.constantFrom('a/one', 'b/one', 'b/two', 'a/two'),
                rules: fc.oneof(
                  fc.subarray(['a/one', 'b/one', 'b/two', 'a/two', 'a#one', 'b#one'], { minLength: 1 }),
                  // More than are looked for by what stands in a record.
                  fc.constant(['b/one', ...Array.from({ length: 30 }, (_, index) => `c/r${index}`)]),
                ),
              },
              { requiredKeys: [] },
            ),
            fc.integer({ min: 1, max: 50 }),
            async (filter, limit) => {
              const expected = newestFirst(batch.filter((one) => matches(one, filter)));
              const found = await pages(filter, limit);
              expect(found.map(({ id }) => id)).toEqual(expected);
            },
          ),
          { numRuns: 60 },
        );
      });

      it('finds in one page what a rule hit in, however rarely', async () => {
        const batch = entries(store.journal.log, 1, 1_000, (index) => ({
          payload: 3,
          hits: index % 400 === 3 ? HITS : HITS.slice(0, 2),
        }));
        await store.journal.append(batch);
        const page = await store.journal.list({ rule: 'b/one' }, 20, undefined);
        expect(page.entries.map(({ event }) => event.seq)).toEqual([804, 404, 4]);
      });

      it('refuses a token that is none', async () => {
        await store.journal.append(entries(store.journal.log, 1, 3));
        for (const token of ['x', '', 'AAAA', '-1', '%%%', '9'.repeat(400), 'bnVsbA', '{"seq":1}']) {
          await expect(store.journal.list({}, 10, token)).rejects.toSatisfy(
            (error) => error instanceof TollgateError && error.code === 'INVALID_REQUEST',
          );
        }
      });
    });
  });
}

function matches(one: JournalEntry, filter: DecisionFilter): boolean {
  const { decision, event } = one;
  if (!decision) return false;
  if (filter.site !== undefined && decision.site !== filter.site) return false;
  if (filter.outcomes && !filter.outcomes.includes(decision.outcome)) return false;
  if (filter.from !== undefined && event.at < filter.from) return false;
  if (filter.to !== undefined && event.at >= filter.to) return false;
  if (filter.degraded !== undefined && decision.degraded !== filter.degraded) return false;
  const rules = filter.rule === undefined ? filter.rules : [filter.rule];
  if (rules !== undefined && !rules.some((rule) => ruleHit(decision.record, rule))) return false;
  return (filter.keys ?? []).every((key) => one.keys.includes(key));
}

/** Of a limit named like a rule. */
const COUNTED: LimitUse = {
  ruleSet: 'a',
  limit: 'one',
  state: 'unheld',
  why: 'no-key',
  lacks: '',
  periodStart: T0,
  refunds: 'keep',
};

/** Of one rule name in two sets, one only failed. */
const HITS = (
  [
    ['a', 'two', 'unknown'],
    ['a', 'one', 'error'],
    ['b', 'one', 'hit'],
    ['b', 'two', 'hit'],
    ['a', 'one', 'hit'],
  ] as const
).map(([ruleSet, rule, state]) => ({
  ruleSet,
  rule,
  state,
  outcome: 'review' as const,
  reason: 'r',
  score: 0,
}));

function named(log: number, seq: number, id: string, alias: string | undefined): JournalEntry {
  return entry({
    log,
    seq,
    kind: 'captured',
    id: entryId(id),
    ...(alias === undefined ? {} : { alias: entryId(alias) }),
  });
}

/** Ids in the order of a list. */
function newestFirst(batch: readonly JournalEntry[]): string[] {
  return batch.toSorted((a, b) => b.event.at - a.event.at || b.event.seq - a.event.seq).map(({ id }) => id);
}

function events(batch: readonly JournalEntry[], seqs: readonly number[]): StreamEvent[] {
  return batch.map(({ event }) => event).filter(({ seq }) => seqs.includes(seq));
}

function normal(list: readonly StreamEvent[]): StreamEvent[] {
  return list
    .map((event) => ({ ...event, attributes: [...event.attributes] }))
    .sort((a, b) => a.log - b.log || a.seq - b.seq);
}
