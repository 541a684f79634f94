import type { Run } from '../../key-index/run.js';
import type { Database, Statement } from '../database.js';

/** Entries in one stretch of the log. */
const SEGMENT = 1024;

/**
 * The latest time (event time or known time) in each stretch of the log. What a window asks for is mostly recent and
 * the log is mostly in the order of time, so that whole stretches can be left unread.
 */
export class Segments {
  readonly #save: Statement;
  #latest: Float64Array;
  /** All that runs hold is here before they are: what was found for one stays true. */
  readonly #ofRun = new WeakMap<Run, number>();

  constructor(db: Database) {
    this.#save = db.prepare('INSERT OR REPLACE INTO segments (segment, latest) VALUES (?, ?)');
    const rows = db.prepare('SELECT segment, latest FROM segments ORDER BY segment').all();
    const size = Number(rows.at(-1)?.[0] ?? 0) + 1;
    this.#latest = new Float64Array(size * 2 + 1024).fill(-Infinity);
    for (const [segment, latest] of rows) this.#latest[Number(segment)] = Number(latest);
  }

  /** Notes an entry. */
  add(seq: number, latest: number): void {
    const segment = Math.floor(seq / SEGMENT);
    if (segment >= this.#latest.length) {
      const larger = new Float64Array(segment * 2).fill(-Infinity);
      larger.set(this.#latest);
      this.#latest = larger;
    }
    if (latest > (this.#latest[segment] ?? -Infinity)) this.#latest[segment] = latest;
  }

  /** No entry of the stretch of `seq` is later. */
  latest(seq: number): number {
    return this.#latest[Math.floor(seq / SEGMENT)] ?? Infinity;
  }

  /** No entry of a run is later. */
  latestOf(run: Run): number {
    const known = this.#ofRun.get(run);
    if (known !== undefined) return known;
    let latest = -Infinity;
    const last = Math.floor(run.lastSeq / SEGMENT);
    for (let segment = Math.floor(run.firstSeq / SEGMENT); segment <= last; segment++)
      latest = Math.max(latest, this.#latest[segment] ?? -Infinity);
    this.#ofRun.set(run, latest);
    return latest;
  }

  /** No entry up to the stretch of `seq` is later. */
  latestUpTo(seq: number): number {
    let latest = -Infinity;
    for (let segment = Math.floor(seq / SEGMENT); segment >= 0; segment--)
      latest = Math.max(latest, this.#latest[segment] ?? -Infinity);
    return latest;
  }

  /** Keeps the stretches that hold `first` to `last`. */
  save(first: number, last: number): void {
    for (let segment = Math.floor(first / SEGMENT); segment * SEGMENT <= last; segment++) {
      const latest = this.#latest[segment] ?? -Infinity;
      if (latest !== -Infinity) this.#save.run(segment, latest);
    }
  }
}
