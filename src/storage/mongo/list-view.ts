import type { Document, ObjectId } from 'mongodb';
import type { ListEntry, ListKind, ListType } from '../../facts/list-store.js';

/** A list. Its revision is what makes changes visible: one document, changed at once. */
export interface ListDocument {
  readonly _id: string;
  readonly type: ListType;
  readonly kind: ListKind;
  readonly description: string;
  readonly owner: string;
  /** Changes up to here are in force. */
  readonly revision: number;
  /** The last number given to a writer. */
  readonly next: number;
  /** Numbers of writers that failed: what they wrote never counts, however late it comes. */
  readonly void: readonly number[];
  /** Memberships that nobody ended (they may have run out by themselves). */
  readonly open: number;
  readonly writer?: { readonly token: string; readonly until: Date };
}

/** A membership. What a revision writes has no effect before the list has reached it. */
export interface MembershipDocument {
  readonly _id?: ObjectId;
  readonly list: string;
  /** Value. */
  readonly v: string;
  readonly reason: string;
  readonly actor: string;
  readonly source: string;
  /** Epoch ms. */
  readonly from: number;
  /** Epoch ms; left out: until removed. */
  readonly until?: number;
  /** It was made to begin later. */
  readonly later?: true;
  /** Revision that made it. */
  readonly r: number;
  /** Revision that ended it, and the end it set, epoch ms. */
  readonly er?: number;
  readonly eu?: number;
  /** The last replacing import that found it unchanged. */
  readonly kept?: number;
}

/** A list at one revision. */
export interface ListView {
  readonly list: string;
  readonly revision: number;
  readonly void: readonly number[];
}

/** Whether a revision counts in a view, as a condition on a field. */
export function counts({ revision, void: voided }: ListView): Document {
  return voided.length > 0 ? { $lte: revision, $nin: voided } : { $lte: revision };
}

/** Memberships that reach beyond a moment, begun or not. */
export function reaching(view: ListView, moment: number): Document {
  const reached = counts(view);
  return {
    list: view.list,
    r: reached,
    $or: [
      { er: reached, eu: { $gt: moment } },
      { $nor: [{ er: reached }], until: { $not: { $lte: moment } } },
    ],
  };
}

/** Memberships that hold at a moment. */
export function holding(view: ListView, asOf: number): Document {
  return { ...reaching(view, asOf), from: { $lte: asOf } };
}

/** A membership as it stands in a view. */
export function entryOf(document: MembershipDocument, view: ListView): ListEntry {
  const { v, reason, actor, source, from, until, er, eu } = document;
  const ended = er !== undefined && er <= view.revision && !view.void.includes(er);
  const validUntil = (ended ? eu : until) ?? Infinity;
  return { value: v, reason, actor, source, validFrom: from, validUntil };
}

/** The stored form of a new membership. */
export function membership(
  entry: ListEntry,
  list: string,
  revision: number,
  now: number,
): MembershipDocument {
  const { value, reason, actor, source, validFrom, validUntil } = entry;
  return {
    list,
    v: value,
    r: revision,
    from: validFrom,
    reason,
    actor,
    source,
    ...(validUntil === Infinity ? {} : { until: validUntil }),
    ...(validFrom > now ? { later: true as const } : {}),
  };
}
