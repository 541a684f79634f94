import type { Collection, Document, UpdateOneModel } from 'mongodb';
import type { Connection } from '../connection.js';
import { Gathered } from '../gathered.js';
import { COLLECTIONS } from '../indexes.js';
import { CounterChanges } from './counter-changes.js';
import {
  endOf,
  reservationOf,
  takerOf,
  type CounterDocument,
  type EndedMarkers,
  type HoldsDocument,
} from './documents.js';
import type { Marker, PlacedMarker, Taker, Want } from './documents.js';
import type { ResolvedOptions } from '../options.js';

/** How taking an amount ended: `used` before it. The marker may be one that the same decision left before. */
export type Taken =
  | { readonly taken: true; readonly used: number; readonly marker: string; readonly amount: number }
  | { readonly taken: false; readonly used: number };

type DocumentOf = (decision: string) => Promise<HoldsDocument | null>;

/** How long to wait for reservations under way that may yet be taken back, ms. */
const PATIENCE_MS = 1_000;
/** How often to wait anew, once some that was left behind has been ended. */
const CLEARS = 3;
const PAUSE_MS = 10;
/** Markers that were waited for in vain and are remembered, so that nobody waits for them again. */
const REMEMBERED = 10_000;

/** The counters. Whether there is room is decided, and the room taken, in one change of one document. */
export class LimitCounters {
  readonly #connection: Connection;
  readonly #world: ResolvedOptions['world'];
  readonly #counters: Collection<CounterDocument>;
  readonly #documentOf: DocumentOf;
  readonly #changes: CounterChanges;
  #inVain = new Set<string>();
  readonly #looks = new Gathered((counters: readonly string[]) => this.#lookAt(counters));

  constructor(connection: Connection, options: Pick<ResolvedOptions, 'world'>, documentOf: DocumentOf) {
    this.#connection = connection;
    this.#world = options.world;
    this.#changes = new CounterChanges(connection, options);
    this.#documentOf = documentOf;
    this.#counters = connection.collection(COLLECTIONS.counters);
  }

  async used(counter: string): Promise<number> {
    const options = { projection: { total: 1 } };
    const found = await this.#connection.run(() => this.#counters.findOne({ _id: counter }, options));
    return found?.total ?? 0;
  }

  /** Takes what is wanted, or finds a marker that the same decision left before. */
  async take(want: Want, taker: Taker): Promise<Taken> {
    return (await this.#try(want, taker)) ?? (await this.#insist(want, taker));
  }

  /** What was tried in vain. */
  async #insist(want: Want, taker: Taker): Promise<Taken> {
    const { counter, atMost } = want;
    let patience = this.#now() + PATIENCE_MS;
    for (let clears = 0; ;) {
      const found = await this.#looks.do(counter);
      const own = found?.p.find(({ d }) => d === reservationOf(taker));
      if (own) return { taken: true, used: own.u ?? 0, marker: own.i, amount: own.a };
      const total = found?.total ?? 0;
      const unsure = (found?.p ?? []).filter(({ i }) => !this.#inVain.has(i));
      const sure = total - unsure.reduce((sum, { a }) => sum + Math.abs(a), 0);
      // There was no room when it was tried, but there is now: try again, however long that took.
      if (atMost >= 0 && total <= atMost) {
        const taken = await this.#try(want, taker);
        if (taken) return taken;
        continue;
      }
      if (atMost < 0 || sure > atMost) return { taken: false, used: total };
      if (this.#now() >= patience) {
        clears += 1;
        if (clears <= CLEARS && (await this.#clear(counter, unsure))) {
          patience = this.#now() + PATIENCE_MS;
          continue;
        }
        this.#remember(unsure);
        return { taken: false, used: total };
      }
      await this.#pause();
    }
  }

  async #try(want: Want, taker: Taker): Promise<Taken | undefined> {
    const taking = await this.#changes.take(want, taker);
    return taking && { taken: true, ...taking, amount: want.amount };
  }

  /** A decision vouches for the marker: the amount stays and the marker goes, with the next change or soon. */
  vouched(counter: string, marker: string): void {
    this.#changes.vouched(counter, marker);
  }

  /** Leaves markers on their counters; amounts that are taken count from now on. */
  async mark(placed: readonly PlacedMarker[]): Promise<void> {
    const byCounter = new Map<string, Marker[]>();
    for (const { counter, marker } of placed) {
      const markers = byCounter.get(counter);
      if (markers) markers.push(marker);
      else byCounter.set(counter, [marker]);
    }
    await this.#write(
      [...byCounter].map(([counter, markers]) => ({
        filter: { _id: counter },
        update: {
          $inc: { total: markers.reduce((sum, { a }) => sum + Math.max(0, a), 0) },
          $push: { p: { $each: markers } },
        },
      })),
    );
  }

