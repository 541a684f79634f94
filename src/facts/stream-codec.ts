import { ATTRIBUTES, STREAM_KINDS } from './attributes.js';
import type { StreamKind } from './attributes.js';
import type { Position, StreamEvent } from './stream.js';

/*
 * version | kind | flags | at | known time | payment time | own amount | base amount | mask length | mask | attribute values
 *
 * Times and amounts are zigzag varints where they are safe integers, else doubles; what equals its neighbour or is
 * unknown is left out and told by a flag. The mask has a bit for each attribute that is present, lowest first; a
 * value takes 7 bytes. Attributes that a later version appended are skipped by their bit.
 */
const VERSION = 1;
const KNOWN_AT_ONCE = 1;
const BASE_UNKNOWN = 2;
const BASE_IS_MINOR = 4;
const DOUBLE_TIMES = 8;
const DOUBLE_AMOUNTS = 16;
const PAID_EARLIER = 32;
const VALUE_BYTES = 7;
const MAX_BYTES = 3 + 5 * 10 + 1 + 32 + ATTRIBUTES.length * VALUE_BYTES;
const TWO_32 = 2 ** 32;

const scratch = new Uint8Array(MAX_BYTES);
const doubles = new Float64Array(1);
const doubleBytes = new Uint8Array(doubles.buffer);
const kindCodes = new Map<StreamKind, number>(STREAM_KINDS.map((kind, code) => [kind, code]));

/** The stored form of an event, its position left out: the store has that in columns of its own. */
export function encodeEvent(event: StreamEvent): Uint8Array {
  return scratch.slice(0, encodeScratch(event));
}

/** The same, good until an event is encoded again: for what is copied at once. */
export function encodeEventView(event: StreamEvent): Uint8Array {
  return scratch.subarray(0, encodeScratch(event));
}

/** Encodes into `scratch`; the end. */
function encodeScratch(event: StreamEvent): number {
  const { at, knownAt, paymentAt, minor, baseMinor, attributes } = event;
  const doubleTimes = !(isCompact(at) && isCompact(knownAt) && isCompact(paymentAt));
  const baseUnknown = Number.isNaN(baseMinor);
  const doubleAmounts = !(isCompact(minor) && (baseUnknown || isCompact(baseMinor)));
  scratch[0] = VERSION;
  scratch[1] = kindCodes.get(event.kind) ?? 0;
  scratch[2] =
    (at === knownAt ? KNOWN_AT_ONCE : 0) |
    (baseUnknown ? BASE_UNKNOWN : 0) |
    (baseMinor === minor ? BASE_IS_MINOR : 0) |
    (doubleTimes ? DOUBLE_TIMES : 0) |
    (doubleAmounts ? DOUBLE_AMOUNTS : 0) |
    (paymentAt === at ? 0 : PAID_EARLIER);
  let end = writeNumber(at, 3, doubleTimes);
  if (at !== knownAt) end = writeNumber(doubleTimes ? knownAt : knownAt - at, end, doubleTimes);
  if (paymentAt !== at) end = writeNumber(doubleTimes ? paymentAt : at - paymentAt, end, doubleTimes);
  end = writeNumber(minor, end, doubleAmounts);
  if (!baseUnknown && baseMinor !== minor) end = writeNumber(baseMinor, end, doubleAmounts);
  return writeAttributes(attributes, end);
}

