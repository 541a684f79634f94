import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GroupCommit } from '../../../src/decisions/pipeline/group-commit.js';
import type { AppendResult, JournalEntry } from '../../../src/decisions/ports.js';

const entry = (id: string): JournalEntry => ({ id }) as JournalEntry;

/** A journal whose appends end when told to. */
function manualJournal() {
  const batches: { ids: string[]; end: (failure?: Error) => void }[] = [];
  return {
    batches,
    append(entries: readonly JournalEntry[]): Promise<readonly AppendResult[]> {
      return new Promise((resolve, reject) => {
        batches.push({
          ids: entries.map(({ id }) => id),
          end: (failure) => (failure === undefined ? resolve(entries.map(() => 'stored')) : reject(failure)),
        });
      });
    },
  };
}

describe('GroupCommit', () => {
  it('gathers what comes while a batch is on its way into the next batch', async () => {
    const journal = manualJournal();
    const commit = new GroupCommit(journal, { maxBatch: 10, maxInFlight: 1 });
    const done: string[] = [];
    for (const id of ['a', 'b', 'c', 'd']) {
      commit.add(entry(id), () => done.push(id));
      commit.flush();
    }
    expect(journal.batches.map(({ ids }) => ids)).toEqual([['a']]);
    journal.batches[0]?.end();
    await Promise.resolve().then(() => undefined);
    await Promise.resolve();
    expect(done).toEqual(['a']);
    expect(journal.batches[1]?.ids).toEqual(['b', 'c', 'd']);
  });

  it('tells a failed batch to all of its entries and goes on with the next', async () => {
    const journal = manualJournal();
    const commit = new GroupCommit(journal, { maxBatch: 2, maxInFlight: 1 });
    const told: string[] = [];
    for (const id of ['a', 'b', 'c'])
      commit.add(entry(id), (result, error) => told.push(`${id}:${String(result ?? error)}`));
    commit.flush();
    journal.batches[0]?.end(new Error('away'));
    await new Promise((resolve) => setImmediate(resolve));
    journal.batches[1]?.end();
    await commit.drain();
    expect(told).toEqual(['a:Error: away', 'b:Error: away', 'c:stored']);
  });

  it('hands over every entry once, in order, within the bounds, and drains', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0, max: 40 }),
        async (maxBatch, maxInFlight, count) => {
          let inFlight = 0;
          const seen: string[] = [];
          const commit = new GroupCommit(
            {
              async append(entries) {
                inFlight += 1;
                expect(inFlight).toBeLessThanOrEqual(maxInFlight);
                expect(entries.length).toBeLessThanOrEqual(maxBatch);
                seen.push(...entries.map(({ id }) => id));
                await Promise.resolve();
                inFlight -= 1;
                return entries.map(() => 'stored');
              },
            },
            { maxBatch, maxInFlight },
          );
          let answered = 0;
          for (let index = 0; index < count; index += 1) {
            commit.add(entry(String(index)), () => {
              answered += 1;
            });
            if (index % 3 === 0) commit.flush();
          }
          await commit.drain();
          expect(seen).toEqual(Array.from({ length: count }, (_, index) => String(index)));
          expect(answered).toBe(count);
        },
      ),
      { numRuns: 50 },
    );
  });
});