  /** Ends markers, as far as they are still there. */
  async end(ended: readonly EndedMarkers[]): Promise<void> {
    const byCounter = new Map<string, { readonly vouched: string[]; readonly void: string[] }>();
    for (const one of ended) {
      if (one.vouched.length + one.void.length === 0) continue;
      const all = byCounter.get(one.counter) ?? { vouched: [], void: [] };
      all.vouched.push(...one.vouched);
      all.void.push(...one.void);
      byCounter.set(one.counter, all);
    }
    await this.#write([...byCounter].map(([counter, all]) => ending({ counter, ...all })));
  }

  /** Up to `limit` counters with markers that have run out, with those markers. */
  async due(now: number, limit: number): Promise<{ readonly counter: string; readonly markers: Marker[] }[]> {
    const found = await this.#connection.run(() =>
      this.#counters
        .find({ 'p.e': { $lte: now } })
        .limit(limit)
        .toArray(),
    );
    return found.map(({ _id, p }) => ({ counter: _id, markers: p.filter(({ e }) => e <= now) }));
  }

  /** Forgets up to `limit` counters whose time has come; returns how many. */
  async forget(now: number, limit: number): Promise<number> {
    const old = { f: { $lte: now } };
    const found = await this.#connection.run(() =>
      this.#counters
        .find(old, { projection: { _id: 1 } })
        .limit(limit)
        .toArray(),
    );
    if (found.length === 0) return 0;
    const ids = found.map(({ _id }) => _id);
    // One that was used again meanwhile stays.
    await this.#connection.run(() => this.#counters.deleteMany({ _id: { $in: ids }, ...old }));
    return found.length;
  }

  /**
   * Ends markers that have been left behind: the document of their decision vouches for them, or nothing will any more.
   * Whether there was any.
   */
  async #clear(counter: string, unsure: readonly Marker[]): Promise<boolean> {
    const vouched: string[] = [];
    const gone: string[] = [];
    for (const marker of unsure) {
      const end = endOf(marker, await this.#documentOf(takerOf(marker).decision));
      if (end === 'vouched') vouched.push(marker.i);
      else if (end === 'void') gone.push(marker.i);
    }
    await this.end([{ counter, vouched, void: gone }]);
    return vouched.length + gone.length > 0;
  }

  async #write(updates: readonly UpdateOneModel<CounterDocument>[]): Promise<void> {
    if (updates.length === 0) return;
    const writes = updates.map((updateOne) => ({ updateOne }));
    await this.#connection.run(() => this.#counters.bulkWrite(writes, { ordered: false }));
  }

  async #lookAt(counters: readonly string[]): Promise<readonly (CounterDocument | undefined)[]> {
    const ids = [...new Set(counters)];
    const found = await this.#connection.run(() => this.#counters.find({ _id: { $in: ids } }).toArray());
    const byId = new Map(found.map((document) => [document._id, document]));
    return counters.map((counter) => byId.get(counter));
  }

  #remember(unsure: readonly Marker[]): void {
    if (this.#inVain.size > REMEMBERED) this.#inVain = new Set();
    for (const { i } of unsure) this.#inVain.add(i);
  }

  #now(): number {
    return this.#world.clock.monotonicUs() / 1000;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#world.timers.after(PAUSE_MS, resolve));
  }
}

/** Ends markers of one counter in one change, each of them once: whose marker is gone has been counted. */
function ending({ counter, vouched, void: gone }: EndedMarkers): UpdateOneModel<CounterDocument> {
  const given: Document = { $min: ['$$x.a', 0] };
  const taken: Document = { $max: ['$$x.a', 0] };
  const change = {
    total: { $add: ['$total', sumOf(vouched, given), { $multiply: [-1, sumOf(gone, taken)] }] },
    p: { $filter: { input: '$p', as: 'x', cond: { $not: [{ $in: ['$$x.i', [...vouched, ...gone]] }] } } },
  };
  return { filter: { _id: counter, 'p.i': { $in: [...vouched, ...gone] } }, update: [{ $set: change }] };
}

/** The sum over markers, by their ids, of what each gives. */
function sumOf(ids: readonly string[], each: Document): Document {
  const those = { $filter: { input: '$p', as: 'x', cond: { $in: ['$$x.i', ids] } } };
  return { $sum: { $map: { input: those, as: 'x', in: each } } };
}
