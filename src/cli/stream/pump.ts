import { createBatchQueue } from './batch-queue.js';
import { runLane, type LaneProtocol } from './lane.js';

/** How a source is spread over streams. */
export interface PumpOptions<Item> {
  /** Streams; items of one lane key keep their order. */
  readonly streams: number;
  /** Items in a message. */
  readonly batch: number;
  /** Items waiting for their answer, all streams together. */
  readonly inFlight: number;
  /** Counted items a second; undefined: as fast as answers come. */
  readonly rate: number | undefined;
  /** What must stay in order. */
  readonly laneKey: (item: Item) => string;
  /** Whether the item counts towards the rate. */
  readonly counts: (item: Item) => boolean;
  /** Whether to read no further; what has been sent is waited for. Default: never. */
  readonly stopped?: () => boolean;
  readonly elapsed: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

const QUEUED_BATCHES = 4;
/** Longest sleep until it is asked again whether to stop, ms. */
const NAP_MS = 100;

function laneOf(key: string, lanes: number): number {
  if (lanes === 1) return 0;
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % lanes;
}

/** Sends everything of a source, in order within a lane. Ends when all is answered; fails with the first that failed. */
export async function pump<Item, Request, Response, Result>(
  source: AsyncIterable<readonly Item[]>,
  protocol: LaneProtocol<Item, Request, Response, Result>,
  options: PumpOptions<Item>,
): Promise<void> {
  const lanes = options.streams;
  // At a given rate, batches are kept small enough to leave some fifty times a second.
  const batch =
    options.rate === undefined
      ? options.batch
      : Math.max(1, Math.min(options.batch, Math.floor(options.rate / 50)));
  const queues = Array.from({ length: lanes }, () => createBatchQueue<readonly Item[]>(QUEUED_BATCHES));
  const filling: Item[][] = Array.from({ length: lanes }, () => []);
  const share = Math.max(1, Math.floor(options.inFlight / lanes));
  let failure: { readonly error: unknown } | undefined;
  const running = queues.map((queue) =>
    runLane(protocol, queue, share).catch((error: unknown) => {
      failure ??= { error };
      for (const other of queues) other.abandon();
    }),
  );
  const start = options.elapsed();
  const stopped = options.stopped ?? (() => false);
  let counted = 0;

  async function flush(lane: number): Promise<void> {
    const items = filling[lane];
    if (items === undefined || items.length === 0) return;
    filling[lane] = [];
    if (options.rate !== undefined) {
      const due = start + (counted / options.rate) * 1000;
      for (let early = due - options.elapsed(); early > 1; early = due - options.elapsed()) {
        if (stopped()) return;
        await options.sleep(Math.min(early, NAP_MS));
      }
      for (const item of items) if (options.counts(item)) counted++;
    }
    await queues[lane]?.put(items);
  }

  try {
    for await (const items of source) {
      if (failure !== undefined || stopped()) break;
      for (const item of items) {
        if (stopped()) break;
        const lane = laneOf(options.laneKey(item), lanes);
        if (filling[lane]?.push(item) === batch) await flush(lane);
      }
    }
  } catch (error) {
    failure ??= { error };
  }
  // What was read before a failing line is still sent: the summary then says how far the file went.
  for (let lane = 0; lane < lanes; lane++) await flush(lane);
  for (const queue of queues) queue.end();
  await Promise.all(running);
  if (failure !== undefined) throw failure.error;
}
