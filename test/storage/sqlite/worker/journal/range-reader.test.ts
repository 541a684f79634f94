import { expect, it } from 'vitest';
import { Unpacker } from '../../../../../src/storage/sqlite/journal/packing.js';
import { EventBlock, packBlock } from '../../../../../src/storage/sqlite/worker/journal/event-block.js';
import type {
  EventBlocks,
  EventPlace,
} from '../../../../../src/storage/sqlite/worker/journal/event-blocks.js';
import { readRanges } from '../../../../../src/storage/sqlite/worker/journal/range-reader.js';

type Source = Parameters<typeof readRanges>[0];

/** Every entry carries the keys 1 and 2; what was found is gone with the next question. */
function blocksOf(seqs: readonly number[]): Pick<EventBlocks, 'find'> {
  let last: Uint8Array | undefined;
  return {
    find(seq): EventPlace | undefined {
      last?.fill(0);
      if (!seqs.includes(seq)) return undefined;
      const keys = Uint8Array.from([1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0]);
      last = packBlock([{ seq, at: seq, knownAt: seq, keys, event: Uint8Array.from([seq]) }]);
      return { block: new EventBlock(last), index: 0 };
    },
  };
}

it('short ranges: holds on to no block that it has read', () => {
  const of: Readonly<Record<number, readonly number[]>> = { 1: [10, 20, 30], 2: [20, 30, 40], 3: [30] };
  const source = {
    index: {
      *oldestFirst(key: number) {
        yield of[key] ?? [];
      },
    },
    segments: { latest: () => Infinity, latestOf: () => Infinity },
    events: blocksOf([10, 20, 30]),
  } as unknown as Source;
  const send = Object.assign(() => undefined, { full: false });
  const wanted = {
    keys: Float64Array.of(1, 2, 3),
    froms: Float64Array.of(15, -Infinity, -Infinity),
    longest: 4096,
  };
  const reading = readRanges(source, send, wanted);
  let step = reading.next();
  while (step.done !== true) step = reading.next();
  const shared = new Unpacker(step.value.shared);
  const seqs = Array.from({ length: shared.u32() }, () => {
    const seq = shared.f64();
    expect([...shared.bytes(shared.u32())]).toEqual([seq]);
    return seq;
  });
  expect(seqs).toEqual([10, 20, 30]);
  const ranges = Array.from({ length: 3 }, () => {
    const range = shared.u32();
    return [range, Array.from({ length: shared.u32() }, () => seqs[shared.u32()])];
  });
  // Too old, gone, and no such key after all.
  expect(ranges).toEqual([
    [0, [20, 30]],
    [1, [20, 30]],
    [2, []],
  ]);
});
