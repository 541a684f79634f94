import type { Collection } from 'mongodb';
import type { ImportEntry } from '../../../facts/lists/list-store.js';
import { byValue } from '../../../facts/lists/timeline.js';
import type { Connection } from '../connection.js';
import { isThereAlready, onlyDuplicates } from '../errors.js';
import { STAGING } from '../indexes.js';
import { CHUNK } from './difference.js';
import { SortedRuns } from './sorted-runs.js';
import type { RunPart, RunSizes, Sortable } from './sorted-runs.js';
import type { Steps } from './steps.js';

/** An entry that waits for the switch of its import. */
interface StagedEntry extends Sortable {
  /** Its place in what it was read from, where that is another one than among the entries. */
  readonly p?: number;
  readonly from: number;
  /** Left out: until removed. */
  readonly until?: number;
  /** Left out: as of the first. */
  readonly reason?: string;
  readonly actor?: string;
  readonly source?: string;
}

/** What most entries of an import have in common. */
type Said = Pick<ImportEntry, 'reason' | 'actor' | 'source'>;

/** It may be lost with its server, and is asked for whole: nothing waits for a majority or a disk. */
const FLEETING = { writeConcern: { w: 1, journal: false }, readConcern: { level: 'local' } } as const;

/**
 * The entries of one import until it switches, in the order of their values. More than memory should hold are kept in a
 * collection of their own. Its name tells whose it is: that of an instance that has gone is dropped by any other, see
 * `StagingAreas`.
 */
export class ListStaging {
  readonly #connection: Connection;
  readonly #steps: Steps;
  readonly #collection: Collection<RunPart>;
  readonly #name: string;
  readonly #runs: SortedRuns<StagedEntry>;
  #made: Promise<unknown> | undefined;
  #size = 0;
  #first: Said | undefined;

  constructor(connection: Connection, steps: Steps, name: string, sizes: RunSizes) {
    this.#connection = connection;
    this.#steps = steps;
    this.#collection = connection.collection(name, FLEETING);
    this.#name = name;
    this.#runs = new SortedRuns(
      { write: (parts) => this.#write(parts), read: (ids) => this.#read(ids) },
      sizes,
    );
  }

  async add(entries: readonly ImportEntry[]): Promise<void> {
    const [first] = entries;
    if (first === undefined) return;
    const said = (this.#first ??= first);
    await this.#runs.add(entries.map((entry) => staged(entry, ++this.#size, said)));
  }

  /**
   * All entries by value, values whole and in order, some at a time. Throws when a value has too many, and when not all of
   * them are there: who is held up for so long that it is taken for dead loses them.
   */
  async *groups(): AsyncGenerator<ReadonlyMap<string, readonly ImportEntry[]>> {
    for await (const entries of this.#runs.merged())
      for (const some of wholeValues(entries)) yield byValue(some.map((one) => entryOf(one, this.#first)));
  }

  async drop(): Promise<void> {
    if (this.#made !== undefined) await this.#connection.run(() => this.#collection.drop());
  }

  async #write(parts: readonly RunPart[]): Promise<void> {
    await (this.#made ??= this.#make());
    await this.#steps.run(async () => {
      try {
        await this.#collection.insertMany([...parts], { ordered: false });
      } catch (error) {
        // They are there: the same step was made before.
        if (!onlyDuplicates(error)) throw error;
      }
    });
  }

  async #read(ids: readonly number[]): Promise<readonly RunPart[]> {
    return await this.#steps.run(() => this.#collection.find({ _id: { $in: [...ids] } }).toArray());
  }

  async #make(): Promise<unknown> {
    const clusteredIndex = { key: { _id: 1 }, unique: true } as const;
    return await this.#steps.run(async () => {
      try {
        await this.#connection.db.createCollection(this.#name, { clusteredIndex });
      } catch (error) {
        if (!isThereAlready(error)) throw error;
      }
    });
  }
}

/** The same in parts of about `CHUNK`; the entries of a value stay together. */
function* wholeValues(entries: readonly StagedEntry[]): Iterable<readonly StagedEntry[]> {
  for (let from = 0, to = CHUNK; from < entries.length; from = to, to += CHUNK) {
    while (to < entries.length && entries[to]?.v === entries[to - 1]?.v) to += 1;
    yield entries.slice(from, to);
  }
}

/** Instances, by the numbers of their logs. */
export interface Instances {
  readonly own: number;
  /** Whether it may come back to what it has staged. */
  lives(log: number): boolean;
}

/** Where imports of this instance stage, and what is left of imports of instances that have gone. */
export class StagingAreas {
  readonly #connection: Connection;
  readonly #instances: Instances;
  readonly #sizes: RunSizes;
  readonly #inUse = new Set<string>();

  constructor(connection: Connection, instances: Instances, sizes: RunSizes) {
    this.#connection = connection;
    this.#instances = instances;
    this.#sizes = sizes;
  }

  /** Does something with a new, empty staging area, gone afterwards. */
  async use<T>(token: string, steps: Steps, work: (staging: ListStaging) => Promise<T>): Promise<T> {
    const name = `${STAGING}${this.#instances.own}.${token}`;
    this.#inUse.add(name);
    const staging = new ListStaging(this.#connection, steps, name, this.#sizes);
    try {
      return await work(staging);
    } finally {
      // What cannot be dropped now is swept later.
      await staging.drop().catch(() => undefined);
      this.#inUse.delete(name);
    }
  }

  /** Drops what nobody will come back to. */
  async sweep(): Promise<void> {
    const { db } = this.#connection;
    const filter = { name: { $regex: `^${STAGING.replaceAll('.', '\\.')}` } };
    const found = await this.#connection.run(() => db.listCollections(filter, { nameOnly: true }).toArray());
    for (const { name } of found) {
      const log = Number.parseInt(name.slice(STAGING.length), 10);
      const used = log === this.#instances.own ? this.#inUse.has(name) : this.#instances.lives(log);
      if (!used) await this.#connection.run(() => db.dropCollection(name));
    }
  }
}

function staged(entry: ImportEntry, place: number, first: Said): StagedEntry {
  const { value, validFrom, validUntil, reason, actor, source, position = place } = entry;
  return {
    v: value,
    n: place,
    ...(position === place ? {} : { p: position }),
    from: validFrom,
    ...(validUntil === Infinity ? {} : { until: validUntil }),
    ...(reason === first.reason ? {} : { reason }),
    ...(actor === first.actor ? {} : { actor }),
    ...(source === first.source ? {} : { source }),
  };
}

function entryOf({ v, n, p, from, until, ...said }: StagedEntry, first: Said | undefined): ImportEntry {
  const { reason = '', actor = '', source = '' } = { ...first, ...said };
  const validUntil = until ?? Infinity;
  return { value: v, validFrom: from, validUntil, reason, actor, source, position: p ?? n };
}
