import type { AnyBulkWriteOperation, Collection, Document, Filter, UpdateFilter } from 'mongodb';
import type { Connection } from '../connection.js';
import { isDuplicateKey, isOutOfTime, onlyDuplicates } from '../errors.js';
import { Gathered } from '../gathered.js';
import { COLLECTIONS } from '../indexes.js';
import type { CounterDocument, Marker, Want } from './documents.js';
import type { ResolvedOptions } from '../options.js';

/** How taking an amount ended: `used` before it. The marker may be one that the same decision left before. */
export type Taken =
  | { readonly taken: true; readonly used: number; readonly marker: string; readonly amount: number }
  | { readonly taken: false; readonly used: number };

/** An amount that is to be taken from a counter, with the marker that it leaves. */
interface Try {
  readonly want: Want;
  readonly marker: Omit<Marker, 'u'>;
}

/** What is to be done with a counter; without a try, what leaves it is all. */
interface Step {
  readonly counter: string;
  readonly take?: Try;
}

/** The same, with the markers that leave the counter by the way. */
interface Change extends Step {
  readonly gone: readonly string[];
}

/** What was used before a step; undefined when there is no room or the decision has a marker there already. */
type Used = number | undefined;

/** The markers that a decision vouches for; undefined as long as it does not stand. */
type VouchedBy = (decision: string) => Promise<readonly string[] | undefined>;

/** How long to wait for reservations under way that may yet be taken back, ms. */
const PATIENCE_MS = 1_000;
const PAUSE_MS = 10;
/** How long a marker that is vouched for waits for another change of its counter to take it along, ms. */
const VOUCHED_MS = 10;
/** How long the server may be at changes of several counters, ms: much longer than others have one locked. */
const TOGETHER_MS = 1_000;
/** And at those of one, ms. One that was locked by an instance that was killed then stays so for up to a minute. */
const APART_MS = 2_000;
/** Markers that were waited for in vain and are remembered, so that nobody waits for them again. */
const REMEMBERED = 10_000;

/** Instead of a result: the counter is changed apart from others now. */
const APART = Symbol('apart');

const markers = { $ifNull: ['$p', []] };

/** The counters. Whether there is room is decided, and the room taken, in one change of one document. */
export class LimitCounters {
  readonly #connection: Connection;
  readonly #world: ResolvedOptions['world'];
  readonly #counters: Collection<CounterDocument>;
  readonly #vouchedBy: VouchedBy;
  /** Markers that are vouched for, by counter: they are removed with the next change of the counter. */
  readonly #vouched = new Map<string, string[]>();
  #inVain = new Set<string>();
  /** One batch of changes at a time: the server would only let them run into each other. */
  readonly #changes = new Gathered((steps: readonly Step[]) => this.#changeAll(steps));
  /** Counters that are changed apart from others, for as long as there is something to do. */
  readonly #apart = new Map<string, Gathered<Step, Used>>();
  readonly #looks = new Gathered((counters: readonly string[]) => this.#lookAt(counters));

  constructor(connection: Connection, { world }: Pick<ResolvedOptions, 'world'>, vouchedBy: VouchedBy) {
    this.#connection = connection;
    this.#world = world;
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
    const { counter, amount, atMost } = want;
    if (atMost < 0) return undefined;
    const step = (i: string) => ({
      counter,
      take: { want, marker: { i, d: decision, a: amount, e: expiresAt } },
    });
    let marker = this.#markerId();
    let used = await this.#changes.do(step(marker));
    if (used === APART) {
      // Never the same: should the first have come to be, others may have vouched for it and removed it by now.
      marker = this.#markerId();
      used = await this.#changeApart(step(marker));
    }
    return used === undefined ? undefined : { taken: true, used, marker, amount };
  }

  /** A decision vouches for the marker: the amount stays and the marker goes, with the next change or soon. */
  vouched(counter: string, marker: string): void {
    const waiting = this.#vouched.get(counter);
    if (waiting) waiting.push(marker);
    else this.#vouched.set(counter, [marker]);
    if (waiting) return;
    // When it fails, others wait a moment longer; `expire` removes what is left.
    this.#world.timers.after(VOUCHED_MS, () => void this.#removeVouched(counter).catch(() => undefined));
  }

