import type { JournalEntry, StoredEntry } from '../../../decisions/ports.js';
import { decodeEvent, encodeEventView } from '../../../facts/stream-codec.js';
import { OUTCOMES } from '../../../rules/outcome.js';

/*
 * Entries on their way between the main thread and the worker: one buffer for many, handed over without a copy.
 *
 *   seq f64 | at f64 | known f64 | decided f64 | flags u8 | outcome u8 | lengths u32 x 8 | parts
 */
const HAS_DECISION = 1;
const DEGRADED = 2;
const HAS_REPORT = 4;
const LENGTHS_AT = 34;
const HEADER = LENGTHS_AT + 8 * 4;
/** A key as it is stored: 53 bits, lowest byte first. */
export const KEY_BYTES = 7;
const TWO_32 = 2 ** 32;

/** The columns of an entry, as they are bound and read. */
export interface EntryRow {
  readonly seq: number;
  readonly at: number;
  readonly knownAt: number;
  readonly id: string;
  /** Reports only. */
  readonly alias: string | null;
  readonly keys: Uint8Array;
  readonly event: Uint8Array;
  readonly site: string | null;
  /** Index into OUTCOMES; null for a report. */
  readonly outcome: number | null;
  readonly degraded: number | null;
  readonly decidedAt: number | null;
  readonly requestId: string | null;
  readonly record: Uint8Array | null;
  readonly trace: Uint8Array | null;
  readonly personal: Uint8Array | null;
  readonly report: Uint8Array | null;
}

/** A buffer that grows, of its own memory, so that it can be handed over. */
export class Packer {
  #buffer: Buffer;
  #end = 0;

  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafeSlow(size);
  }

  get length(): number {
    return this.#end;
  }

  /** The bytes packed so far; the packer is done with them. */
  take(): Uint8Array<ArrayBuffer> {
    const { buffer } = this.#buffer;
    return new Uint8Array(buffer as ArrayBuffer, 0, this.#end);
  }

  #reserve(bytes: number): number {
    const start = this.#end;
    this.#end += bytes;
    if (this.#end > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#end, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, start);
      this.#buffer = larger;
    }
    return start;
  }

  u32(value: number): void {
    const at = this.#reserve(4);
    this.#buffer.writeUInt32LE(value, at);
  }

  /** Writes over a number at a place written before. */
  patchU32(at: number, value: number): void {
    this.#buffer.writeUInt32LE(value, at);
  }

  f64(value: number): void {
    const at = this.#reserve(8);
    this.#buffer.writeDoubleLE(value, at);
  }

  bytes(value: Uint8Array): void {
    const at = this.#reserve(value.length);
    this.#buffer.set(value, at);
  }

  /** Packs an entry as the pipeline hands it in. */
  entry(entry: JournalEntry): void {
    const { event, decision, report, alias } = entry;
    const start = this.#header(event.seq, event.at, event.knownAt, decision?.decidedAt ?? 0);
    const flags =
      (decision ? HAS_DECISION : 0) |
      (decision?.degraded === true ? DEGRADED : 0) |
      (report ? HAS_REPORT : 0);
    this.#buffer[start + 32] = flags;
    this.#buffer[start + 33] = decision ? OUTCOMES.indexOf(decision.outcome) : 0;
    this.#text(start, 0, entry.id);
    this.#keys(start, entry.keys);
    this.#part(start, 2, encodeEventView(event));
    this.#text(start, 3, decision?.site ?? '');
    this.#text(start, 4, decision?.requestId ?? alias ?? '');
    this.#text(start, 5, decision?.record ?? '');
    this.#text(start, 6, decision?.trace ?? '');
    this.#part(start, 7, (decision ? decision.personal : report) ?? NOTHING);
    if (decision && (report || alias !== undefined)) throw new Error('an entry is a decision or a report');
  }

  /** Packs an entry as it is stored. */
  row(row: EntryRow): void {
    const start = this.#header(row.seq, row.at, row.knownAt, row.decidedAt ?? 0);
    this.#buffer[start + 32] =
      (row.outcome === null ? 0 : HAS_DECISION) |
      (row.degraded === 1 ? DEGRADED : 0) |
      (row.report === null ? 0 : HAS_REPORT);
    this.#buffer[start + 33] = row.outcome ?? 0;
    this.#text(start, 0, row.id);
    this.#part(start, 1, row.keys);
    this.#part(start, 2, row.event);
    this.#text(start, 3, row.site ?? '');
    this.#text(start, 4, row.requestId ?? row.alias ?? '');
    this.#part(start, 5, row.record ?? NOTHING);
    this.#part(start, 6, row.trace ?? NOTHING);
    this.#part(start, 7, row.personal ?? row.report ?? NOTHING);
  }

  #header(seq: number, at: number, knownAt: number, decidedAt: number): number {
    const start = this.#reserve(HEADER);
    const buffer = this.#buffer;
    buffer.writeDoubleLE(seq, start);
    buffer.writeDoubleLE(at, start + 8);
    buffer.writeDoubleLE(knownAt, start + 16);
    buffer.writeDoubleLE(decidedAt, start + 24);
    return start;
  }

  #part(start: number, index: number, value: Uint8Array): void {
    const at = this.#reserve(value.length);
    this.#buffer.set(value, at);
    this.#buffer.writeUInt32LE(value.length, start + LENGTHS_AT + index * 4);
  }

  #text(start: number, index: number, value: string): void {
    const room = value.length * 3;
    const at = this.#reserve(room);
    const length = value === '' ? 0 : this.#buffer.write(value, at, 'utf8');
    this.#end = at + length;
    this.#buffer.writeUInt32LE(length, start + LENGTHS_AT + index * 4);
  }

  #keys(start: number, keys: readonly number[]): void {
    let at = this.#reserve(keys.length * KEY_BYTES);
    const buffer = this.#buffer;
    buffer.writeUInt32LE(keys.length * KEY_BYTES, start + LENGTHS_AT + 4);
    for (const key of keys) {
      const high = Math.floor(key / TWO_32);
      buffer.writeUInt32LE(key >>> 0, at);
      buffer[at + 4] = high;
      buffer[at + 5] = high >>> 8;
      buffer[at + 6] = high >>> 16;
      at += KEY_BYTES;
    }
  }
}

