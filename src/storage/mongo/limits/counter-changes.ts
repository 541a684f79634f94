import type { AnyBulkWriteOperation, Collection, Document, Filter, UpdateFilter } from 'mongodb';
import type { Connection } from '../connection.js';
import { isDuplicateKey, onlyDuplicates } from '../errors.js';
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
    const i = markerId(this.#world);
    const take = { want, marker: { i, ...whose, a: amount, e } };
    const used = await this.#changes.do({ counter, take });
    return used === undefined ? undefined : { used, marker: i };
  }

  /** A decision vouches for the marker: the amount stays and the marker goes, with the next change or soon. */
  vouched(counter: string, marker: string): void {
    const waiting = this.#vouched.get(counter);
    if (waiting) waiting.push(marker);
    else this.#vouched.set(counter, [marker]);
    if (waiting) return;
    // When it fails, others wait a moment longer; `expire` removes what is left.
    this.#world.timers.after(VOUCHED_MS, () => void this.#changes.do({ counter }).catch(() => undefined));
  }

  async #changeAll(steps: readonly Step[]): Promise<readonly Used[]> {
    const changes = steps.map((step) => ({ ...step, gone: this.#takeVouched(step.counter) }));
    // What only was to leave is not tried again: see `vouched`.
    const again = ({ counter, take, gone }: Change): void => {
      if (take !== undefined) for (const marker of gone) this.vouched(counter, marker);
    };
    try {
      const used = await this.#connection.run(() => this.#change(changes));
      for (const [index, change] of changes.entries()) if (used[index] === undefined) again(change);
      return used;
    } catch (error) {
      for (const change of changes) again(change);
      throw error;
    }
  }

  async #change(changes: readonly Change[]): Promise<readonly Used[]> {
    const [first] = changes;
    return changes.length === 1 && first?.take !== undefined
      ? [await this.#changeOne(first, first.take)]
      : await this.#changeMany(changes);
  }

  async #changeOne({ gone }: Change, take: Try): Promise<Used> {
    try {
      const { filter, update } = taking(take, gone);
      const found = await this.#counters.findOneAndUpdate(filter, update, {
        upsert: true,
        returnDocument: 'before',
        projection: { total: 1 },
      });
      return found?.total ?? 0;
    } catch (error) {
      if (isDuplicateKey(error)) return undefined;
      throw error;
    }
  }

  /** In their order, several of one counter too; their markers tell what was used before. */
  async #changeMany(changes: readonly Change[]): Promise<readonly Used[]> {
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
      await this.#counters.bulkWrite(updates, { ordered: false });
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
