import { create } from '@bufbuild/protobuf';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type {
  ListEntry as CoreEntry,
  ListInfo,
  ListKind as CoreKind,
  NewList,
  ListType as CoreType,
} from '../../../facts/lists/list-store.js';
import { LIST_KINDS, LIST_TYPES } from '../../../facts/lists/list-store.js';
import type { EntryQuestion } from '../../../facts/lists/lists-reading.js';
import type { List, ListEntry } from '../../../gen/tollgate/v1/list_service_pb.js';
import { ListEntrySchema, ListKind, ListSchema, ListType } from '../../../gen/tollgate/v1/list_service_pb.js';
import { toEtag } from '../services/page-query.js';
import { fromMs, toOptionalMs } from './time.js';

const TYPE: Readonly<Record<CoreType, ListType>> = {
  card: ListType.CARD,
  bin: ListType.BIN,
  email: ListType.EMAIL,
  'email-domain': ListType.EMAIL_DOMAIN,
  ip: ListType.IP,
  country: ListType.COUNTRY,
  phone: ListType.PHONE,
  device: ListType.DEVICE,
  customer: ListType.CUSTOMER,
  address: ListType.ADDRESS,
};

const KIND: Readonly<Record<CoreKind, ListKind>> = {
  block: ListKind.BLOCK,
  allow: ListKind.ALLOW,
  watch: ListKind.WATCH,
  embargo: ListKind.EMBARGO,
  custom: ListKind.CUSTOM,
};

/** A list with its counts. */
export function toList(info: ListInfo): List {
  return create(ListSchema, {
    id: info.id,
    type: TYPE[info.type],
    kind: KIND[info.kind],
    description: info.description,
    owner: info.owner,
    entries: BigInt(info.entries),
    revision: BigInt(info.revision),
    etag: toEtag(info.settings),
    ...(info.deleted === undefined
      ? {}
      : {
          deletedAt: fromMs(info.deleted.at),
          deletedBy: info.deleted.actor,
          deletedReason: info.deleted.reason,
        }),
  });
}

/** The settings of a checked list. */
export function fromList(list: List): NewList {
  return {
    id: list.id,
    type: LIST_TYPES.find((type) => TYPE[type] === list.type) ?? 'card',
    kind: LIST_KINDS.find((kind) => KIND[kind] === list.kind) ?? 'custom',
    description: list.description,
    owner: list.owner,
  };
}

/** A membership. */
export function toListEntry(entry: CoreEntry): ListEntry {
  return create(ListEntrySchema, {
    value: entry.value,
    reason: entry.reason,
    actor: entry.actor,
    source: entry.source,
    validFrom: fromMs(entry.validFrom),
    ...(Number.isFinite(entry.validUntil) ? { validUntil: fromMs(entry.validUntil) } : {}),
    ...(entry.ended === undefined ? {} : { endedBy: entry.ended.actor, endedReason: entry.ended.reason }),
  });
}

/** Which entries a checked request asks for. */
export function toQuestion(request: {
  readonly asOf?: Timestamp | undefined;
  readonly knownAt?: Timestamp | undefined;
  readonly planned?: boolean;
}): EntryQuestion {
  const { asOf, knownAt, planned = false } = request;
  return { asOf: toOptionalMs(asOf), knownAt: toOptionalMs(knownAt), planned };
}

/** A checked entry as it is handed in; what it leaves open is filled by its import's settings. */
export function fromListEntry(
  entry: ListEntry,
  settings: { readonly actor: string; readonly source: string },
) {
  return {
    value: entry.value,
    reason: entry.reason,
    actor: entry.actor === '' ? settings.actor : entry.actor,
    source: entry.source === '' ? settings.source : entry.source,
    validFrom: toOptionalMs(entry.validFrom),
    validUntil: toOptionalMs(entry.validUntil),
  };
}
