import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BlockWriter,
  openBlock,
  postingsAt,
  postingsOf,
} from '../../../../src/storage/sqlite/key-index/block.js';
import { addToFilter, filterBytes, mayHold } from '../../../../src/storage/sqlite/key-index/filter.js';
import { KeyIndex } from '../../../../src/storage/sqlite/key-index/key-index.js';
import type { IndexStorage } from '../../../../src/storage/sqlite/key-index/key-index.js';
import { MemTable } from '../../../../src/storage/sqlite/key-index/mem-table.js';
import { openSlab } from '../../../../src/storage/sqlite/key-index/run.js';
import type { Run } from '../../../../src/storage/sqlite/key-index/run.js';
import { hash53 } from '../../contract/entries.js';

describe('filter', () => {
  it('never misses a key, and takes few strangers for known', () => {
    const length = filterBytes(288);
    const bytes = new Uint8Array(length + 8);
    const known = Array.from({ length: 288 }, (_, index) => hash53(`known ${index}`));
    for (const key of known) addToFilter(bytes, 8, length, key);
    expect(known.every((key) => mayHold(bytes, 8, length, key))).toBe(true);
    const strangers = Array.from({ length: 5_000 }, (_, index) => hash53(`stranger ${index}`));
    expect(strangers.filter((key) => mayHold(bytes, 8, length, key)).length).toBeLessThan(150);
    expect([...bytes.subarray(0, 8)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe('block', () => {
  it('gives back what was put in, over as many blocks as it takes', () => {
    const posting = fc.tuple(
      fc.oneof(fc.integer({ min: 1, max: 30 }), fc.maxSafeInteger().map(Math.abs)),
      fc.uniqueArray(fc.oneof(fc.integer({ min: 5, max: 400 }), fc.integer({ min: 5, max: 2 ** 50 })), {
        minLength: 1,
        maxLength: 60,
      }),
    );
    fc.assert(
      fc.property(fc.array(posting, { maxLength: 400 }), (postings) => {
        const wanted = new Map(postings.map(([key, seqs]) => [key, seqs.sort((a, b) => a - b)]));
        const blocks: Uint8Array[] = [];
        const writer = new BlockWriter(5, (bytes) => blocks.push(bytes));
        for (const key of [...wanted.keys()].sort((a, b) => a - b)) {
          for (const seq of wanted.get(key) ?? []) writer.add(key, seq);
        }
        writer.flush();
        const found = new Map<number, number[]>();
        for (const bytes of blocks) {
          const block = openBlock(bytes);
          block.keys.forEach((key, index) => {
            const seqs = postingsAt(block, index);
            expect(postingsOf(block, key)).toEqual(seqs);
            found.set(key, [...(found.get(key) ?? []), ...seqs]);
          });
        }
        expect(found).toEqual(wanted);
      }),
      { numRuns: 60 },
    );
  });

  it('opens a block that does not lie on a round address', () => {
    let stored = new Uint8Array(0);
    const writer = new BlockWriter(1, (bytes) => {
      stored = new Uint8Array(bytes.length + 3);
      stored.set(bytes, 3);
    });
    writer.add(7, 1);
    writer.add(7, 300);
    writer.flush();
    expect(postingsOf(openBlock(stored.subarray(3)), 7)).toEqual([1, 300]);
  });
});

describe('table in memory', () => {
  it('finds every key, also those that fall into one slot', () => {
    const table = new MemTable();
    const keys = [1, 1 + 2 ** 18, 1 + 2 ** 40, 2 ** 53 - 1, 2];
    for (let seq = 1; seq <= 30; seq++) {
      table.begin(seq);
      for (const [index, key] of keys.entries()) if (seq % (index + 1) === 0) table.add(key, seq);
      table.add(keys[0] ?? 0, seq);
    }
    for (const [index, key] of keys.entries()) {
      const expected = Array.from({ length: 30 }, (_, at) => 30 - at).filter(
        (seq) => seq % (index + 1) === 0,
      );
      expect(table.seqsOf(key)).toEqual(expected);
    }
    expect(table.seqsOf(3)).toEqual([]);
    expect([...table.sortedKeys()].flatMap((part) => [...part])).toEqual([...keys].sort((a, b) => a - b));
  });
});

describe('key index', () => {
  it('agrees with a map, whatever is sealed, merged, read meanwhile or begun anew', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            entries: fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 5 }), {
              maxLength: 60,
            }),
            slices: fc.integer({ min: 0, max: 30 }),
            restart: fc.boolean(),
            read: fc.integer({ min: 1, max: 40 }),
          }),
          { minLength: 5, maxLength: 40 },
        ),
        fc.boolean(),
        (steps, spread) => {
          // Spread over the whole range of hashes, or close together: blocks are cut differently.
          const keyOf = (n: number): number => (spread ? hash53(`key ${n}`) : n);
          const storage = new FakeStorage();
          let index = new KeyIndex(storage, [], 1, 7);
          let work = new Work(() => index);
          const model = new Map<number, number[]>();
          const log: (readonly number[])[] = [];
          let open:
            { readonly key: number; readonly parts: Iterator<readonly number[]>; seqs: number[] } | undefined;
          for (const { entries, slices, restart, read } of steps) {
            for (const numbers of entries) {
              log.push(numbers);
              const seq = log.length * 3;
              index.add(seq, numbers.map(keyOf), hash53(`id ${seq}`));
              for (const n of numbers) model.set(n, [...(model.get(n) ?? []), seq]);
            }
            if (open) {
              // A read that began before goes on over what has become of the runs since.
              for (let part = open.parts.next(); part.done !== true; part = open.parts.next())
                open.seqs.push(...part.value);
              const now = model.get(open.key) ?? [];
              expect(now.slice(0, open.seqs.length)).toEqual(open.seqs);
              open = undefined;
            }
            const parts = index.oldestFirst(keyOf(read))[Symbol.iterator]();
            const first = parts.next();
            if (first.done !== true) open = { key: read, parts, seqs: [...first.value] };
            for (let slice = 0; slice < slices; slice++) work.slice();
            if (restart) {
              open?.parts.return?.();
              open = undefined;
              index = new KeyIndex(storage, storage.runs(), storage.nextRun(), 7);
              work = new Work(() => index);
              const sealed = index.sealedSeq;
              for (const [at, numbers] of log.entries()) {
                const seq = (at + 1) * 3;
                if (seq > sealed) index.add(seq, numbers.map(keyOf), hash53(`id ${seq}`));
              }
            }
          }
          open?.parts.return?.();
          for (let slice = 0; slice < 200; slice++) work.slice();
          for (let n = 1; n <= 41; n++) {
            const expected = model.get(n) ?? [];
            expect([...index.oldestFirst(keyOf(n))].flat()).toEqual(expected);
            const before = log.length * 2;
            expect([...index.newestFirst(keyOf(n), before)].flat()).toEqual(
              expected.filter((seq) => seq < before).toReversed(),
            );
          }
          expect([...index.oldestFirst(hash53('id 3'))].flat()).toEqual(log.length > 0 ? [3] : []);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('merges eight runs into one, and forgets the blocks of those it replaces', () => {
    const storage = new FakeStorage();
    const index = new KeyIndex(storage, [], 1, 10);
    for (let seq = 1; seq <= 1_000; seq++) index.add(seq, [hash53(`k${seq % 50}`), 99], seq + 1e6);
    const work = new Work(() => index);
    for (let slice = 0; slice < 100_000; slice++) work.slice();
    expect(index.waiting).toBe(0);
    expect(index.runs.length).toBeLessThan(15);
    expect(new Set(index.runs.map(({ level }) => level))).toEqual(new Set([0, 1, 2]));
    const blocks = index.runs.reduce((sum, run) => sum + run.blocks, 0);
    expect(storage.blocks.size).toBe(blocks);
    expect([...index.oldestFirst(99)].flat()).toEqual(Array.from({ length: 1_000 }, (_, at) => at + 1));
  });
});

/** Runs background work a slice at a time, as the worker does. */
class Work {
  readonly #index: () => KeyIndex;
  #jobs: Generator<void>[] = [];
  #turn = 0;

  constructor(index: () => KeyIndex) {
    this.#index = index;
  }

  slice(): void {
    const index = this.#index();
    if (this.#jobs.length === 0) {
      if (index.waiting > 0) this.#jobs.push(index.seal());
      if (index.due()) this.#jobs.push(index.merge());
    }
    const job = this.#jobs[this.#turn++ % Math.max(1, this.#jobs.length)];
    if (job?.next().done === true) this.#jobs = this.#jobs.filter((one) => one !== job);
  }
}

class FakeStorage implements IndexStorage {
  readonly blocks = new Map<string, Uint8Array>();
  readonly #slabs = new Map<string, Uint8Array>();
  #runs: readonly Run[] = [];
  #highest = 0;

  runs(): Run[] {
    return this.#runs.map((run) => ({
      ...run,
      slabs: run.slabs.map((_, slab) => openSlab(this.#slabs.get(`${run.id}/${slab}`) ?? new Uint8Array(0))),
    }));
  }

  nextRun(): number {
    return this.#highest + 1;
  }

  writeBlock(run: number, block: number, bytes: Uint8Array): void {
    this.#highest = Math.max(this.#highest, run);
    this.blocks.set(`${run}/${block}`, bytes);
  }

  readBlock(run: number, block: number): Uint8Array {
    const bytes = this.blocks.get(`${run}/${block}`);
    if (!bytes) throw new Error(`no block ${run}/${block}`);
    return bytes;
  }

  writeSlab(run: number, slab: number, bytes: Uint8Array): void {
    this.#slabs.set(`${run}/${slab}`, bytes.slice());
  }

  sealed(run: Run): void {
    this.#runs = [...this.#runs, run];
  }

  merged(run: Run, replaced: readonly Run[]): void {
    const ids = new Set(replaced.map(({ id }) => id));
    this.#runs = [...this.#runs.filter(({ id }) => !ids.has(id)), run];
  }

  deleteBlocks(run: number, from: number, to: number, last: boolean): void {
    for (const key of this.blocks.keys()) {
      const [of, block] = key.split('/').map(Number);
      if (of === run && (block ?? 0) >= from && (last || (block ?? 0) < to)) this.blocks.delete(key);
    }
  }
}
