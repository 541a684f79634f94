import { changesOf, isOpen, type HoldState } from '../../../decisions/limits/hold-state.js';
import { Gathered } from '../gathered.js';
import type { LimitCounters } from './counters.js';
import {
  endOf,
  holdStateOf,
  markerId,
  MARKER_MS,
  type EndedMarkers,
  type HoldsDocument,
  type PlacedMarker,
} from './documents.js';
import type { LimitHolds, Replacement } from './holds.js';
import type { ResolvedOptions } from '../options.js';

type Next = (state: HoldState) => HoldState;

/** What has become known of a decision. */
interface Step {
  readonly decision: string;
  readonly next: Next;
  /** Only where it waits no longer than until then, epoch ms. */
  readonly due?: number;
}

/** A document that is to be replaced, with the markers that the new one vouches for, and the steps that change what counts. */
interface Change extends Replacement {
  readonly markers: readonly PlacedMarker[];
  readonly counted: readonly Step[];
}

/**
 * Changes of what is known of decisions' holds, and of the counters with it, many at a time.
 *
 * Each counter gets a marker that says by how much it is about to change; then the document that vouches for the markers
 * takes the place of the one that was read; then the markers are ended, and what is given back is free. Nothing is locked
 * in between. Whoever is told the same again ends what was left half done; else `expire` does.
 */
export class HoldChanges {
  readonly #world: ResolvedOptions['world'];
  readonly #counters: LimitCounters;
  readonly #holds: LimitHolds;
  readonly #changes = new Gathered((steps: readonly Step[]) => this.#changeAll(steps));

  constructor(counters: LimitCounters, holds: LimitHolds, { world }: Pick<ResolvedOptions, 'world'>) {
    this.#world = world;
    this.#counters = counters;
    this.#holds = holds;
  }

  /** Whether it changed what counts. */
  change(decision: string, next: Next): Promise<boolean> {
    return this.#changes.do({ decision, next });
  }

  /** Likewise, where the decision waits no longer than until `due`, epoch ms: it may have been reserved again. */
  changeDue(decision: string, next: Next, due: number): Promise<boolean> {
    return this.#changes.do({ decision, next, due });
  }

  async #changeAll(steps: readonly Step[]): Promise<readonly boolean[]> {
    const counted = new Set<Step>();
    let open = steps;
    while (open.length > 0) {
      const found = await this.#holds.findAll(open.map(({ decision }) => decision));
      const changes: Change[] = [];
      const known: EndedMarkers[] = [];
      for (const document of found.values()) {
        if (document.refused) continue;
        const change = this.#changeOf(
          document,
          open.filter(({ decision }) => decision === document._id),
        );
        if (change !== undefined) changes.push(change);
        else if (document.v > 1) known.push(...allMarkersOf(document));
      }
      await this.#counters.end(known);
      const missed = await this.#make(changes, counted);
      open = open.filter(({ decision }) => missed.has(decision));
    }
    return steps.map((step) => counted.has(step));
  }

  /** Makes changes, and adds to `counted` the steps that changed what counts; the decisions that have to be read again. */
  async #make(changes: readonly Change[], counted: Set<Step>): Promise<ReadonlySet<string>> {
    const missed = new Set<string>();
    if (changes.length === 0) return missed;
    await this.#counters.mark(changes.flatMap(({ markers }) => markers));
    const standing = (await this.#holds.replace(changes))
      ? new Map(changes.map(({ to }) => [to._id, to]))
      : await this.#holds.findAll(changes.map(({ to }) => to._id));
    const ended: EndedMarkers[] = [];
    for (const change of changes) {
      const document = standing.get(change.to._id) ?? null;
      const { markers } = change;
      const ends = markers.map(({ marker }) => endOf(marker, document));
      for (const [index, { counter, marker }] of markers.entries()) {
        const end = ends[index];
        // A new primary may answer with what was there before: then nobody can say yet.
        if (end === undefined) continue;
        const those = (what: 'vouched' | 'void'): string[] => (end === what ? [marker.i] : []);
        ended.push({ counter, vouched: those('vouched'), void: those('void') });
      }
      if (ends.includes('vouched')) for (const step of change.counted) counted.add(step);
      else if (document !== change.to) missed.add(change.to._id);
    }
    await this.#counters.end(ended);
    return missed;
  }

  /** undefined when the steps say nothing new. */
  #changeOf(document: HoldsDocument, steps: readonly Step[]): Change | undefined {
    const before = holdStateOf(document);
    const counted: Step[] = [];
    let after = before;
    for (const step of steps) {
      if (step.due !== undefined && (document.e === undefined || document.e > step.due)) continue;
      const next = step.next(after);
      if (changesOf(after, next).length > 0) counted.push(step);
      after = next;
    }
    if (after === before) return undefined;
    const o = { d: document._id, v: document.v };
    const e = this.#world.clock.now() + MARKER_MS;
    const markers = changesOf(before, after).map(({ counter, by }) => ({
      counter,
      marker: { i: markerId(this.#world), o, a: by, e },
    }));
    const vouched = [...document.m, ...markers.map(({ marker }) => marker.i)];
    return { v: document.v, to: { ...changedDocument(document, after), m: vouched }, markers, counted };
  }
}

function allMarkersOf({ h, m }: HoldsDocument): readonly EndedMarkers[] {
  return h.map(({ c }) => ({ counter: c, vouched: m, void: [] }));
}

function changedDocument(found: HoldsDocument, state: HoldState): HoldsDocument {
  const { madeAt, cancelledAt, failed, lapsed, refunds } = state;
  const { e: _waits, made: _made, cancelled: _cancelled, ...rest } = found;
  const refunded = new Map(state.holds.map((held) => [held.counter, held.refunded]));
  return {
    ...rest,
    v: found.v + 1,
    h: found.h.map((held) => ({ ...held, r: refunded.get(held.c) ?? held.r })),
    failed,
    lapsed,
    refunds,
    ...(isOpen(state) ? { e: found.x } : {}),
    ...(madeAt === undefined ? {} : { made: madeAt }),
    ...(cancelledAt === undefined ? {} : { cancelled: cancelledAt }),
  };
}
