import type { WireRanges } from '../../journal/wire.js';
import type { KeyIndex } from '../../key-index/key-index.js';
import { Packer } from '../../journal/packing.js';
import type { EventPlace, EventBlocks } from './event-blocks.js';
import type { Segments } from './segments.js';
import type { PartSink } from '../work.js';

/** Events looked at in one slice. */
const SLICE_EVENTS = 1024;
/** A range with more entries than this is sent by itself, in parts. */
const SHORT = 64;
/** Places gathered before any is read. */
const GATHERED = 8192;
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

/** Ranges as they are asked for. */
export interface WantedRanges {
  readonly keys: Float64Array;
  readonly froms: Float64Array;
  /** A range with more entries than this is left unread. */
  readonly longest: number;
}

/**
 * Reads ranges. The few entries of a payer come under his card, his e-mail, his device and more: of short ranges every
 * entry is read and sent once. Longer ranges go ahead in parts, so that neither side ever holds much of them.
 */
export function* readRanges(
  source: Source,
  send: PartSink,
  { keys, froms, longest }: WantedRanges,
): Generator<void, WireRanges> {
  const short: Wanted[] = [];
  const long: number[] = [];
  const part = new PartWriter(source.events, send);
  for (const [range, key] of keys.entries()) {
    const from = froms[range] ?? -Infinity;
    const gathered = gather(source, key, from, Math.min(longest, GATHERED));
    if (gathered !== undefined && gathered.length <= SHORT) {
      if (gathered.length > 0) short.push({ range, key, from, seqs: gathered });
    } else if (gathered !== undefined) {
      yield* part.add({ range, key, from, seqs: gathered });
    } else if (longest < Infinity) {
      long.push(range);
    } else {
      for (const seqs of candidates(source, key, from)) yield* part.add({ range, key, from, seqs });
    }
  }
  const shared = yield* readShared(source.events, short);
  return { ranges: part.take(), shared, long };
}

/** The entries that a range can have; undefined when there are more than `most`. */
function gather(source: Source, key: number, from: number, most: number): number[] | undefined {
  const gathered: number[] = [];
  for (const seqs of candidates(source, key, from)) {
    if (gathered.length + seqs.length > most) return undefined;
    gathered.push(...seqs);
  }
  return gathered;
}

/** The entries that a range can have, in parts: what is too old as a whole is left out. */
function* candidates({ index, segments }: Source, key: number, from: number): Generator<readonly number[]> {
  for (const seqs of index.oldestFirst(key, (run) => segments.latestOf(run) <= from)) {
    const wanted = seqs.filter((seq) => segments.latest(seq) > from);
    if (wanted.length > 0) yield wanted;
  }
}

/** Short ranges: each entry once, then which of them belong to which range. Holds no blocks: there may be thousands. */
function* readShared(
  events: EventBlocks,
  short: readonly Wanted[],
): Generator<void, Uint8Array<ArrayBuffer>> {
  const ranges = short.map((wanted) => ({ ...wanted, places: [] as number[] }));
  const bySeq = new Map<number, typeof ranges>();
  for (const range of ranges)
    for (const seq of range.seqs) {
      const others = bySeq.get(seq);
      if (others === undefined) bySeq.set(seq, [range]);
      else others.push(range);
    }
  const packer = new Packer(bySeq.size * 256 + 64);
  packer.u32(bySeq.size);
  let count = 0;
  for (const [index, seq] of [...bySeq.keys()].sort((a, b) => a - b).entries()) {
    if (index % SLICE_EVENTS === SLICE_EVENTS - 1) yield;
    const found = events.find(seq);
    if (found === undefined) continue;
    packEvent(packer, found);
    for (const { key, from, places } of bySeq.get(seq) ?? []) if (fits(found, key, from)) places.push(count);
    count += 1;
  }
  packer.patchU32(0, count);
  for (const { range, places } of ranges) {
    packer.u32(range);
    packer.u32(places.length);
    for (const place of places) packer.u32(place);
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
