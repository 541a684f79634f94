import type { DescField } from '@bufbuild/protobuf';
import type { TollgateError } from '../../../errors/errors.js';
import type { ScreenRequest } from '../../../gen/tollgate/v1/decision_service_pb.js';
import {
  ScreenRequestSchema,
  ScreenStreamRequestSchema,
} from '../../../gen/tollgate/v1/decision_service_pb.js';
import type { Event } from '../../../gen/tollgate/v1/event_service_pb.js';
import { EventSchema, RecordEventsRequestSchema } from '../../../gen/tollgate/v1/event_service_pb.js';
import { readerOf, unreadable, type Read } from '../codec.js';
import { ForwardReader } from '../forward-reader.js';
import { mostOf, tooMany } from '../request-lists.js';

/** One event of a batch with its own bytes, see `readerOf`. */
export type EventEntry =
  | ({ readonly kind: 'event' } & Read<Event>)
  /** Fails alone: the rest of the batch can be read. */
  | { readonly kind: 'malformed'; readonly error: TollgateError };

/** One entry of a batch with its own bytes, see `readerOf`. */
export type Entry =
  EventEntry | ({ readonly kind: 'screen' } & Read<ScreenRequest>) | { readonly kind: 'empty' };

const ENTRIES = ScreenStreamRequestSchema.field.entries;
const EVENTS = RecordEventsRequestSchema.field.events;

/**
 * Reads a ScreenStreamRequest by hand as far as its entries, since a decoded message no longer has the bytes it was
 * made of. Throws INVALID_REQUEST when not even the entries can be told apart, and when there are too many: an entry
 * takes two bytes, so that answering each would take far more than was sent.
 */
export function decodeEntries(bytes: Uint8Array): readonly Entry[] {
  const entries = split(ENTRIES, bytes).map((raw) => one('tollgate.v1.StreamEntry', raw, decodeEntry));
  return apart(entries, bytes);
}

/** Reads a RecordEventsRequest likewise. */
export function decodeEvents(bytes: Uint8Array): readonly EventEntry[] {
  const events = split(EVENTS, bytes).map((raw) => one('tollgate.v1.Event', raw, decodeEvent));
  return apart(events, bytes);
}

/** The bytes of each element of a list of messages. */
function split(list: DescField, bytes: Uint8Array): readonly Uint8Array[] {
  const most = mostOf(list);
  const found: Uint8Array[] = [];
  try {
    reader.reset(bytes);
    while (reader.at < bytes.length) {
      const tag = reader.tag();
      if (tag !== tagOf(list.number)) reader.skip(tag, bytes.length);
      else if (found.length >= most) throw tooMany(list.name, most);
      else found.push(reader.view(bytes.length));
    }
  } catch (cause) {
    throw unreadable(list.parent.typeName, cause);
  }
  return found;
}

/** Entries whose bytes do not keep a message in memory of which they are a small part. */
function apart<E extends Entry>(entries: readonly E[], bytes: Uint8Array): readonly E[] {
  let kept = 0;
  for (const entry of entries) if (within(entry, bytes)) kept += entry.raw.length;
  if (kept * 2 >= bytes.length) return entries;
  return entries.map((entry) => (within(entry, bytes) ? { ...entry, raw: Buffer.from(entry.raw) } : entry));
}

/** Whether what an entry keeps is a part of these bytes. */
function within(entry: Entry, bytes: Uint8Array): entry is Entry & Read<unknown> {
  return 'raw' in entry && entry.raw.buffer === bytes.buffer;
}

function one<E>(typeName: string, raw: Uint8Array, decode: (raw: Uint8Array) => E): E | EventEntry {
  try {
    return decode(raw);
  } catch (cause) {
    return { kind: 'malformed', error: unreadable(typeName, cause) };
  }
}

/** Reads a ScreenRequest that comes by itself. */
export const readKeptScreen = readerOf(ScreenRequestSchema);
const readEvent = readerOf(EventSchema);

function decodeEvent(raw: Uint8Array): EventEntry {
  return { kind: 'event', ...readEvent(raw) };
}

const reader = new ForwardReader();

/** A field of messages, told by its number and the wire type of what has a length. */
function tagOf(field: number): number {
  return field * 8 + 2;
}

const SCREEN = tagOf(1);
const EVENT = tagOf(2);

function decodeEntry(bytes: Uint8Array): Entry {
  reader.reset(bytes);
  let kind: 'screen' | 'event' | 'empty' = 'empty';
  /** Where each part of the member begins and ends. */
  const parts: number[] = [];
  while (reader.at < bytes.length) {
    const tag = reader.tag();
    if (tag === SCREEN || tag === EVENT) {
      const next = tag === SCREEN ? 'screen' : 'event';
      // As in every oneof the last member wins; parts of the same member are merged, which bytes do by concatenation.
      if (kind !== next) parts.length = 0;
      kind = next;
      const end = reader.end(bytes.length);
      parts.push(reader.at, end);
      reader.at = end;
    } else {
      reader.skip(tag, bytes.length);
    }
  }
  const raw = joined(bytes, parts);
  switch (kind) {
    case 'screen':
      return { kind, ...readKeptScreen(raw) };
    case 'event':
      return { kind, ...readEvent(raw) };
    default:
      return { kind };
  }
}

/** The parts one after the other; a view of one part. */
function joined(bytes: Uint8Array, parts: readonly number[]): Uint8Array {
  if (parts.length <= 2) return bytes.subarray(parts[0] ?? 0, parts[1] ?? 0);
  const whole = Buffer.allocUnsafe(bytes.length);
  let size = 0;
  for (let part = 0; part < parts.length; part += 2) {
    const end = parts[part + 1] ?? 0;
    // Byte by byte: a part may be tiny, and there may be a million of them.
    for (let at = parts[part] ?? 0; at < end; at++) whole[size++] = bytes[at] ?? 0;
  }
  return whole.subarray(0, size);
}
