import type { Collection } from 'mongodb';
import type { Connection } from '../connection.js';
import { Gathered } from '../gathered.js';
import { COLLECTIONS } from '../indexes.js';
import { CounterChanges, removal } from './counter-changes.js';
import type { CounterDocument, Marker, Want } from './documents.js';
import type { ResolvedOptions } from '../options.js';

/** How taking an amount ended: `used` before it. The marker may be one that the same decision left before. */
export type Taken =
  | { readonly taken: true; readonly used: number; readonly marker: string; readonly amount: number }
  | { readonly taken: false; readonly used: number };

/** The markers that a decision vouches for; undefined as long as it does not stand. */
type VouchedBy = (decision: string) => Promise<readonly string[] | undefined>;

/** How long to wait for reservations under way that may yet be taken back, ms. */
const PATIENCE_MS = 1_000;
const PAUSE_MS = 10;
/** Markers that were waited for in vain and are remembered, so that nobody waits for them again. */
const REMEMBERED = 10_000;

/** The counters. Whether there is room is decided, and the room taken, in one change of one document. */
export class LimitCounters {
  readonly #connection: Connection;
  readonly #world: ResolvedOptions['world'];
  readonly #counters: Collection<CounterDocument>;
  readonly #vouchedBy: VouchedBy;
  readonly #changes: CounterChanges;
  #inVain = new Set<string>();
  readonly #looks = new Gathered((counters: readonly string[]) => this.#lookAt(counters));

  constructor(connection: Connection, options: Pick<ResolvedOptions, 'world'>, vouchedBy: VouchedBy) {
    this.#connection = connection;
    this.#world = options.world;
    this.#changes = new CounterChanges(connection, options);
    this.#vouchedBy = vouchedBy;
    this.#counters = connection.collection(COLLECTIONS.counters);
  }

  async used(counter: string): Promise<number> {
    const options = { projection: { total: 1 } };
    const found = await this.#connection.run(() => this.#counters.findOne({ _id: counter }, options));
    return found?.total ?? 0;
  }

  /** Takes what is wanted, or finds a marker that the same decision left before. */
  async take(want: Want, decision: string, expiresAt: number): Promise<Taken> {
    return (await this.#try(want, decision, expiresAt)) ?? (await this.#insist(want, decision, expiresAt));
  }

  /** What was tried in vain. */
  async #insist(want: Want, decision: string, expiresAt: number): Promise<Taken> {
    const { counter, atMost } = want;
    const patience = this.#now() + PATIENCE_MS;
    for (;;) {
      const found = await this.#looks.do(counter);
      const own = found?.p.find(({ d }) => d === decision);
      if (own) return { taken: true, used: own.u, marker: own.i, amount: own.a };
      const total = found?.total ?? 0;
      const unsure = (found?.p ?? []).filter(({ i }) => !this.#inVain.has(i));
      const sure = total - unsure.reduce((sum, { a }) => sum + a, 0);
      // There was no room when it was tried, but there is now: try again, however long that took.
      if (atMost >= 0 && total <= atMost) {
        const taken = await this.#try(want, decision, expiresAt);
        if (taken) return taken;
        continue;
      }
      if (atMost < 0 || sure > atMost) return { taken: false, used: total };
      if (this.#now() >= patience) {
        if (await this.#clear(counter, unsure)) continue;
        this.#remember(unsure);
        return { taken: false, used: total };
      }
      await this.#pause();
    }
  }

  async #try(want: Want, decision: string, expiresAt: number): Promise<Taken | undefined> {
    const taking = await this.#changes.take(want, decision, expiresAt);
    return taking && { taken: true, ...taking, amount: want.amount };
  }

  /** A decision vouches for the marker: the amount stays and the marker goes, with the next change or soon. */
  vouched(counter: string, marker: string): void {
    this.#changes.vouched(counter, marker);
  }

  /** Takes the amount of a marker away, if it is still there. */
  async giveBack(counter: string, marker: string): Promise<void> {
    const others = { $filter: { input: '$p', as: 'x', cond: { $ne: ['$$x.i', marker] } } };
    const own = { $filter: { input: '$p', as: 'x', cond: { $eq: ['$$x.i', marker] } } };
    const amount = { $sum: { $map: { input: own, as: 'x', in: '$$x.a' } } };
    await this.#connection.run(() =>
      this.#counters.updateOne({ _id: counter, 'p.i': marker }, [
        { $set: { total: { $subtract: ['$total', amount] }, p: others } },
      ]),
    );
  }

  /** Removes a marker and leaves its amount. */
  async remove(counter: string, gone: readonly string[]): Promise<void> {
    await this.#connection.run(() => this.#counters.updateOne({ _id: counter }, removal(gone)));
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
   * Removes markers whose decisions stand, and gives back what these do not vouch for: it came late, after the decision
   * had been asked again. Whether there was any.
   */
  async #clear(counter: string, unsure: readonly Marker[]): Promise<boolean> {
    let any = false;
    for (const { i, d } of unsure) {
      const vouched = await this.#vouchedBy(d);
      if (vouched === undefined) continue;
      if (vouched.includes(i)) await this.remove(counter, [i]);
      else await this.giveBack(counter, i);
      any = true;
    }
    return any;
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
