import { MEM_TABLE_ENTRIES, MemTable } from './mem-table.js';
import { RunCursor, RunWriter, blocksOf, seqsInBlock } from './run.js';
import type { Run, RunStorage } from './run.js';

/** Runs of one level that are merged into one of the next. */
const TIER = 8;
/** Blocks written in one slice of background work. */
const SLICE_BLOCKS = 4;
/** Blocks forgotten in one slice. */
const SLICE_DELETES = 64;
/** Postings handled in one slice of a merge at most. */
const SLICE_POSTINGS = 8_192;

/** Where the key index is kept. */
export interface IndexStorage extends RunStorage {
  /** Makes the run of a sealed table known. */
  sealed(run: Run): void;
  /** Makes a run known and those that it replaces unknown; their blocks go later. */
  merged(run: Run, replaced: readonly Run[]): void;
  /** Forgets blocks [from, to) of a run, and its slabs when `last`. */
  deleteBlocks(run: number, from: number, to: number, last: boolean): void;
}

/**
 * Which entries carry a key: an LSM tree. New postings go to a table in memory; full tables become sorted runs, eight
 * runs of a level one of the next. So an append costs no random write, and a key that nobody has seen costs no read.
 * Sealing and merging are generators, to be run a slice at a time, each slice in a transaction of its own.
 */
export class KeyIndex {
  readonly #storage: IndexStorage;
  readonly #tableEntries: number;
  /** What new postings go to. */
  #active = new MemTable();
  /** Full ones that are not sealed yet, oldest first, then the active one. Never changed, only replaced. */
  #tables: readonly MemTable[] = [this.#active];
  /** Oldest first; together they cover the log without overlap. */
  #runs: readonly Run[];
  #nextRun: number;
  #readers = 0;

  /** `runs` are what is stored; a table in memory takes `tableEntries`. */
  constructor(
    storage: IndexStorage,
    runs: readonly Run[],
    nextRun: number,
    tableEntries = MEM_TABLE_ENTRIES,
  ) {
    this.#storage = storage;
    this.#tableEntries = tableEntries;
    this.#runs = [...runs].sort((a, b) => a.firstSeq - b.firstSeq);
    this.#nextRun = nextRun;
  }

  /** The highest sequence that runs cover; what follows has to be added again after a restart. */
  get sealedSeq(): number {
    return this.#runs.at(-1)?.lastSeq ?? 0;
  }

  /** Tables that wait to be sealed. */
  get waiting(): number {
    return this.#tables.length - 1;
  }

  get runs(): readonly Run[] {
    return this.#runs;
  }

  /** Adds an entry under its keys and the hash of its id. Sequences only grow. */
  add(seq: number, keys: readonly number[], id: number): void {
    if (this.#active.full || this.#active.entries >= this.#tableEntries) {
      this.#active = new MemTable();
      this.#tables = [...this.#tables, this.#active];
    }
    this.#active.begin(seq);
    this.#active.add(id, seq);
    for (const key of keys) this.#active.add(key, seq);
  }

  /** Sequences that carry a key, in parts, oldest part first, without runs to skip. Read it to the end or return it. */
  *oldestFirst(key: number, skip: (run: Run) => boolean = () => false): Generator<readonly number[]> {
    const runs = this.#runs;
    const tables = this.#tables;
    this.#readers += 1;
    try {
      for (const run of runs) {
        if (skip(run)) continue;
        for (const block of blocksOf(run, key)) yield seqsInBlock(this.#storage, run, block, key);
      }
      for (const table of tables) {
        const seqs = table.seqsOf(key);
        if (seqs.length > 0) yield seqs.reverse();
      }
    } finally {
      this.#readers -= 1;
    }
  }

  /** Sequences below `before` that carry a key, in parts, newest first throughout. */
  *newestFirst(key: number, before: number): Generator<readonly number[]> {
    const runs = this.#runs;
    const tables = this.#tables;
    this.#readers += 1;
    try {
      for (let place = tables.length - 1; place >= 0; place--) {
        const seqs = tables[place]?.seqsOf(key) ?? [];
        if (seqs.length > 0) yield seqs.filter((seq) => seq < before);
      }
      for (let place = runs.length - 1; place >= 0; place--) {
        const run = runs[place];
        if (run === undefined || run.firstSeq >= before) continue;
        for (const block of blocksOf(run, key).toReversed()) {
          const seqs = seqsInBlock(this.#storage, run, block, key).reverse();
          yield seqs.filter((seq) => seq < before);
        }
      }
    } finally {
      this.#readers -= 1;
    }
  }

  /** Seals the oldest full table into a run. */
  *seal(): Generator<void> {
    const [table] = this.#tables;
    if (table === undefined || table === this.#active) return;
    const { firstSeq, lastSeq } = table;
    const writer = new RunWriter(this.#storage, { id: this.#nextRun++, level: 0, firstSeq, lastSeq });
    for (const keys of table.sortedKeys()) {
      for (const key of keys) {
        for (const seq of table.seqsOf(key).reverse()) writer.add(key, seq);
      }
      yield;
    }
    const run = writer.finish();
    this.#storage.sealed(run);
    yield;
    // Only now is it committed.
    this.#runs = [...this.#runs, run];
    this.#tables = this.#tables.slice(1);
  }

  /** How much there is to read of a key: only comparisons mean anything. */
  weight(key: number): number {
    let weight = 0;
    for (const run of this.#runs) weight += blocksOf(run, key).length * 1000;
    for (const table of this.#tables) weight += table.seqsOf(key).length;
    return weight;
  }

  /** Runs to merge, oldest first; undefined when there is nothing to do. */
  due(): readonly Run[] | undefined {
    const levels = new Set(this.#runs.map((run) => run.level));
    for (const level of [...levels].sort((a, b) => a - b)) {
      const runs = this.#runs.filter((run) => run.level === level);
      if (runs.length >= TIER) return runs.slice(0, TIER);
    }
    return undefined;
  }

  /** Merges what is due. */
  *merge(): Generator<void> {
    const old = this.due();
    const [first, last] = [old?.[0], old?.at(-1)];
    if (!old || !first || !last) return;
    const { level, firstSeq } = first;
    const place = { id: this.#nextRun++, level: level + 1, firstSeq, lastSeq: last.lastSeq };
    const writer = new RunWriter(this.#storage, place);
    const cursors = old.map((run) => new RunCursor(this.#storage, run));
    let written = 0;
    let postings = 0;
    for (;;) {
      let key = Infinity;
      for (const cursor of cursors) if (cursor.key < key) key = cursor.key;
      if (key === Infinity) break;
      for (const cursor of cursors) {
        while (cursor.key === key) {
          const seqs = cursor.take();
          for (const seq of seqs) writer.add(key, seq);
          postings += seqs.length;
          if (writer.blocks - written >= SLICE_BLOCKS || postings >= SLICE_POSTINGS) {
            written = writer.blocks;
            postings = 0;
            yield;
          }
        }
      }
    }
    const run = writer.finish();
    this.#storage.merged(run, old);
    yield;
    this.#runs = [...this.#runs.filter((one) => !old.includes(one)), run].sort(
      (a, b) => a.firstSeq - b.firstSeq,
    );
    for (const one of old) yield* this.forget(one.id, one.blocks);
  }

  /** Removes the blocks of a run that nobody knows any more. */
  *forget(run: number, blocks: number): Generator<void> {
    while (this.#readers > 0) yield;
    for (let block = 0; block < blocks || block === 0; block += SLICE_DELETES) {
      const end = block + SLICE_DELETES;
      this.#storage.deleteBlocks(run, block, end, end >= blocks);
      yield;
    }
  }
}
