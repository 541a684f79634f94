import type { ScreenRequest } from '../../../gen/tollgate/v1/decision_service_pb.js';
import { ScreenRequestSchema } from '../../../gen/tollgate/v1/decision_service_pb.js';
import type { Event } from '../../../gen/tollgate/v1/event_service_pb.js';
import { EventSchema } from '../../../gen/tollgate/v1/event_service_pb.js';
import { TollgateError } from '../../../errors/errors.js';
import { decoderOf, malformed } from '../codec.js';
import { ForwardReader } from '../forward-reader.js';

/** One event of a batch with its own bytes as received. */
export type EventEntry =
  | { readonly kind: 'event'; readonly message: Event; readonly raw: Uint8Array }
  /** Fails alone: the rest of the batch can be read. */
  | { readonly kind: 'malformed'; readonly error: TollgateError };

/** One entry of a batch with its own bytes as received. */
export type Entry =
  | EventEntry
  | { readonly kind: 'screen'; readonly message: ScreenRequest; readonly raw: Uint8Array }
  | { readonly kind: 'empty' };

/** Entries in one message. */
const MAX_ENTRIES = 1000;

/**
 * Reads a ScreenStreamRequest by hand as far as its entries, since a decoded message no longer has the bytes it was
 * made of. Throws INVALID_REQUEST when not even the entries can be told apart, and when there are too many: an entry
 * takes two bytes, so that answering each would take far more than was sent.
 */
export function decodeEntries(bytes: Uint8Array): readonly Entry[] {
  return split('tollgate.v1.ScreenStreamRequest', 'entries', bytes).map((raw) =>
    one('tollgate.v1.StreamEntry', raw, decodeEntry),
  );
}

/** Reads a RecordEventsRequest likewise. */
export function decodeEvents(bytes: Uint8Array): readonly EventEntry[] {
  return split('tollgate.v1.RecordEventsRequest', 'events', bytes).map((raw) =>
    one('tollgate.v1.Event', raw, decodeEvent),
  );
}

function split(typeName: string, field: string, bytes: Uint8Array): readonly Uint8Array[] {
  let found: readonly Uint8Array[];
  try {
    found = submessages(bytes, 1, MAX_ENTRIES + 1);
  } catch (cause) {
    throw malformed(typeName, cause);
  }
  if (found.length <= MAX_ENTRIES) return found;
  const description = 'more than 1,000 in one message';
  throw new TollgateError('INVALID_REQUEST', `${field}: ${description}`, {
    violations: [{ field, description }],
  });
}

function one<E>(typeName: string, raw: Uint8Array, decode: (raw: Uint8Array) => E): E | EventEntry {
  try {
    return decode(raw);
  } catch (cause) {
    return { kind: 'malformed', error: malformed(typeName, cause) };
  }
}

const readScreen = decoderOf(ScreenRequestSchema);
const readEvent = decoderOf(EventSchema);

function decodeEvent(raw: Uint8Array): EventEntry {
  return { kind: 'event', message: readEvent(raw), raw };
}

const reader = new ForwardReader();

/** A field of messages, told by its number and the wire type of what has a length. */
function tagOf(field: number): number {
  return field * 8 + 2;
}

/** The first `limit` of them. */
function submessages(bytes: Uint8Array, field: number, limit: number): readonly Uint8Array[] {
  reader.reset(bytes);
  const found: Uint8Array[] = [];
  while (reader.at < bytes.length && found.length < limit) {
    const tag = reader.tag();
    if (tag === tagOf(field)) found.push(reader.view(bytes.length));
    else reader.skip(tag, bytes.length);
  }
  return found;
}

const SCREEN = tagOf(1);
const EVENT = tagOf(2);

function decodeEntry(bytes: Uint8Array): Entry {
  reader.reset(bytes);
  let kind: 'screen' | 'event' | 'empty' = 'empty';
  let raw: Uint8Array = bytes.subarray(0, 0);
  while (reader.at < bytes.length) {
    const tag = reader.tag();
    if (tag === SCREEN || tag === EVENT) {
      const next = tag === SCREEN ? 'screen' : 'event';
      const part = reader.view(bytes.length);
      // As in every oneof the last member wins; parts of the same member are merged, which bytes do by concatenation.
      raw = kind === next ? Buffer.concat([raw, part]) : part;
      kind = next;
    } else {
      reader.skip(tag, bytes.length);
    }
  }
  switch (kind) {
    case 'screen':
      return { kind, message: readScreen(raw), raw };
    case 'event':
      return { kind, message: readEvent(raw), raw };
    default:
      return { kind };
  }
}
