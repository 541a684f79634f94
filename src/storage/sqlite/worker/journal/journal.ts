import { KeyIndex } from '../../key-index/key-index.js';
import { Packer, Unpacker, keysOf } from '../../journal/packing.js';
import type { WireAnswer, WireAppended } from '../../journal/wire.js';
import type { EntryRow } from '../../journal/packing.js';
import type { Database } from '../database.js';
import { EntryRows, type EntryHead, type EntryNames } from './entry-rows.js';
import { EventBlocks } from './event-blocks.js';
import { idHash } from './id-hash.js';
import { indexStorage, loadRuns } from './index-storage.js';
import { readRanges, type WantedRanges } from './range-reader.js';
import { Segments } from './segments.js';
import type { Context, Job, PartSink } from '../work.js';

/** Rows read in one go. */
const SLICE_ROWS = 256;
/** Names known not to be there; beyond it all are forgotten. */
const MAX_ABSENT = 4_096;
/** Bytes after which a batch of a scan ends early. */
const SCAN_BYTES = 4 * 1024 * 1024;

/** The journal: its rows, and the index by which they are found. */
export class WorkerJournal {
  readonly rows: EntryRows;
  readonly events: EventBlocks;
  readonly index: KeyIndex;
  readonly segments: Segments;
  /** Written in a transaction that has not ended yet. */
  #open: EntryRow[] = [];
  /** Names that were asked for in vain and have not become durable since: an append need not look for them again. */
  readonly #absent = new Set<string>();
  #lastSeq: number;
  #onDisk: number;
  #sealing = false;
  #merging = false;

  constructor(db: Database, context: Pick<Context, 'background'>) {
    this.events = new EventBlocks(db);
    this.rows = new EntryRows(db, this.events);
    this.segments = new Segments(db);
    const { runs, nextRun, leftOver } = loadRuns(db);
    this.index = new KeyIndex(indexStorage(db, this.segments), runs, nextRun);
    this.#lastSeq = this.index.sealedSeq;
    for (;;) {
      const part = this.rows.heads(this.#lastSeq, 1000);
      for (const row of part) this.#note(row);
      if (part.length < 1000) break;
    }
    for (const run of leftOver) context.background(this.index.forget(run, 1));
    this.#onDisk = this.#lastSeq;
    this.#tend(context);
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Entries up to this sequence are on disk; later ones perhaps. */
  get onDisk(): number {
    return this.#onDisk;
  }

  /** Appends packed entries; the answer holds the places of those that are not stored. Part of a transaction. */
  append(context: Context, packed: Uint8Array): WireAppended {
    // No transaction begins before the one ahead of it is on disk.
    this.#onDisk = this.#lastSeq;
    const reader = new Unpacker(packed);
    const refused: WireAppended = { duplicates: [], taken: [] };
    const written: EntryRow[] = [];
    const open = new Map<string, string>();
    for (const row of this.#open) name(open, row);
    const holderOf = (id: string): string | undefined =>
      open.get(id) ?? (this.#absent.has(id) ? undefined : this.#find(id)?.id);
    let last = this.#open.at(-1)?.seq ?? this.#lastSeq;
    for (let place = 0; !reader.done; place++) {
      const row = reader.row();
      const same = holderOf(row.id);
      const other = row.alias === null ? undefined : holderOf(row.alias);
      if (same !== undefined || other !== undefined) {
        const itself = (same ?? row.id) === row.id && (other ?? row.id) === row.id;
        (itself ? refused.duplicates : refused.taken).push(place);
        continue;
      }
      if (!(row.seq > last)) throw new Error(`sequence ${row.seq} after ${last}: sequences only grow`);
      last = row.seq;
      name(open, row);
      written.push(row);
    }
    this.rows.insert(written);
    this.#open.push(...written);
    context.afterwards((durable) => {
      this.#open = [];
      if (!durable) return;
      for (const row of written) this.#note(row);
      this.#tend(context);
    });
    return refused;
  }

  /** The place of an entry, by its id or alias. */
  seqOf(id: string): number | undefined {
    return this.#find(id)?.seq;
  }

  #find(name: string): EntryNames | undefined {
    for (const seqs of this.index.newestFirst(idHash(name), Infinity)) {
      for (const seq of seqs) {
        const names = this.rows.names(seq);
        if (names?.id === name || names?.alias === name) return names;
      }
    }
    return undefined;
  }

  /** Entries by id, then ranges; see range-reader.ts. */
  *query(send: PartSink, ids: readonly string[], wanted: WantedRanges): Job<WireAnswer> {
    const entries = new Packer(ids.length * 2048 + 64);
    const found: boolean[] = [];
    let newest = 0;
    for (const id of ids) {
      const seq = this.seqOf(id);
      const row = seq === undefined ? undefined : this.rows.get(seq);
      found.push(row !== undefined);
      if (row) {
        entries.row(row);
        newest = Math.max(newest, row.seq);
      } else this.#notThere(id);
    }
    const ranges = yield* readRanges(this, send, wanted);
    return { found, entries: entries.take(), newest, ...ranges };
  }

  /** Up to `limit` entries after a sequence. */
  scan(after: number, limit: number): Uint8Array {
    const packer = new Packer(64 * 1024);
    let last = after;
    for (let left = limit; left > 0 && packer.length < SCAN_BYTES; left -= SLICE_ROWS) {
      const rows = this.rows.after(last, Math.min(left, SLICE_ROWS));
      for (const row of rows) packer.row(row);
      last = rows.at(-1)?.seq ?? last;
      if (rows.length < SLICE_ROWS) break;
    }
    return packer.take();
  }

  #notThere(id: string): void {
    if (this.#absent.size >= MAX_ABSENT) this.#absent.clear();
    this.#absent.add(id);
  }

  #note(row: EntryHead): void {
    this.#absent.delete(row.id);
    if (row.alias !== null) this.#absent.delete(row.alias);
    const keys = keysOf(row.keys);
    if (row.alias !== null) keys.push(idHash(row.alias));
    this.index.add(row.seq, keys, idHash(row.id));
    this.segments.add(row.seq, Math.max(row.at, row.knownAt));
    this.#lastSeq = row.seq;
  }

  /** Sees to it that full tables are sealed and runs merged: one of each kind at a time. */
  #tend(context: Pick<Context, 'background'>): void {
    const done = (job: Generator<void>, after: () => void): Generator<void> =>
      (function* () {
        yield* job;
        after();
      })();
    if (!this.#sealing && this.index.waiting > 0) {
      this.#sealing = true;
      const job = done(this.index.seal(), () => {
        this.#sealing = false;
        this.#tend(context);
      });
      context.background(job);
    }
    if (!this.#merging && this.index.due()) {
      this.#merging = true;
      const job = done(this.index.merge(), () => {
        this.#merging = false;
        this.#tend(context);
      });
      context.background(job);
    }
  }
}

/** Notes under which id and alias an entry is known. */
function name(holders: Map<string, string>, { id, alias }: EntryNames): void {
  holders.set(id, id);
  if (alias !== null) holders.set(alias, id);
}
