import { create } from '@bufbuild/protobuf';
import type {
  ImportChange as CoreImportChange,
  LoggedChange,
  Membership as CoreMembership,
} from '../../../facts/lists/list-store.js';
import type { ListReader as CoreReader } from '../../../facts/lists/readers.js';
import type {
  ImportChange,
  ListChange,
  ListReader,
  Membership,
} from '../../../gen/tollgate/v1/list_service_pb.js';
import {
  ImportChangeSchema,
  ImportEffect,
  ListChangeKind,
  ListChangeSchema,
  ListReaderSchema,
  MembershipEndSchema,
  MembershipSchema,
} from '../../../gen/tollgate/v1/list_service_pb.js';
import { toListEntry } from './list.js';
import { fromMs } from './time.js';

const KIND: Readonly<Record<LoggedChange['kind'], ListChangeKind>> = {
  added: ListChangeKind.ADDED,
  removed: ListChangeKind.REMOVED,
  imported: ListChangeKind.IMPORTED,
  replaced: ListChangeKind.REPLACED,
  updated: ListChangeKind.UPDATED,
  deleted: ListChangeKind.DELETED,
  created: ListChangeKind.CREATED,
};

const EFFECT: Readonly<Record<CoreImportChange['effect'], ImportEffect>> = {
  added: ImportEffect.ADDED,
  removed: ImportEffect.REMOVED,
  unchanged: ImportEffect.UNCHANGED,
};

/** A line of the log of a list. */
export function toListChange(change: LoggedChange): ListChange {
  const { revision, at, kind, actor, reason, source, added, removed } = change;
  return create(ListChangeSchema, {
    revision: BigInt(revision),
    at: fromMs(at),
    kind: KIND[kind],
    actor,
    reason,
    source,
    added: BigInt(added),
    removed: BigInt(removed),
  });
}

/** What was said of a value, and what became of it. */
export function toMembership({ entry, knownAt, revision, ends }: CoreMembership): Membership {
  return create(MembershipSchema, {
    entry: toListEntry(entry),
    knownAt: fromMs(knownAt),
    revision: BigInt(revision),
    ends: ends.map((end) =>
      create(MembershipEndSchema, {
        at: fromMs(end.at),
        actor: end.actor,
        reason: end.reason,
        knownAt: fromMs(end.knownAt),
        revision: BigInt(end.revision),
      }),
    ),
  });
}

/** What an import does to a membership. */
export function toImportChange({ effect, position = 0, entry }: CoreImportChange): ImportChange {
  return create(ImportChangeSchema, {
    effect: EFFECT[effect],
    position: BigInt(position),
    entry: toListEntry(entry),
  });
}

/** A version that reads a list. */
export function toListReader({ ruleSet, version, stage, inForce, rules, limits }: CoreReader): ListReader {
  return create(ListReaderSchema, {
    ruleSet,
    version,
    stage,
    inForce,
    rules: [...rules],
    limits: [...limits],
  });
}
