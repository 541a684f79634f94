import type { DecisionPayload, JournalEntry, StoredEntry } from '../../../decisions/ports.js';
import { decodeEvent, encodeEvent } from '../../../facts/stream-codec.js';
import type { StreamEvent } from '../../../facts/stream.js';
import type { Outcome } from '../../../rules/outcome.js';

/**
 * An entry of the journal as it is stored. Names have one letter since there are millions of them, and so that reading
 * them back needs no general BSON parser (see readEntry).
 */
export interface EntryDocument {
  readonly _id: string;
  /** Log. */
  readonly l: number;
  /** Sequence in the log. */
  readonly n: number;
  /** The later of event time and known time, epoch ms: what windows and lists are bounded by. */
  readonly m: number;
  /** Keys. */
  readonly k: readonly number[];
  /** Event, by stream-codec. */
  readonly e: Uint8Array;
  /** Event time, epoch ms. Here and below: decisions only. */
  readonly a?: number;
  readonly s?: string;
  /** Request id. */
  readonly q?: string;
  readonly o?: Outcome;
  readonly d?: boolean;
  /** Decided at, epoch ms. */
  readonly t?: number;
  /** Record. */
  readonly r?: string;
  /** Trace. */
  readonly x?: string;
  /** Personal part. */
  readonly p?: Uint8Array;
  /** Reports only: bytes that say the message. */
  readonly b?: Uint8Array;
  /** Alias, where there is one. */
  readonly c?: string;
}

/**
 * Holds an alias for an entry, so that the primary key sees to it that no other has it: no part of any log. It is there
 * before its entry, and may stay without one that was never stored.
 */
export interface AliasDocument {
  readonly _id: string;
  /** The entry. */
  readonly c: string;
}

/** The stored form of an entry. */
export function entryDocument(entry: JournalEntry): EntryDocument {
  const { event, decision, report, alias } = entry;
  const { id: _id, keys: k } = entry;
  const { log: l, seq: n } = event;
  const m = Math.max(event.at, event.knownAt);
  const e = encodeEvent(event);
  // Field by field: spreading makes objects of several times the size, and a thousand wait for the server.
  if (decision) {
    return {
      _id,
      l,
      n,
      m,
      k,
      e,
      a: event.at,
      s: decision.site,
      q: decision.requestId,
      o: decision.outcome,
      d: decision.degraded,
      t: decision.decidedAt,
      r: decision.record,
      x: decision.trace,
      p: decision.personal,
    };
  }
  return { _id, l, n, m, k, e, ...(report && { b: report }), ...(alias !== undefined && { c: alias }) };
}

/** A stored event with the keys that were asked for along with it. */
export interface KeyedEvent {
  readonly event: StreamEvent;
  readonly keys: readonly number[];
}

/** Reads a raw entry of which at least l, n and e (and k) are there. */
export function readKeyedEvent(raw: Uint8Array): KeyedEvent {
  const fields = readFields(raw);
  return { event: eventOf(fields), keys: fields.k };
}

/** Reads a whole raw entry. Nothing of it refers to `raw` afterwards. */
export function readEntry(raw: Uint8Array): StoredEntry {
  return entryOf(readFields(raw));
}

/** Reads what stands under an id: an entry, or an alias. */
export function readNamed(raw: Uint8Array): StoredEntry | AliasDocument {
  const fields = readFields(raw);
  const { id, c, e } = fields;
  return e === undefined && c !== undefined ? { _id: id, c } : entryOf(fields);
}

function entryOf(fields: Fields): StoredEntry {
  const { id, o, p, b } = fields;
  const decision: DecisionPayload | undefined =
    o === undefined
      ? undefined
      : {
          site: fields.s,
          requestId: fields.q,
          outcome: o as Outcome,
          degraded: fields.d,
          decidedAt: fields.t,
          record: fields.r,
          trace: fields.x,
          personal: p === undefined ? new Uint8Array() : p.slice(),
        };
  return { id, alias: fields.c, event: eventOf(fields), keys: fields.k, decision, report: b?.slice() };
}

interface Fields {
  id: string;
  l: number;
  n: number;
  k: number[];
  e: Uint8Array | undefined;
  s: string;
  q: string;
  o: string | undefined;
  d: boolean;
  t: number;
  r: string;
  x: string;
  p: Uint8Array | undefined;
  b: Uint8Array | undefined;
  c: string | undefined;
}