/** Reads what encodeEvent wrote. Throws on anything else: the store holds nothing but that. */
export function decodeEvent(bytes: Uint8Array, position: Position): StreamEvent {
  if (bytes[0] !== VERSION) throw new Error(`stream event of unknown format ${bytes[0]}`);
  const kind = STREAM_KINDS[byteAt(bytes, 1)];
  if (kind === undefined) throw new Error(`stream event of unknown kind ${bytes[1]}`);
  const flags = byteAt(bytes, 2);
  const doubleTimes = (flags & DOUBLE_TIMES) !== 0;
  const doubleAmounts = (flags & DOUBLE_AMOUNTS) !== 0;
  readEnd = 3;
  const at = readNumber(bytes, doubleTimes);
  let knownAt = at;
  if ((flags & KNOWN_AT_ONCE) === 0) knownAt = readNumber(bytes, doubleTimes) + (doubleTimes ? 0 : at);
  let paymentAt = at;
  if ((flags & PAID_EARLIER) !== 0)
    paymentAt = doubleTimes ? readNumber(bytes, true) : at - readNumber(bytes, false);
  const minor = readNumber(bytes, doubleAmounts);
  let baseMinor = minor;
  if ((flags & BASE_UNKNOWN) !== 0) baseMinor = Number.NaN;
  else if ((flags & BASE_IS_MINOR) === 0) baseMinor = readNumber(bytes, doubleAmounts);
  const attributes = readAttributes(bytes);
  return { log: position.log, seq: position.seq, kind, at, knownAt, paymentAt, baseMinor, minor, attributes };
}

/** Half the safe range: differences of two times stay safe too. */
function isCompact(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < 2 ** 50 && !Object.is(value, -0);
}

function writeNumber(value: number, start: number, asDouble: boolean): number {
  let end = start;
  if (asDouble) {
    doubles[0] = value;
    scratch.set(doubleBytes, end);
    return end + 8;
  }
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  while (rest >= TWO_32) {
    scratch[end++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  let small = rest >>> 0;
  while (small >= 128) {
    scratch[end++] = (small & 127) | 128;
    small >>>= 7;
  }
  scratch[end++] = small;
  return end;
}

function writeAttributes(attributes: readonly number[], start: number): number {
  const maskBytes = (attributes.length + 7) >> 3;
  const mask = start + 1;
  let end = mask + maskBytes;
  scratch[start] = maskBytes;
  scratch.fill(0, mask, end);
  for (let index = 0; index < attributes.length; index++) {
    const value = attributes[index] ?? 0;
    if (value === 0) continue;
    const at = mask + (index >> 3);
    scratch[at] = byteAt(scratch, at) | (1 << (index & 7));
    const high = Math.floor(value / TWO_32);
    const low = value >>> 0;
    scratch[end] = low;
    scratch[end + 1] = low >>> 8;
    scratch[end + 2] = low >>> 16;
    scratch[end + 3] = low >>> 24;
    scratch[end + 4] = high;
    scratch[end + 5] = high >>> 8;
    scratch[end + 6] = high >>> 16;
    end += VALUE_BYTES;
  }
  return end;
}

let readEnd = 0;

function readNumber(bytes: Uint8Array, asDouble: boolean): number {
  if (asDouble) {
    for (let index = 0; index < 8; index++) doubleBytes[index] = byteAt(bytes, readEnd++);
    return doubles[0] ?? 0;
  }
  let value = 0;
  let scale = 1;
  for (;;) {
    const next = byteAt(bytes, readEnd++);
    value += (next & 127) * scale;
    if (next < 128) break;
    scale *= 128;
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function readAttributes(bytes: Uint8Array): number[] {
  const maskBytes = byteAt(bytes, readEnd);
  const mask = readEnd + 1;
  let from = mask + maskBytes;
  const attributes: number[] = [];
  for (let index = 0; index < ATTRIBUTES.length; index++) {
    const at = index >> 3;
    const present = at < maskBytes && (byteAt(bytes, mask + at) & (1 << (index & 7))) !== 0;
    attributes.push(present ? readValue(bytes, from) : 0);
    if (present) from += VALUE_BYTES;
  }
  return attributes;
}

function readValue(bytes: Uint8Array, from: number): number {
  const low =
    byteAt(bytes, from) |
    (byteAt(bytes, from + 1) << 8) |
    (byteAt(bytes, from + 2) << 16) |
    (byteAt(bytes, from + 3) << 24);
  const high = byteAt(bytes, from + 4) | (byteAt(bytes, from + 5) << 8) | (byteAt(bytes, from + 6) << 16);
  return high * TWO_32 + (low >>> 0);
}

/** Reading beyond the end is a damaged record, not a zero. */
function byteAt(bytes: Uint8Array, index: number): number {
  const value = bytes[index];
  if (value === undefined) throw new Error('stream event is cut short');
  return value;
}
