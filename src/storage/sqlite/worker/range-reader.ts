import type { WireRanges } from '../journal-wire.js';
import type { KeyIndex } from '../key-index/key-index.js';
import { Packer, hasKey } from '../packing.js';
import type { EntryRows, EventRow } from './entry-rows.js';
import type { Segments } from './segments.js';
import type { PartSink } from './work.js';

/** Rows read in one slice. */
const SLICE_ROWS = 256;
/** A range with more entries than this is sent by itself, in parts. */
const SHORT = 64;
/** Bytes of one part. */
const PART_BYTES = 256 * 1024;

/** What ranges are read from. */
interface Source {
  readonly index: KeyIndex;
  readonly segments: Segments;
  readonly rows: EntryRows;
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
  const part = new PartWriter(source.rows, send);
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
  const shared = yield* readShared(source.rows, short);
  return { ranges: part.take(), shared };
}

/** Short ranges: each entry once, then which of them belong to which range. */
function* readShared(rows: EntryRows, wanted: readonly Wanted[]): Generator<void, Uint8Array<ArrayBuffer>> {
  const seqs = [...new Set(wanted.flatMap((one) => one.seqs))].sort((a, b) => a - b);
  const packer = new Packer(seqs.length * 256 + 64);
  const places = new Map<number, { readonly row: EventRow; readonly place: number }>();
  packer.u32(seqs.length);
  for (let start = 0; start < seqs.length; start += SLICE_ROWS) {
    if (start > 0) yield;
    for (const row of rows.events(seqs.slice(start, start + SLICE_ROWS), -Infinity)) {
      places.set(row.seq, { row, place: places.size });
      packEvent(packer, row);
    }
  }
  packer.patchU32(0, places.size);
  for (const { range, key, from, seqs: own } of wanted) {
    const fitting = own.flatMap((seq) => {
      const found = places.get(seq);
      return found && found.row.latest > from && hasKey(found.row.keys, key) ? [found.place] : [];
    });
    packer.u32(range);
    packer.u32(fitting.length);
    for (const place of fitting) packer.u32(place);
  }
  return packer.take();
}

/** Gathers long ranges and sends them off when a part is full. */
class PartWriter {
  readonly #rows: EntryRows;
  readonly #send: PartSink;
  #packer = new Packer(256);

  constructor(rows: EntryRows, send: PartSink) {
    this.#rows = rows;
    this.#send = send;
  }

  *add({ range, key, from, seqs }: Wanted): Generator<void> {
    for (let start = 0; start < seqs.length; start += SLICE_ROWS) {
      const events = this.#rows
        .events(seqs.slice(start, start + SLICE_ROWS), from)
        .filter((row) => hasKey(row.keys, key));
      this.#packer.u32(range);
      this.#packer.u32(events.length);
      for (const row of events) packEvent(this.#packer, row);
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

function packEvent(packer: Packer, { seq, event }: EventRow): void {
  packer.f64(seq);
  packer.u32(event.length);
  packer.bytes(event);
}