function eventOf({ e, l, n }: Fields): StreamEvent {
  if (e === undefined) throw new Error('entry without event');
  return decodeEvent(e, { log: l, seq: n });
}

const DOUBLE = 0x01;
const STRING = 0x02;
const DOCUMENT = 0x03;
const ARRAY = 0x04;
const BINARY = 0x05;
const BOOLEAN = 0x08;
const INT32 = 0x10;
const INT64 = 0x12;

/** Walks the elements of a BSON document by their one-letter names; `_id` is the only longer one. */
function readFields(raw: Uint8Array): Fields {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const fields: Fields = {
    id: '',
    l: 0,
    n: 0,
    k: [],
    e: undefined,
    s: '',
    q: '',
    o: undefined,
    d: false,
    t: 0,
    r: '',
    x: '',
    p: undefined,
    b: undefined,
    c: undefined,
  };
  let at = 4;
  for (let type = bytes[at] ?? 0; type !== 0; type = bytes[at] ?? 0) {
    const name = bytes[at + 1];
    const value = bytes.indexOf(0, at + 1) + 1;
    switch (name) {
      case 0x5f:
        fields.id = text(bytes, type, value);
        break;
      case 0x6c:
        fields.l = number(bytes, type, value);
        break;
      case 0x6e:
        fields.n = number(bytes, type, value);
        break;
      case 0x6b:
        fields.k = numbers(bytes, type, value);
        break;
      case 0x65:
        fields.e = binary(bytes, type, value);
        break;
      case 0x73:
        fields.s = text(bytes, type, value);
        break;
      case 0x71:
        fields.q = text(bytes, type, value);
        break;
      case 0x6f:
        fields.o = text(bytes, type, value);
        break;
      case 0x64:
        fields.d = bytes[value] === 1;
        break;
      case 0x74:
        fields.t = number(bytes, type, value);
        break;
      case 0x72:
        fields.r = text(bytes, type, value);
        break;
      case 0x78:
        fields.x = text(bytes, type, value);
        break;
      case 0x70:
        fields.p = binary(bytes, type, value);
        break;
      case 0x62:
        fields.b = binary(bytes, type, value);
        break;
      case 0x63:
        fields.c = text(bytes, type, value);
        break;
      default:
        break;
    }
    at = value + sizeOf(bytes, type, value);
  }
  return fields;
}

function sizeOf(bytes: Buffer, type: number, at: number): number {
  switch (type) {
    case DOUBLE:
    case INT64:
      return 8;
    case INT32:
      return 4;
    case BOOLEAN:
      return 1;
    case STRING:
      return 4 + bytes.readInt32LE(at);
    case BINARY:
      return 5 + bytes.readInt32LE(at);
    case DOCUMENT:
    case ARRAY:
      return bytes.readInt32LE(at);
    default:
      throw new Error(`entry with a field of BSON type ${type}`);
  }
}

function number(bytes: Buffer, type: number, at: number): number {
  if (type === DOUBLE) return bytes.readDoubleLE(at);
  if (type === INT32) return bytes.readInt32LE(at);
  if (type === INT64) return Number(bytes.readBigInt64LE(at));
  throw new Error(`entry with BSON type ${type} in place of a number`);
}

function text(bytes: Buffer, type: number, at: number): string {
  if (type !== STRING) throw new Error(`entry with BSON type ${type} in place of a string`);
  return bytes.toString('utf8', at + 4, at + 3 + bytes.readInt32LE(at));
}

function binary(bytes: Buffer, type: number, at: number): Uint8Array {
  if (type !== BINARY) throw new Error(`entry with BSON type ${type} in place of bytes`);
  const start = at + 5;
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, bytes.readInt32LE(at));
}

function numbers(bytes: Buffer, type: number, start: number): number[] {
  if (type !== ARRAY) throw new Error(`entry with BSON type ${type} in place of an array`);
  const values: number[] = [];
  let at = start + 4;
  for (let item = bytes[at] ?? 0; item !== 0; item = bytes[at] ?? 0) {
    const value = bytes.indexOf(0, at + 1) + 1;
    values.push(number(bytes, item, value));
    at = value + sizeOf(bytes, item, value);
  }
  return values;
}
