import { Connection } from './connection.js';
import type { Requests } from './request-file.js';
import type { LoadResult } from './tally.js';
import { Tally } from './tally.js';

/** How unary calls are made. */
export interface UnaryLoad {
  readonly address: string;
  readonly path: string;
  readonly requests: Requests;
  /** Message of the file to begin with. */
  readonly first: number;
  /** Calls in flight (closed loop), or at most in flight (open loop). */
  readonly inFlight: number;
  /** Not counted at the beginning, ms. */
  readonly warmupMs: number;
  /** Counted, ms. */
  readonly durationMs: number;
  /** Calls at most, warm-up included. */
  readonly maxCalls: number;
  /** Calls a second, evenly spread; 0: as fast as answers come (closed loop). */
  readonly rate: number;
  /** At the end of the file begin again: only for what keeps nothing. */
  readonly wrap: boolean;
  /** Of an open loop: is told each answered call, when it was due (of `performance.now`) and after how long it was answered, ms. */
  readonly answered?: (due: number, ms: number) => void;
  /** Ends it before its time is over. */
  readonly signal?: AbortSignal;
}

const TICK_MS = 1;

/** Makes calls over one connection until the time is over and all are answered. */
export async function runUnary(load: UnaryLoad): Promise<LoadResult> {
  const { requests, rate } = load;
  const tally = new Tally();
  const sentAt = new Map<number, number>();
  const dueAt = new Map<number, number>();
  let sent = 0;
  let stopped = false;
  let broken: string | undefined;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });

  const exhausted = (): boolean =>
    sent >= load.maxCalls || (!load.wrap && load.first + sent >= requests.count);
  const stop = (): void => {
    // The last call may have become due in the same turn that found nothing more to send.
    connection.flush();
    stopped = true;
    tally.end();
    if (sentAt.size === 0) finish();
  };
  const send = (due: number): void => {
    const index = (load.first + sent) % requests.count;
    sent += 1;
    const stream = connection.call(requests.bytes, requests.starts[index]! + 4, requests.starts[index + 1]!);
    sentAt.set(stream, performance.now());
    if (rate > 0) dueAt.set(stream, due);
  };
  const mayFill = (): boolean => !stopped && sentAt.size < load.inFlight && connection.hasRoom(16_000);
  const fill = (): void => {
    while (mayFill()) {
      if (exhausted()) {
        stop();
        return;
      }
      send(0);
    }
  };
  const connection = await Connection.open(load.address, load.path, {
    ended(stream, status) {
      const now = performance.now();
      const started = sentAt.get(stream)!;
      sentAt.delete(stream);
      if (tally.counting && status === 0) {
        tally.latency.add((now - started) * 1000);
        if (rate > 0) tally.dueLatency.add((now - dueAt.get(stream)!) * 1000);
      }
      if (rate > 0 && status === 0) load.answered?.(dueAt.get(stream)!, now - dueAt.get(stream)!);
      dueAt.delete(stream);
      tally.add(status);
      if (stopped) {
        if (sentAt.size === 0) finish();
      } else if (rate === 0) fill();
    },
    writable() {
      if (rate === 0) fill();
    },
    closed(reason) {
      if (!stopped) broken = reason;
      stop();
      finish();
    },
  });

  load.signal?.addEventListener('abort', stop);
  setTimeout(() => {
    if (stopped) return;
    tally.begin();
    setTimeout(stop, load.durationMs).unref();
  }, load.warmupMs);
  if (rate === 0) {
    fill();
    connection.flush();
  } else {
    const startedAt = performance.now();
    let scheduled = 0;
    const tick = (): void => {
      if (stopped) return;
      const now = performance.now();
      for (;;) {
        const due = startedAt + (scheduled * 1000) / rate;
        if (due > now || sentAt.size >= load.inFlight) break;
        if (exhausted()) {
          stop();
          return;
        }
        scheduled += 1;
        send(due);
      }
      connection.flush();
      setTimeout(tick, TICK_MS);
    };
    tick();
  }
  await finished;
  connection.close();
  return tally.result(sent, load.first, exhausted(), rate > 0, broken);
}
