import type { ClientSession, Collection } from 'mongodb';
import type { Connection } from '../connection.js';
import type { EntryDocument } from './entry-document.js';
import { isDuplicateKey } from '../errors.js';
import { COLLECTIONS } from '../indexes.js';
import type { ResolvedOptions } from '../options.js';

interface LogDocument {
  readonly _id: number;
  /** Whether it may still grow. */
  readonly alive: boolean;
  /** Signs of life. */
  readonly b: number;
  /** Everything up to here is durable; all of the log once it is not alive. */
  readonly last: number;
}

interface Known {
  alive: boolean;
  beats: number;
  last: number;
  /** Our own time when `beats` last changed, ms. */
  changed: number;
}

/** A part of a log: after a sequence, and, where it is known, up to one. */
export interface LogPart {
  readonly log: number;
  readonly after: number;
  readonly upTo: number | undefined;
}

/**
 * The logs of all instances that ever ran on the database. Each start takes a new number; an instance gives signs of
 * life, so that nobody asks for what cannot have grown. Being taken for silent wrongly costs an instance's followers one
 * beat of delay and nothing else.
 */
export class LogRegistry {
  readonly #connection: Connection;
  readonly #options: ResolvedOptions;
  readonly #logs: Collection<LogDocument>;
  readonly #entries: Collection<EntryDocument>;
  readonly #known = new Map<number, Known>();
  #own = 0;
  #highest = 0;
  #durable = 0;
  /** Our own time of the last sign of life that arrived, ms. */
  #signed = 0;
  /** The last sign of life on its way: the end must not be overtaken by it. */
  #signing: Promise<unknown> = Promise.resolve();
  #publishing: Promise<void> | undefined;
  #published = 0;
  #stopBeating: () => void = () => undefined;
  #closed = false;
  #tidy: () => Promise<void> = () => Promise.resolve();
  /** Instances may have gone since `#tidy` was called. */
  #gone = true;

  constructor(connection: Connection, options: ResolvedOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#logs = connection.collection<LogDocument>(COLLECTIONS.logs);
    this.#entries = connection.collection<EntryDocument>(COLLECTIONS.entries);
  }

  get own(): number {
    return this.#own;
  }

  /** Whether other logs may be read only up to their published marks. */
  get byMarks(): boolean {
    return this.#options.followMarks ?? this.#connection.sharded;
  }

  /** Whether an instance may come back. */
  lives(log: number): boolean {
    return this.#known.get(log)?.alive ?? true;
  }

  /** Has something done soon, and whenever instances have gone; again with the next beat where it fails. */
  whenGone(tidy: () => Promise<void>): void {
    this.#tidy = tidy;
  }