/** Reads a buffer from its start to its end. */
export class Unpacker {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get done(): boolean {
    return this.#at >= this.#buffer.length;
  }

  u32(): number {
    this.#at += 4;
    return this.#buffer.readUInt32LE(this.#at - 4);
  }

  f64(): number {
    this.#at += 8;
    return this.#buffer.readDoubleLE(this.#at - 8);
  }

  /** A view of the next bytes. */
  bytes(length: number): Buffer {
    this.#at += length;
    return this.#buffer.subarray(this.#at - length, this.#at);
  }

  /** The next entry as columns: views into the buffer. */
  row(): EntryRow {
    const start = this.#at;
    const buffer = this.#buffer;
    const flags = buffer[start + 32] ?? 0;
    const decided = (flags & HAS_DECISION) !== 0;
    this.#at = start + HEADER;
    const id = this.#text(start, 0);
    const keys = this.#part(start, 1);
    const event = this.#part(start, 2);
    const site = this.#text(start, 3);
    const name = this.#text(start, 4);
    const record = this.#part(start, 5);
    const trace = this.#part(start, 6);
    const last = this.#part(start, 7);
    return {
      seq: buffer.readDoubleLE(start),
      at: buffer.readDoubleLE(start + 8),
      knownAt: buffer.readDoubleLE(start + 16),
      id,
      alias: decided || name === '' ? null : name,
      keys,
      event,
      site: decided ? site : null,
      outcome: decided ? (buffer[start + 33] ?? 0) : null,
      degraded: decided ? ((flags & DEGRADED) !== 0 ? 1 : 0) : null,
      decidedAt: decided ? buffer.readDoubleLE(start + 24) : null,
      requestId: decided ? name : null,
      record: decided ? record : null,
      trace: decided ? trace : null,
      personal: decided ? last : null,
      report: (flags & HAS_REPORT) !== 0 ? last : null,
    };
  }

  #part(start: number, index: number): Buffer {
    return this.bytes(this.#buffer.readUInt32LE(start + LENGTHS_AT + index * 4));
  }

  #text(start: number, index: number): string {
    return this.#part(start, index).toString('utf8');
  }
}

/** An entry from its columns; copies what it keeps. */
export function entryOf(row: EntryRow, log: number): StoredEntry {
  const outcome = row.outcome === null ? undefined : OUTCOMES[row.outcome];
  return {
    id: row.id,
    alias: row.alias ?? undefined,
    event: decodeEvent(row.event, { log, seq: row.seq }),
    keys: keysOf(row.keys),
    decision:
      outcome === undefined
        ? undefined
        : {
            site: row.site ?? '',
            requestId: row.requestId ?? '',
            outcome,
            degraded: row.degraded === 1,
            decidedAt: row.decidedAt ?? 0,
            record: text(row.record),
            trace: text(row.trace),
            personal: Uint8Array.from(row.personal ?? NOTHING),
          },
    report: row.report === null ? undefined : Uint8Array.from(row.report),
  };
}

/** The keys of a row. */
export function keysOf(bytes: Uint8Array): number[] {
  const keys: number[] = [];
  for (let at = 0; at + KEY_BYTES <= bytes.length; at += KEY_BYTES) keys.push(keyAt(bytes, at));
  return keys;
}

const NOTHING = new Uint8Array(0);

function keyAt(bytes: Uint8Array, at: number): number {
  const byte = (index: number): number => bytes[at + index] ?? 0;
  const low = byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24);
  return (byte(4) | (byte(5) << 8) | (byte(6) << 16)) * TWO_32 + (low >>> 0);
}

function text(bytes: Uint8Array | null): string {
  if (bytes === null) return '';
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
