import type { Collection } from 'mongodb';
import { storeUnavailable } from '../../../errors/store-unavailable.js';
import { TollgateError } from '../../../errors/errors.js';
import { MAX_ENTRIES_OF_VALUE } from '../../../facts/lists/list-store.js';
import type { ImportEntry } from '../../../facts/lists/list-store.js';
import { byValue } from '../../../facts/lists/timeline.js';
import type { Connection } from '../connection.js';
import { STAGING, STAGING_KEY } from '../indexes.js';
import { CHUNK } from './difference.js';

/** An entry that waits for the switch of its import. */
interface StagedDocument {
  /** 1, 2, 3 … as they came. */
  readonly _id: number;
  /** Value. */
  readonly v: string;
  /** Its place in what it was read from, where that is another one. */
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
 * The entries of one import, in a collection of their own until it switches. The name tells whose it is: that of an
 * instance that has gone is dropped by any other, see `StagingAreas`.
 */
export class ListStaging {
  readonly #connection: Connection;
  readonly #collection: Collection<StagedDocument>;
  readonly #name: string;
  #made: Promise<void> | undefined;
  #size = 0;
  #first: Said | undefined;

  constructor(connection: Connection, name: string) {
    this.#connection = connection;
    this.#collection = connection.collection(name, FLEETING);
    this.#name = name;
  }

  async add(entries: readonly ImportEntry[]): Promise<void> {
    const [first] = entries;
    if (first === undefined) return;
    const said = (this.#first ??= first);
    const before = this.#size;
    this.#size += entries.length;
    await (this.#made ??= this.#make());
    const documents = entries.map((entry, index) => staged(entry, before + index + 1, said));
    await this.#connection.run(() => this.#collection.insertMany(documents, { ordered: false }));
  }

  async #make(): Promise<void> {
    const { db } = this.#connection;
    const clusteredIndex = { key: { _id: 1 }, unique: true } as const;
    await this.#connection.run(() => db.createCollection(this.#name, { clusteredIndex }));
    await this.#connection.run(() => this.#collection.createIndex(STAGING_KEY));
  }

  /**
   * All entries, values whole and in order. Throws when a value has too many, and when not all of them are there: who is
   * held up for so long that it is taken for dead loses them.
   */
  async *groups(): AsyncIterable<ReadonlyMap<string, readonly ImportEntry[]>> {
    let read = 0;
    let rest: readonly StagedDocument[] = [];
    for (let last: StagedDocument | undefined, more = this.#size > 0; more;) {
      const found = await this.#after(last);
      read += found.length;
      more = found.length === CHUNK;
      last = found.at(-1);
      // The last value may go on beyond this part.
      const begun = last?.v;
      const all = [...rest, ...found];
      rest = more ? all.filter(({ v }) => v === begun) : [];
      const whole = byValue(
        (more ? all.filter(({ v }) => v !== begun) : all).map((one) => entryOf(one, this.#first)),
      );
      for (const [value, { length }] of whole) mustBeFew(value, length);
      mustBeFew(begun ?? '', rest.length);
      if (whole.size > 0) yield whole;
    }
    if (read !== this.#size) throw storeUnavailable('the import was held up for too long');
  }

  /** Which of these values came. */
  async has(values: readonly string[]): Promise<ReadonlySet<string>> {
    if (this.#size === 0 || values.length === 0) return new Set();
    const found = await this.#connection.run(() =>
      this.#collection.find({ v: { $in: values } }, { projection: { _id: 0, v: 1 } }).toArray(),
    );
    return new Set(found.map(({ v }) => v));
  }

  async drop(): Promise<void> {
    if (this.#made !== undefined) await this.#connection.run(() => this.#collection.drop());
  }

  async #after(last: StagedDocument | undefined): Promise<readonly StagedDocument[]> {
    const beyond =
      last === undefined
        ? {}
        : { v: { $gte: last.v }, $or: [{ v: { $gt: last.v } }, { _id: { $gt: last._id } }] };
    return await this.#connection.run(() =>
      this.#collection.find(beyond).sort(STAGING_KEY).limit(CHUNK).toArray(),
    );
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
  readonly #inUse = new Set<string>();

  constructor(connection: Connection, instances: Instances) {
    this.#connection = connection;
    this.#instances = instances;
  }

  /** Does something with a new, empty staging area, gone afterwards. */
  async use<T>(token: string, work: (staging: ListStaging) => Promise<T>): Promise<T> {
    const name = `${STAGING}${this.#instances.own}.${token}`;
    this.#inUse.add(name);
    const staging = new ListStaging(this.#connection, name);
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

function mustBeFew(value: string, length: number): void {
  if (length > MAX_ENTRIES_OF_VALUE)
    throw new TollgateError('INVALID_REQUEST', `entries: more than ${MAX_ENTRIES_OF_VALUE} of ${value}`);
}

function staged(entry: ImportEntry, place: number, first: Said): StagedDocument {
  const { value, validFrom, validUntil, reason, actor, source, position = place } = entry;
  return {
    _id: place,
    v: value,
    ...(position === place ? {} : { p: position }),
    from: validFrom,
    ...(validUntil === Infinity ? {} : { until: validUntil }),
    ...(reason === first.reason ? {} : { reason }),
    ...(actor === first.actor ? {} : { actor }),
    ...(source === first.source ? {} : { source }),
  };
}

function entryOf({ _id, v, p, from, until, ...said }: StagedDocument, first: Said | undefined): ImportEntry {
  const { reason = '', actor = '', source = '' } = { ...first, ...said };
  const validUntil = until ?? Infinity;
  return { value: v, validFrom: from, validUntil, reason, actor, source, position: p ?? _id };
}