  /** Takes a log number: one more than the highest there is. */
  async open(): Promise<void> {
    for (const document of await this.#connection.run(() => this.#logs.find().toArray()))
      this.#note(document);
    for (;;) {
      const document = { _id: this.#highest + 1, alive: true, b: 0, last: 0 };
      const before = this.#now();
      try {
        await this.#connection.run(() => this.#insert(document));
        this.#own = document._id;
        this.#signed = before;
        this.#note(document);
        break;
      } catch (error) {
        if (!isDuplicateKey((error as Error).cause)) throw error;
        this.#highest += 1;
      }
    }
    await this.refresh();
    this.#beatLater();
  }

  /** Entries of the own log up to `seq` are durable. */
  advance(seq: number): void {
    this.#durable = Math.max(this.#durable, seq);
    if (this.byMarks) this.#publish();
  }

  /**
   * To be called before anything is appended: an instance that was held up for long may have been taken for dead, and
   * nobody would ever look for what it appends after the end that was written down.
   */
  async stayAlive(): Promise<void> {
    if (this.#now() - this.#signed > this.#options.silentMs / 2) await this.#sign();
  }

  /** A write that follows everything written in `session` before: what comes later from there is refused. */
  async fence(session: ClientSession): Promise<void> {
    await this.#logs.updateOne({ _id: this.#own }, { $inc: { b: 1 } }, { session });
  }

  /** The parts of other logs that may hold something after `seen`, and the number above which logs are unknown. */
  parts(seen: ReadonlyMap<number, number>): { readonly parts: readonly LogPart[]; readonly above: number } {
    const parts: LogPart[] = [];
    for (const [log, known] of this.#known) {
      if (log === this.#own) continue;
      const after = seen.get(log) ?? 0;
      const bounded = this.byMarks || !known.alive;
      if (bounded && known.last <= after) continue;
      parts.push({ log, after, upTo: bounded ? known.last : undefined });
    }
    return { parts, above: this.#highest };
  }

  /** Other logs with their ends as far as they are written down; undefined: may grow, look it up. */
  ends(): ReadonlyMap<number, number | undefined> {
    const others = [...this.#known].filter(([log]) => log !== this.#own);
    return new Map(others.map(([log, { alive, last }]) => [log, alive && !this.byMarks ? undefined : last]));
  }

  /** Learns of new logs, signs of life and ends. */
  async refresh(): Promise<void> {
    const alive = [...this.#known].filter(([, { alive }]) => alive).map(([log]) => log);
    const filter = { $or: [{ alive: true }, { _id: { $in: alive } }, { _id: { $gt: this.#highest } }] };
    for (const document of await this.#connection.run(() => this.#logs.find(filter).toArray())) {
      this.#note(document);
    }
  }

  /** Ends the log, unless its end is not known: then others find it out once it has been silent. */
  async close(endKnown: boolean): Promise<void> {
    this.#closed = true;
    this.#stopBeating();
    if (!endKnown) return;
    await this.#signing;
    const end = { $set: { alive: false, last: this.#durable } };
    await this.#connection.run(() => this.#logs.updateOne({ _id: this.#own }, end)).catch(() => undefined);
  }

  async #insert(document: LogDocument): Promise<void> {
    await this.#logs.insertOne(document);
  }

  #note({ _id, alive, b, last }: LogDocument): void {
    const known = this.#known.get(_id);
    if (known && known.beats === b && known.alive === alive) {
      known.last = Math.max(known.last, last);
      return;
    }
    this.#highest = Math.max(this.#highest, _id);
    if (!alive) this.#gone = true;
    this.#known.set(_id, { alive, beats: b, last, changed: this.#now() });
  }

  #now(): number {
    return this.#options.world.clock.monotonicUs() / 1000;
  }

  #beatLater(): void {
    this.#stopBeating = this.#options.world.timers.after(this.#options.beatMs, () => {
      void this.#beat().finally(() => {
        if (!this.#closed) this.#beatLater();
      });
    });
  }

  async #sign(): Promise<void> {
    const before = this.#now();
    const sign = { $inc: { b: 1 }, $set: { alive: true, last: this.#durable } };
    const signed = this.#connection.write(() => this.#logs.updateOne({ _id: this.#own }, sign));
    this.#signing = signed.catch(() => undefined);
    await signed;
    this.#signed = before;
  }

  /** What fails here is tried again with the next beat; calls learn of an outage by themselves. */
  async #beat(): Promise<void> {
    try {
      await this.#sign();
      await this.refresh();
      await this.#retireSilent();
      if (!this.#gone) return;
      this.#gone = false;
      await this.#tidy();
    } catch {
      this.#gone = true;
    }
  }

  /** Writes down the end of a log whose instance has gone without a word. */
  async #retireSilent(): Promise<void> {
    const before = this.#now() - this.#options.silentMs;
    for (const [log, { alive, beats, changed }] of this.#known) {
      if (log === this.#own || !alive || changed > before) continue;
      const last = await this.endOf(log);
      await this.#connection.run(() =>
        this.#logs.updateOne({ _id: log, b: beats, alive: true }, { $set: { alive: false, last } }),
      );
    }
  }

  /** The highest sequence that is durable of a log. */
  async endOf(log: number): Promise<number> {
    const options = { sort: { l: -1, n: -1 }, projection: { _id: 0, n: 1 } } as const;
    const last = await this.#connection.run(() => this.#entries.findOne({ l: log }, options));
    return last?.n ?? 0;
  }

  /** One mark on its way at a time; the last one wins. */
  #publish(): void {
    if (this.#publishing || this.#published === this.#durable || this.#closed) return;
    const last = this.#durable;
    const mark = { $max: { last } };
    this.#publishing = this.#connection
      .run(() => this.#logs.updateOne({ _id: this.#own }, mark))
      .then(
        () => {
          this.#published = last;
          this.#publishing = undefined;
          this.#publish();
        },
        () => {
          this.#publishing = undefined;
        },
      );
  }
}
