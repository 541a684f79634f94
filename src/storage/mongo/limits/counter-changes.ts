import type { AnyBulkWriteOperation, Collection, Document, Filter, UpdateFilter } from 'mongodb';
import type { Connection } from '../connection.js';
import { isDuplicateKey, isOutOfTime, onlyDuplicates } from '../errors.js';
import { Gathered } from '../gathered.js';
import { COLLECTIONS } from '../indexes.js';
import {
  markerId,
  reservationOf,
  MARKER_MS,
  type CounterDocument,
  type Marker,
  type Taker,
  type Want,
} from './documents.js';
import type { ResolvedOptions } from '../options.js';

/** An amount that was taken from a counter: `used` before it, and the marker it has left. */
export interface Taking {
  readonly used: number;
  readonly marker: string;
}

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

/** How long a marker that is vouched for waits for another change of its counter to take it along, ms. */
const VOUCHED_MS = 10;
/** How long the server may be at changes of several counters, ms: much longer than others have one locked. */
const TOGETHER_MS = 1_000;
/** And at those of one, ms. One that was locked by an instance that was killed then stays so for up to a minute. */
const APART_MS = 2_000;

/** Instead of a result: the counter is changed apart from others now. */
const APART = Symbol('apart');

const markers = { $ifNull: ['$p', []] };

/** What is taken from counters, many at a time. */
export class CounterChanges {
  readonly #connection: Connection;
  readonly #world: ResolvedOptions['world'];
  readonly #counters: Collection<CounterDocument>;
  /** Markers that are vouched for, by counter: they are removed with the next change of the counter. */
  readonly #vouched = new Map<string, string[]>();
  /** One batch of changes at a time: the server would only let them run into each other. */
  readonly #changes = new Gathered((steps: readonly Step[]) => this.#changeAll(steps));
  /** Counters that are changed apart from others, for as long as there is something to do. */
  readonly #apart = new Map<string, Gathered<Step, Used>>();

  constructor(connection: Connection, { world }: Pick<ResolvedOptions, 'world'>) {
    this.#connection = connection;
    this.#world = world;
    this.#counters = connection.collection(COLLECTIONS.counters);
  }

  /** Takes what is wanted; undefined when there is no room or the decision has a marker there already. */
  async take(want: Want, taker: Taker): Promise<Taking | undefined> {
    const { counter, amount, atMost } = want;
    if (atMost < 0) return undefined;
    const { decision: d, version: v, expiresAt } = taker;
    const whose = { d: reservationOf(taker), ...(v === 0 ? {} : { o: { d, v } }) };
    const e = Math.min(expiresAt, this.#world.clock.now() + MARKER_MS);
    const step = (i: string) => ({
      counter,
      take: { want, marker: { i, ...whose, a: amount, e } },
    });
    let marker = markerId(this.#world);
    let used = await this.#changes.do(step(marker));
    if (used === APART) {
      // Never the same: should the first have come to be, others may have vouched for it and removed it by now.
      marker = markerId(this.#world);
      used = await this.#changeApart(step(marker));
    }
    return used === undefined ? undefined : { used, marker };
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
      if (!onlyDuplicates(error)) throw error;
    }
    if (counters.size === 0) return changes.map(() => undefined);
    const found = await this.#counters
      .find({ _id: { $in: [...counters] } }, { projection: { p: 1 } })
      .toArray();
    const kept = new Map(found.flatMap(({ p }) => p.map(({ i, u }) => [i, u])));
    return changes.map(({ take }) => (take === undefined ? undefined : kept.get(take.marker.i)));
  }

  #takeVouched(counter: string): readonly string[] {
    const gone = this.#vouched.get(counter) ?? [];
    this.#vouched.delete(counter);
    return gone;
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
  const { i, d, o } = marker;
  const whose = {
    i: { $literal: i },
    d: { $literal: d },
    ...(o === undefined ? {} : { o: { $literal: o } }),
  };
  const added = { ...marker, ...whose, u: before };
  const change: Document = {
    total: { $add: [before, amount] },
    f: { $max: ['$f', forgetAt] },
    p: { $concatArrays: [left, [added]] },
  };
  return {
    filter: {
      _id: counter,
      total: { $not: { $gt: atMost } },
      'p.d': { $ne: d },
    },
    update: [{ $set: change }],
  };
}

/** Takes away markers of amounts that were taken, and leaves the amounts. */
function removal(gone: readonly string[]): UpdateFilter<CounterDocument> {
  return { $pull: { p: { i: { $in: [...gone] } } } };
}
