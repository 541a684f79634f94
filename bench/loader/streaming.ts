import { Connection } from './connection.js';
import type { Requests } from './request-file.js';
import type { LoadResult } from './tally.js';
import { Tally } from './tally.js';

/** How a bulk call is made: messages of many entries over streams. */
export interface StreamLoad {
  readonly address: string;
  readonly path: string;
  readonly requests: Requests;
  readonly first: number;
  /** Streams, each with its own part of the messages. */
  readonly streams: number;
  /** Messages on one stream that are sent and not yet answered. */
  readonly inFlight: number;
  readonly warmupMs: number;
  readonly durationMs: number;
  /** Messages at most, warm-up included. */
  readonly maxCalls: number;
}

interface Lane {
  stream: number;
  /** When each message that is not yet answered was sent. */
  readonly sentAt: number[];
  /** What of the present message is still to be sent. */
  rest: Buffer | undefined;
  restAt: number;
  answer: Buffer;
  over: boolean;
}

const ERROR_RESULT = 3;

/** Streams messages until the time is over and all are answered. Counts entries; latency is that of a message. */
export async function runStreaming(load: StreamLoad): Promise<LoadResult> {
  const { requests } = load;
  const tally = new Tally();
  const lanes = new Map<number, Lane>();
  let sent = 0;
  let stopped = false;
  let broken: string | undefined;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });

  const exhausted = (): boolean => sent >= load.maxCalls || load.first + sent >= requests.count;
  const stop = (): void => {
    stopped = true;
    tally.end();
    for (const lane of lanes.values()) pump(lane);
  };
  const pump = (lane: Lane): void => {
    while (!lane.over) {
      if (lane.rest !== undefined) {
        lane.restAt = connection.send(lane.stream, lane.rest, lane.restAt);
        if (lane.restAt < lane.rest.length) return;
        lane.rest = undefined;
      } else if (stopped) {
        lane.over = true;
        connection.endStream(lane.stream);
      } else if (lane.sentAt.length >= load.inFlight) {
        return;
      } else if (exhausted()) {
        stop();
        return;
      } else {
        const index = load.first + sent;
        sent += 1;
        const message = requests.bytes.subarray(requests.starts[index]! + 4, requests.starts[index + 1]!);
        const prefix = Buffer.alloc(5);
        prefix.writeUInt32BE(message.length, 1);
        lane.rest = Buffer.concat([prefix, message]);
        lane.restAt = 0;
        lane.sentAt.push(performance.now());
      }
    }
  };
  const connection = await Connection.open(load.address, load.path, {
    data(stream, bytes) {
      const lane = lanes.get(stream);
      if (lane === undefined) return;
      lane.answer = lane.answer.length === 0 ? bytes : Buffer.concat([lane.answer, bytes]);
      while (lane.answer.length >= 5) {
        const end = 5 + lane.answer.readUInt32BE(1);
        if (lane.answer.length < end) break;
        countResults(lane.answer.subarray(5, end), tally);
        lane.answer = lane.answer.subarray(end);
        const started = lane.sentAt.shift();
        if (tally.counting && started !== undefined) tally.latency.add((performance.now() - started) * 1000);
      }
      pump(lane);
    },
    ended(stream, status) {
      if (status !== 0) broken ??= `a stream ended with status ${status}`;
      lanes.delete(stream);
      if (lanes.size === 0) finish();
    },
    writable() {
      for (const lane of lanes.values()) pump(lane);
    },
    closed(reason) {
      if (!stopped) broken ??= reason;
      tally.end();
      finish();
    },
  });

  for (let count = 0; count < load.streams; count++) {
    const stream = connection.openStream();
    lanes.set(stream, {
      stream,
      sentAt: [],
      rest: undefined,
      restAt: 0,
      answer: Buffer.alloc(0),
      over: false,
    });
  }
  setTimeout(() => {
    if (stopped) return;
    tally.begin();
    setTimeout(() => {
      stop();
      connection.flush();
    }, load.durationMs);
  }, load.warmupMs);
  for (const lane of lanes.values()) pump(lane);
  connection.flush();
  await finished;
  tally.end();
  connection.close();
  return tally.result(sent, load.first, exhausted(), false, broken);
}

/** ScreenStreamResponse and RecordEventsResponse hold their results in field 1; in the first, field 3 is an error. */
function countResults(message: Buffer, tally: Tally): void {
  let at = 0;
  while (at < message.length) {
    if (message[at] !== 0x0a) throw new Error('not a list of results');
    at += 1;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++]!;
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const failed = length > 0 && message[at]! >> 3 === ERROR_RESULT;
    tally.add(failed ? statusOf(message.subarray(at, at + length)) : 0);
    at += length;
  }
}

/** google.rpc.Status in field 3: its own field 1, the code, comes first. */
function statusOf(result: Buffer): number {
  let at = 1;
  while (result[at++]! >= 0x80);
  return result[at] === 0x08 ? result[at + 1]! : -1;
}
