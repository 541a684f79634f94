import type { WireRanges } from '../journal-wire.js';
import type { KeyIndex } from '../key-index/key-index.js';
import { Packer } from '../packing.js';
import type { EventPlace, EventBlocks } from './event-blocks.js';
import type { Segments } from './segments.js';
import type { PartSink } from './work.js';

/** Events looked at in one slice. */
const SLICE_EVENTS = 1024;
/** A range with more entries than this is sent by itself, in parts. */
const SHORT = 64;
/** Bytes of one part. */
const PART_BYTES = 64 * 1024;

/** What ranges are read from. */
interface Source {
  readonly index: KeyIndex;
  readonly segments: Segments;
  readonly events: EventBlocks;
}

interface Wanted {
  readonly range: number;
  readonly key: number;
  readonly from: number;
  readonly seqs: readonly number[];
}

/**
 * Reads ranges. The few entries of a payer come under his card, his e-mail, his device and more: of short ranges every
 * entry is read and sent once. Long ranges go ahead in parts, so that neither side ever holds much of them.
 */
export function* readRanges(
  source: Source,
  send: PartSink,
  keys: Float64Array,
  froms: Float64Array,
): Generator<void, WireRanges> {
  const { index, segments } = source;
  const short: Wanted[] = [];
  const part = new PartWriter(source.events, send);
  for (const [range, key] of keys.entries()) {
    const from = froms[range] ?? -Infinity;
    let gathered: number[] | undefined = [];
    for (const seqs of index.oldestFirst(key)) {
      const wanted = seqs.filter((seq) => segments.latest(seq) > from);
      if (gathered && gathered.length + wanted.length <= SHORT) {
        gathered.push(...wanted);
        continue;
      }
      yield* part.add({ range, key, from, seqs: gathered ? [...gathered, ...wanted] : wanted });
      gathered = undefined;
    }
    if (gathered && gathered.length > 0) short.push({ range, key, from, seqs: gathered });
  }
  const shared = yield* readShared(source.events, short);
  return { ranges: part.take(), shared };
}

/** Short ranges: each entry once, then which of them belong to which range. */
function* readShared(
  events: EventBlocks,
  wanted: readonly Wanted[],
): Generator<void, Uint8Array<ArrayBuffer>> {
  const seqs = [...new Set(wanted.flatMap((one) => one.seqs))].sort((a, b) => a - b);
  const packer = new Packer(seqs.length * 256 + 64);
  const places = new Map<number, EventPlace & { readonly place: number }>();
  packer.u32(seqs.length);
  for (const [index, seq] of seqs.entries()) {
    if (index % SLICE_EVENTS === SLICE_EVENTS - 1) yield;
    const found = events.find(seq);
    if (found === undefined) continue;
    places.set(seq, { ...found, place: places.size });
    packEvent(packer, found);
  }
  packer.patchU32(0, places.size);
  for (const { range, key, from, seqs: own } of wanted) {
    const fitting = own.flatMap((seq) => {
      const found = places.get(seq);
      return found && fits(found, key, from) ? [found.place] : [];
    });
    packer.u32(range);
    packer.u32(fitting.length);
    for (const place of fitting) packer.u32(place);
  }
  return packer.take();
}

/** Gathers long ranges and sends them off when a part is full. */
class PartWriter {
  readonly #events: EventBlocks;
  readonly #send: PartSink;
  #packer = new Packer(256);

  constructor(events: EventBlocks, send: PartSink) {
    this.#events = events;
    this.#send = send;
  }

  *add({ range, key, from, seqs }: Wanted): Generator<void> {
    for (let start = 0; start < seqs.length; start += SLICE_EVENTS) {
      this.#packer.u32(range);
      const countAt = this.#packer.length;
      this.#packer.u32(0);
      let count = 0;
      const end = Math.min(start + SLICE_EVENTS, seqs.length);
      for (let index = start; index < end; index++) {
        const found = this.#events.find(seqs[index] ?? 0);
        if (found === undefined || !fits(found, key, from)) continue;
        packEvent(this.#packer, found);
        count += 1;
      }
      this.#packer.patchU32(countAt, count);
      if (this.#packer.length > PART_BYTES) {
        const bytes = this.#packer.take();
        this.#send(bytes, bytes.buffer);
        this.#packer = new Packer(PART_BYTES * 2);
      }
      do yield;
      while (this.#send.full);
    }
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#packer.take();
  }
}

/** Whether an event carries the key (the index may be wrong about that) and has a time after `from`. */
function fits({ block, index }: EventPlace, key: number, from: number): boolean {
  return block.latest(index) > from && block.hasKey(index, key);
}

function packEvent(packer: Packer, { block, index }: EventPlace): void {
  const event = block.event(index);
  packer.f64(block.seq(index));
  packer.u32(event.length);
  packer.bytes(event);
}
