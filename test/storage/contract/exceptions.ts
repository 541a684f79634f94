import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../src/rules/exceptions/exception-log.js';
import type { SnoozeEntry } from '../../../src/rules/exceptions/snooze.js';
import { T0 } from './entries.js';
import type { StoreFactory, TestDatabase, TestStore } from './factory.js';

/** What every store of exceptions promises. */
export function exceptionsContract(factory: StoreFactory): void {
  describe(`exceptions on ${factory.name}`, () => {
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

    const entry = (number: number, ref: string, until = T0 + 1000): LogEntry<SnoozeEntry> => ({
      number,
      ref,
      until,
      body: { kind: 'ended', end: { actor: 'ann', reason: `ü "${number}"`, at: T0 } },
    });
    const numbers = (entries: readonly LogEntry<unknown>[]): number[] => entries.map(({ number }) => number);

    it('keep what is appended, in order, and whole', async () => {
      const log = store.snoozes;
      expect(await log.since(0, 0, 10)).toEqual([]);
      expect(await log.newest(undefined, 10)).toEqual([]);
      for (const one of [entry(1, 'a'), entry(2, 'b', T0), entry(3, 'a')])
        expect(await log.append(one)).toBe('added');
      expect(await log.newest(undefined, 10)).toEqual([entry(3, 'a'), entry(2, 'b', T0), entry(1, 'a')]);
      expect(numbers(await log.newest(3, 1))).toEqual([2]);
      expect(numbers(await log.since(0, T0 - 1, 10))).toEqual([1, 2, 3]);
      expect(numbers(await log.since(0, T0, 10))).toEqual([1, 3]);
      expect(numbers(await log.since(1, T0, 10))).toEqual([3]);
      expect(numbers(await log.since(0, T0, 1))).toEqual([1]);
      expect(await log.about(['a'])).toEqual([entry(1, 'a'), entry(3, 'a')]);
      expect(numbers(await log.about(['b', 'a', 'b', 'c']))).toEqual([1, 2, 3]);
      expect(await log.about([])).toEqual([]);
    });

    it('have one entry for each number, whoever appends', async () => {
      const log = store.snoozes;
      expect(await log.append(entry(2, 'a'))).toBe('stale');
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, index) => log.append(entry(1, `r${index}`))),
      );
      expect(results.filter((result) => result === 'added')).toHaveLength(1);
      expect((await log.newest(undefined, 10)).map(({ ref }) => ref)).toEqual([
        `r${results.indexOf('added')}`,
      ]);
      expect(await log.append(entry(1, 'late'))).toBe('stale');
    });

    it('outlive the process', async () => {
      await store.snoozes.append(entry(1, 'a'));
      await store.close();
      store = await database.open();
      expect(await store.snoozes.since(0, 0, 10)).toEqual([entry(1, 'a')]);
    });
  });
}