  async #removeVouched(counter: string): Promise<void> {
    if ((await this.#changes.do({ counter })) === APART) await this.#changeApart({ counter });
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

  async #changeApart(step: Step): Promise<Used> {
    const { counter } = step;
    const apart = this.#apartFor(counter);
    try {
      return await apart.do(step);
    } finally {
      if (apart.idle && this.#apart.get(counter) === apart) this.#apart.delete(counter);
    }
  }

  #apartFor(counter: string): Gathered<Step, Used> {
    const known = this.#apart.get(counter);
    if (known) return known;
    const apart = new Gathered((steps: readonly Step[]) => this.#changeWithin(APART_MS, steps));
    this.#apart.set(counter, apart);
    return apart;
  }

  /** A counter that is locked holds up others once, not for as long as it is locked. */
  async #changeAll(steps: readonly Step[]): Promise<readonly (Used | typeof APART)[]> {
    const together = steps.filter(({ counter }) => !this.#apart.has(counter));
    const results = new Map<Step, Used>();
    try {
      const used = await this.#changeWithin(TOGETHER_MS, together);
      for (const [index, step] of together.entries()) results.set(step, used[index]);
    } catch (error) {
      if (!isOutOfTime(error)) throw error;
      // At once: those of the next batch come after them.
      for (const { counter } of together) this.#apartFor(counter);
    }
    return steps.map((step) => (results.has(step) ? results.get(step) : APART));
  }

  async #changeWithin(ms: number, steps: readonly Step[]): Promise<readonly Used[]> {
    const changes = steps.map((step) => ({ ...step, gone: this.#takeVouched(step.counter) }));
    // What only was to leave is not tried again: see `vouched`.
    const again = ({ counter, take, gone }: Change): void => {
      if (take !== undefined) for (const marker of gone) this.vouched(counter, marker);
    };
    try {
      const used = await this.#connection.run(() => this.#change(ms, changes));
      for (const [index, change] of changes.entries()) if (used[index] === undefined) again(change);
      return used;
    } catch (error) {
      for (const change of changes) again(change);
      throw error;
    }
  }

  async #change(ms: number, changes: readonly Change[]): Promise<readonly Used[]> {
    const [first] = changes;
    return changes.length === 1 && first?.take !== undefined
      ? [await this.#changeOne(ms, first, first.take)]
      : await this.#changeMany(ms, changes);
  }

  async #changeOne(ms: number, { gone }: Change, take: Try): Promise<Used> {
    try {
      const { filter, update } = taking(take, gone);
      const found = await this.#counters.findOneAndUpdate(filter, update, {
        upsert: true,
        returnDocument: 'before',
        projection: { total: 1 },
        maxTimeMS: ms,
      });
      return found?.total ?? 0;
    } catch (error) {
      if (isDuplicateKey(error)) return undefined;
      throw error;
    }
  }

  /** In their order, several of one counter too; their markers tell what was used before. */
  async #changeMany(ms: number, changes: readonly Change[]): Promise<readonly Used[]> {
    const updates: AnyBulkWriteOperation<CounterDocument>[] = [];
    const counters = new Set<string>();
    for (const { counter, take, gone } of changes) {
      if (take !== undefined) {
        updates.push({ updateOne: { ...taking(take, gone), upsert: true } });
        counters.add(counter);
      } else if (gone.length > 0)
        updates.push({ updateOne: { filter: { _id: counter }, update: removal(gone) } });
    }
    if (updates.length === 0) return changes.map(() => undefined);
    try {
      await this.#counters.bulkWrite(updates, { ordered: false, maxTimeMS: ms });
    } catch (error) {
      if (isOutOfTime(error) || !onlyDuplicates(error)) throw error;
    }
    if (counters.size === 0) return changes.map(() => undefined);
    const found = await this.#counters
      .find({ _id: { $in: [...counters] } }, { projection: { p: 1 } })
      .toArray();
    const kept = new Map(found.flatMap(({ p }) => p.map(({ i, u }) => [i, u])));
    return changes.map(({ take }) => (take === undefined ? undefined : kept.get(take.marker.i)));
  }

  async #lookAt(counters: readonly string[]): Promise<readonly (CounterDocument | undefined)[]> {
    const ids = [...new Set(counters)];
    const found = await this.#connection.run(() => this.#counters.find({ _id: { $in: ids } }).toArray());
    const byId = new Map(found.map((document) => [document._id, document]));
    return counters.map((counter) => byId.get(counter));
  }

  #takeVouched(counter: string): readonly string[] {
    const gone = this.#vouched.get(counter) ?? [];
    this.#vouched.delete(counter);
    return gone;
  }

  #remember(unsure: readonly Marker[]): void {
    if (this.#inVain.size > REMEMBERED) this.#inVain = new Set();
    for (const { i } of unsure) this.#inVain.add(i);
  }

  #markerId(): string {
    return Buffer.from(this.#world.randomBytes(12)).toString('base64url');
  }

  #now(): number {
    return this.#world.clock.monotonicUs() / 1000;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#world.timers.after(PAUSE_MS, resolve));
  }
}

/** Takes what is wanted, if there is room and the decision has no marker there: else an upsert fails as a duplicate. */
function taking(
  { want: { counter, amount, atMost, forgetAt }, marker }: Try,
  gone: readonly string[],
): { readonly filter: Filter<CounterDocument>; readonly update: Document[] } {
  const before = { $ifNull: ['$total', 0] };
  const left =
    gone.length === 0
      ? markers
      : { $filter: { input: markers, as: 'x', cond: { $not: [{ $in: ['$$x.i', gone] }] } } };
  const added = { ...marker, d: { $literal: marker.d }, i: { $literal: marker.i }, u: before };
  const change: Document = {
    total: { $add: [before, amount] },
    f: { $max: ['$f', forgetAt] },
    p: { $concatArrays: [left, [added]] },
  };
  return {
    filter: { _id: counter, total: { $not: { $gt: atMost } }, 'p.d': { $ne: marker.d } },
    update: [{ $set: change }],
  };
}

/** Takes markers away and leaves their amounts. */
function removal(gone: readonly string[]): UpdateFilter<CounterDocument> {
  return { $pull: { p: { i: { $in: [...gone] } } } };
}
