import type { Document, ObjectId } from 'mongodb';
import type {
  ChangeNote,
  Deletion,
  Ender,
  EntryQuery,
  ListEntry,
  ListKind,
  ListType,
} from '../../../facts/lists/list-store.js';

/** A list. Its revision is what makes changes visible: one document, changed at once. */
export interface ListDocument {
  readonly _id: string;
  readonly type: ListType;
  readonly kind: ListKind;
  readonly description: string;
  readonly owner: string;
  /** The revision that last changed description or owner. */
  readonly settings: number;
  /** Left out: it was made before this was kept. */
  readonly created?: Creation;
  readonly deleted?: Deletion;
  /** Publications under way that name the list. */
  readonly uses?: readonly Lease[];
  /** Somebody is about to delete it: no publication that names it begins. */
  readonly deleting?: Lease;
  /** Changes up to here are in force. */
  readonly revision: number;
  /** When the last change was made, epoch ms; it never goes back. */
  readonly at?: number;
  /** The last number given to a writer. */
  readonly next: number;
  /** Numbers of writers that failed: what they wrote never counts, however late it comes. */
  readonly void: readonly number[];
  /** Memberships whose end nobody moved (they may have run out by themselves). */
  readonly open: number;
  readonly writer?: Lease;
}

/** Who made a list, when and why. */
export interface Creation extends Ender {
  /** Epoch ms. */
  readonly at: number;
}

/** A place that somebody has, until a moment of the server's clock. */
export interface Lease {
  readonly token: string;
  readonly until: Date;
}

/** A change of a list. It counts once the list has reached its revision. */
export interface ListChangeDocument extends ChangeNote {
  /** List and revision. */
  readonly _id: string;
  readonly list: string;
  readonly r: number;
  /** Epoch ms. */
  readonly at: number;
  readonly added: number;
  readonly removed: number;
}

/** The id of a change. */
export function changeId(list: string, revision: number): string {
  return `${list}/${String(revision)}`;
}

/** An end that a revision gave to a membership. What is said later only makes it earlier. */
export interface EndDocument {
  readonly r: number;
  /** Epoch ms; where it began, when it never held. */
  readonly u: number;
  readonly actor: string;
  readonly reason: string;
  /** It never held. */
  readonly never?: true;
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
  readonly ends?: readonly EndDocument[];
}

/** A list at one revision. */
export interface ListView {
  readonly list: string;
  readonly revision: number;
  readonly void: readonly number[];
}

/** A list as it is. */
export function viewOf({ _id, revision, void: voided }: ListDocument): ListView {
  return { list: _id, revision, void: voided };
}

/** Whether a revision counts in a view, as a condition on a field. */
export function counts({ revision, void: voided }: ListView): Document {
  return voided.length > 0 ? { $lte: revision, $nin: voided } : { $lte: revision };
}

/** Memberships that reach beyond a moment, begun or not. */
export function reaching(view: ListView, moment: number): Document {
  const reached = counts(view);
  const over = { r: reached, $or: [{ u: { $lte: moment } }, { never: true }] };
  return {
    list: view.list,
    r: reached,
    until: { $not: { $lte: moment } },
    ends: { $not: { $elemMatch: over } },
  };
}

/** Memberships that hold at a moment. */
export function holding(view: ListView, asOf: number): Document {
  return { ...reaching(view, asOf), from: { $lte: asOf } };
}

/** Memberships to show. */
export function asked(view: ListView, { asOf, planned }: EntryQuery): Document {
  return planned === true ? reaching(view, asOf) : holding(view, asOf);
}

/** Memberships whose end no revision of the view moved. */
export function untouched(view: ListView): Document {
  return { list: view.list, r: counts(view), ends: { $not: { $elemMatch: { r: counts(view) } } } };
}

/** The end that counts in a view. */
export function lastEnd<E extends Pick<EndDocument, 'r'>>(
  { ends }: { readonly ends?: readonly E[] },
  view: ListView,
): E | undefined {
  return ends?.filter(({ r }) => r <= view.revision && !view.void.includes(r)).at(-1);
}

/** What tells when a membership holds. */
export interface SpanDocument extends Pick<MembershipDocument, 'v' | 'from' | 'until'> {
  readonly ends?: readonly Pick<EndDocument, 'r' | 'u'>[];
}

/** A projection to that; of whole fields, which the server takes out fastest. */
export const SPAN = { v: 1, from: 1, until: 1, ends: 1 } as const;

/** When a membership holds, as it stands in a view. */
export function spanOf(
  document: SpanDocument,
  view: ListView,
): Pick<ListEntry, 'value' | 'validFrom' | 'validUntil'> {
  const { v: value, from: validFrom, until } = document;
  return { value, validFrom, validUntil: lastEnd(document, view)?.u ?? until ?? Infinity };
}

/** A membership as it stands in a view. */
export function entryOf(document: MembershipDocument, view: ListView): ListEntry {
  const { reason, actor, source } = document;
  const { value, validFrom, validUntil } = spanOf(document, view);
  const end = lastEnd(document, view);
  return {
    value,
    reason,
    actor,
    source,
    validFrom,
    validUntil,
    ...(end === undefined ? {} : { ended: { actor: end.actor, reason: end.reason } }),
  };
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
