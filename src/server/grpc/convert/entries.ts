import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { ScreenRequest } from '../../../gen/tollgate/v1/decision_service_pb.js';
import { ScreenRequestSchema } from '../../../gen/tollgate/v1/decision_service_pb.js';
import type { Event } from '../../../gen/tollgate/v1/event_service_pb.js';
import { EventSchema } from '../../../gen/tollgate/v1/event_service_pb.js';
import { TollgateError } from '../../../errors/errors.js';
import { decodeMessage, malformed } from '../codec.js';

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

/**
 * Reads a ScreenStreamRequest by hand as far as its entries, since a decoded message no longer has the bytes it was
 * made of. Throws INVALID_REQUEST when not even the entries can be told apart.
 */
export function decodeEntries(bytes: Uint8Array): readonly Entry[] {
  return split('tollgate.v1.ScreenStreamRequest', bytes).map((raw) =>
    one('tollgate.v1.StreamEntry', raw, decodeEntry),
  );
}

/** Reads a RecordEventsRequest likewise. */
export function decodeEvents(bytes: Uint8Array): readonly EventEntry[] {
  return split('tollgate.v1.RecordEventsRequest', bytes).map((raw) =>
    one('tollgate.v1.Event', raw, decodeEvent),
  );
}

function split(typeName: string, bytes: Uint8Array): readonly Uint8Array[] {
  try {
    return submessages(bytes, 1);
  } catch (cause) {
    throw malformed(typeName, cause);
  }
}

function one<E>(typeName: string, raw: Uint8Array, decode: (raw: Uint8Array) => E): E | EventEntry {
  try {
    return decode(raw);
  } catch (cause) {
    return { kind: 'malformed', error: cause instanceof TollgateError ? cause : malformed(typeName, cause) };
  }
}

function decodeEvent(raw: Uint8Array): EventEntry {
  return { kind: 'event', message: decodeMessage(EventSchema, raw), raw };
}

function submessages(bytes: Uint8Array, field: number): readonly Uint8Array[] {
  const reader = new BinaryReader(bytes);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number === field && type === WireType.LengthDelimited) found.push(reader.bytes());
    else reader.skip(type, number);
  }
  return found;
}

function decodeEntry(bytes: Uint8Array): Entry {
  const reader = new BinaryReader(bytes);
  let kind: 'screen' | 'event' | 'empty' = 'empty';
  let raw: Uint8Array = bytes.subarray(0, 0);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if ((number === 1 || number === 2) && type === WireType.LengthDelimited) {
      const next = number === 1 ? 'screen' : 'event';
      const part = reader.bytes();
      // As in every oneof the last member wins; parts of the same member are merged, which bytes do by concatenation.
      raw = kind === next ? Buffer.concat([raw, part]) : part;
      kind = next;
    } else {
      reader.skip(type, number);
    }
  }
  switch (kind) {
    case 'screen':
      return { kind, message: decodeMessage(ScreenRequestSchema, raw), raw };
    case 'event':
      return { kind, message: decodeMessage(EventSchema, raw), raw };
    default:
      return { kind };
  }
}
