import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SortedRuns, type RunPart, type Sortable } from '../../../../src/storage/mongo/lists/sorted-runs.js';

const byBytes = (one: Sortable, other: Sortable): number =>
  Buffer.compare(Buffer.from(one.v), Buffer.from(other.v)) || one.n - other.n;

/** Parts in memory; told of every reading. */
class Kept {
  readonly parts = new Map<number, RunPart>();
  readonly reads: number[] = [];
  /** How often something was read. */
  times = 0;

  write(parts: readonly RunPart[]): Promise<void> {
    for (const part of parts) {
      if (this.parts.has(part._id)) throw new Error('written twice');
      this.parts.set(part._id, part);
    }
    return Promise.resolve();
  }

  read(ids: readonly number[]): Promise<readonly RunPart[]> {
    this.reads.push(...ids);
    this.times += 1;
    const found = ids.map((id) => this.parts.get(id)).filter((part) => part !== undefined);
    return Promise.resolve(found.toReversed());
  }
}

const sizes = fc.record({
  run: fc.integer({ min: 1, max: 20 }),
  part: fc.integer({ min: 1, max: 8 }),
  length: fc.integer({ min: 1, max: 200 }),
  read: fc.integer({ min: 1, max: 4 }),
});
/** Values that meet each other, some with characters that UTF-16 orders in another way than UTF-8. */
const values = fc.array(
  fc.oneof(
    fc.constantFrom('a', 'b', 'ab', '\u{1f600}', '\uff5e', '\ue000x', '\u{10000}'),
    fc.string({ unit: 'binary' }),
  ),
  { maxLength: 120 },
);

async function mergedOf(runs: SortedRuns<Sortable>): Promise<readonly (readonly Sortable[])[]> {
  const steps: (readonly Sortable[])[] = [];
  for await (const step of runs.merged()) steps.push(step);
  return steps;
}

describe('sorted runs', () => {
  it('give everything back in the order of bytes, then as it came, the entries of a value together', async () => {
    await fc.assert(
      fc.asyncProperty(values, sizes, fc.integer({ min: 1, max: 30 }), async (given, how, batch) => {
        const entries = given.map((v, index) => ({ v, n: index + 1 }));
        const runs = new SortedRuns(new Kept(), how);
        const adding: Promise<void>[] = [];
        for (let at = 0; at < entries.length; at += batch)
          adding.push(runs.add(entries.slice(at, at + batch)));
        await Promise.all(adding);
        const steps = await mergedOf(runs);
        expect(steps.flat()).toEqual(entries.toSorted(byBytes));
        for (const [at, step] of steps.entries()) {
          expect(step.length).toBeGreaterThan(0);
          expect(step.at(-1)?.v).not.toBe(steps[at + 1]?.[0]?.v);
        }
      }),
    );
  });

  it('read every part once, some at a time, and give what is whole at once: what waits is a part of every run', async () => {
    const kept = new Kept();
    const sizes = { run: 100, part: 10, length: 10_000, read: 5 };
    const runs = new SortedRuns(kept, sizes);
    const entries = Array.from({ length: 5_000 }, (_, n) => ({
      v: String((n * 7_919) % 5_000).padStart(4),
      n,
    }));
    await runs.add(entries);
    let given = 0;
    for await (const step of runs.merged()) {
      given += step.length;
      const read = kept.reads.length * sizes.part;
      expect(read - given).toBeLessThanOrEqual(sizes.read * sizes.part + (5_000 / sizes.run) * sizes.part);
    }
    expect(given).toBe(5_000);
    expect(kept.times).toBe(100);
    expect(kept.reads.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, id) => id + 1));
  });

  it('keep parts short however long the texts are', async () => {
    const kept = new Kept();
    const runs = new SortedRuns(kept, { run: 100, part: 50, length: 1_000, read: 2 });
    const entries = Array.from({ length: 300 }, (_, n) => ({ v: 'x'.repeat((n * 37) % 400) + String(n), n }));
    entries.push({ v: 'y'.repeat(3_000), n: 300 });
    await runs.add(entries.slice(0, 150));
    await runs.add(entries.slice(150));
    expect((await mergedOf(runs)).flat()).toEqual(entries.toSorted(byBytes));
    const parts = [...kept.parts.values()].map(({ e }) => e);
    expect(
      parts.filter(({ length }) => length > 1_002).map((e) => (JSON.parse(e) as unknown[]).length),
    ).toEqual([]);
    expect(parts.some((e) => (JSON.parse(e) as unknown[]).length > 10)).toBe(true);
  });

  it('write nothing that fits into one run', async () => {
    const kept = new Kept();
    const runs = new SortedRuns(kept, { run: 10, part: 4, length: 100, read: 1 });
    await runs.add(['c', 'a', 'b'].map((v, index) => ({ v, n: index + 1 })));
    expect((await mergedOf(runs)).flat().map(({ v }) => v)).toEqual(['a', 'b', 'c']);
    expect(kept.parts.size).toBe(0);
  });

  it.each([2, 7, 1_000])('refuse the 101st entry of a value, runs of %i', async (run) => {
    const given = (count: number): readonly Sortable[] =>
      Array.from({ length: count }, (_, index) => [
        { v: 'often', n: 2 * index + 1 },
        { v: `other ${index}`, n: 2 * index + 2 },
      ]).flat();
    const few = new SortedRuns(new Kept(), { run, part: 3, length: 100, read: 3 });
    await few.add(given(100));
    expect((await mergedOf(few)).flat()).toHaveLength(200);
    const many = new SortedRuns(new Kept(), { run, part: 3, length: 100, read: 3 });
    await many.add(given(101));
    await expect(mergedOf(many)).rejects.toThrow('more than 100 of often');
  });

  it('notice that a part is gone', async () => {
    const kept = new Kept();
    const runs = new SortedRuns(kept, { run: 4, part: 2, length: 100, read: 2 });
    await runs.add(['d', 'c', 'b', 'a'].map((v, index) => ({ v, n: index + 1 })));
    kept.parts.delete(2);
    await expect(mergedOf(runs)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});
