import { counted } from '../counted.js';
import { CliError, EXIT } from '../exit.js';
import type { BatchQueue } from './batch-queue.js';

/** How batches are sent over one stream whose answers come in order, one for each item. */
export interface LaneProtocol<Item, Request, Response, Result> {
  open(requests: AsyncIterable<Request>): AsyncIterable<Response>;
  request(items: readonly Item[]): Request;
  results(response: Response): readonly Result[];
  /** Milliseconds since some moment. */
  elapsed(): number;
  /** Called for every item in order; `ms` is the time from sending its batch to its answer. */
  answered(item: Item, result: Result, ms: number): void;
}

interface Sent<Item> {
  readonly items: readonly Item[];
  readonly at: number;
  /** Items answered already. */
  answered: number;
}

/**
 * Sends batches over one stream, with at most `inFlight` items (but at least one batch) waiting for their answer.
 * Ends when the queue has ended and everything is answered; fails when the stream does.
 */
export async function runLane<Item, Request, Response, Result>(
  protocol: LaneProtocol<Item, Request, Response, Result>,
  queue: BatchQueue<readonly Item[]>,
  inFlight: number,
): Promise<void> {
  const waiting: Sent<Item>[] = [];
  const state = { open: 0, over: false, sentAll: false };
  let roomCame: (() => void) | undefined;
  const signalRoom = (): void => {
    roomCame?.();
    roomCame = undefined;
  };

  // Not opened for nothing: a source that fails at once need not wait for a server that does not answer.
  const first = await queue.take();
  if (first === undefined) return;

  async function* requests(): AsyncGenerator<Request> {
    for (let batch = first; batch !== undefined; batch = await queue.take()) {
      while (state.open > 0 && state.open + batch.length > inFlight && !state.over) {
        await new Promise<void>((resolve) => {
          roomCame = resolve;
        });
      }
      if (state.over) return;
      state.open += batch.length;
      waiting.push({ items: batch, at: protocol.elapsed(), answered: 0 });
      yield protocol.request(batch);
    }
    state.sentAll = true;
  }

  try {
    for await (const response of protocol.open(requests())) {
      const now = protocol.elapsed();
      for (const result of protocol.results(response)) {
        const sent = waiting[0];
        const item = sent?.items[sent.answered];
        if (sent === undefined || item === undefined) {
          throw new CliError(EXIT.refused, 'PROTOCOL', 'the server answered more than it was asked');
        }
        protocol.answered(item, result, now - sent.at);
        state.open--;
        if (++sent.answered === sent.items.length) waiting.shift();
      }
      signalRoom();
    }
    if (state.open > 0 || !state.sentAll) {
      throw new CliError(
        EXIT.unreachable,
        'CUT_OFF',
        `the server ended the stream early: ${counted(state.open, 'answer')} missing`,
      );
    }
  } finally {
    state.over = true;
    signalRoom();
    queue.abandon();
  }
}
