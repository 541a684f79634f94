import type { Document } from 'mongodb';
import type { HistoryPlace, LoggedChange, Membership } from '../../../facts/lists/list-store.js';
import type { ListCollections } from './collections.js';
import { changeId, counts, viewOf } from './view.js';
import type { ListDocument, ListView, MembershipDocument } from './view.js';

/** The changes of a list, newest first, below a revision; last, how it was made. */
export async function logOf(
  { connection, changes }: ListCollections,
  document: ListDocument,
  limit: number,
  before = Number.MAX_SAFE_INTEGER,
): Promise<readonly LoggedChange[]> {
  const view = viewOf(document);
  const filter = { list: view.list, $and: [{ r: counts(view) }, { r: { $lt: before } }] };
  const found = await connection.run(() => changes.find(filter).sort({ r: -1 }).limit(limit).toArray());
  const log = found.map(({ r, at, kind, actor, reason, source, added, removed }) => ({
    revision: r,
    at,
    kind,
    actor,
    reason,
    source,
    added,
    removed,
  }));
  return before > 0 && log.length < limit ? [...log, ...creationOf(document)] : log;
}

function creationOf({ created }: ListDocument): readonly LoggedChange[] {
  if (created === undefined) return [];
  const { at, actor, reason } = created;
  return [{ revision: 0, at, kind: 'created', actor, reason, source: '', added: 0, removed: 0 }];
}

/** What was said of values, newest first: of what became known at once, by value and beginning. */
export async function historyOf(
  on: ListCollections,
  view: ListView,
  values: readonly string[],
  limit: number,
  after: HistoryPlace | undefined,
): Promise<readonly Membership[]> {
  const { list } = view;
  const filter = { list, v: { $in: [...values] }, r: counts(view), ...below(after) };
  const found = await on.connection.run(() =>
    on.memberships.find(filter).sort({ r: -1, v: 1, from: 1 }).limit(limit).toArray(),
  );
  const said = found.map((document) => ({ document, ends: endsIn(document, view) }));
  const known = await moments(
    on,
    list,
    said.flatMap(({ document, ends }) => [document.r, ...ends.map(({ r }) => r)]),
  );
  const knownAt = (revision: number): number => known.get(revision) ?? 0;
  return said.map(({ document, ends }) => {
    const { v, reason, actor, source, from, until, r } = document;
    return {
      entry: { value: v, reason, actor, source, validFrom: from, validUntil: until ?? Infinity },
      knownAt: knownAt(r),
      revision: r,
      ends: ends.map((end) => ({
        at: end.u,
        actor: end.actor,
        reason: end.reason,
        knownAt: knownAt(end.r),
        revision: end.r,
      })),
    };
  });
}

function endsIn({ ends = [] }: MembershipDocument, { revision, void: voided }: ListView) {
  return ends.filter(({ r }) => r <= revision && !voided.includes(r)).toSorted((a, b) => a.r - b.r);
}

function below(place: HistoryPlace | undefined): Document {
  if (place === undefined) return {};
  const { revision, value, validFrom } = place;
  return {
    $or: [
      { r: { $lt: revision } },
      { r: revision, v: { $gt: value } },
      { r: revision, v: value, from: { $gt: validFrom } },
    ],
  };
}

/** When revisions of a list became known, epoch ms. */
async function moments(
  { connection, changes }: ListCollections,
  list: string,
  revisions: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  if (revisions.length === 0) return new Map();
  const ids = [...new Set(revisions)].map((revision) => changeId(list, revision));
  const found = await connection.run(() => changes.find({ _id: { $in: ids } }).toArray());
  return new Map(found.map(({ r, at }) => [r, at]));
}
