import type { ServerDuplexStream, ServerReadableStream } from '@grpc/grpc-js';
import { callerGone } from '../../decisions/caller.js';
import type { Timers } from '../../world/world.js';

/** What tells that there may be something to read, or never again. */
const CHANGES = ['readable', 'end', 'close'] as const;

/**
 * Reads no further ahead than the stream's own buffer: grpc-js asks for the next message when one is taken. Throws the
 * reason of one of `endings` once that is aborted, unless all was read. Not by the stream's own iterator, which waits for nothing
 * else, and destroys a stream that is answered with an error meanwhile.
 */
export async function* received<T>(
  call: ServerReadableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>,
  decode: (bytes: Uint8Array) => T,
  endings: readonly AbortSignal[],
): AsyncGenerator<T> {
  let wake: (() => void) | undefined;
  const changed = (): void => wake?.();
  for (const change of CHANGES) call.on(change, changed);
  for (const ending of endings) ending.addEventListener('abort', changed);
  try {
    while (!call.destroyed && !call.readableEnded) {
      for (const ending of endings) ending.throwIfAborted();
      const bytes = call.read() as Buffer | null;
      if (bytes !== null) yield decode(bytes);
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    for (const change of CHANGES) call.off(change, changed);
    for (const ending of endings) ending.removeEventListener('abort', changed);
  }
  if (!call.readableEnded || wasCutOff(call)) throw callerGone();
}

/**
 * Whether the caller reset the stream. Node ends the readable side of a stream that was reset as if all had been sent,
 * before grpc-js hears of it. Only the HTTP/2 stream below knows.
 */
export function wasCutOff(call: { readonly cancelled: boolean }): boolean {
  const { stream } =
    (call as { readonly call?: { readonly stream?: { readonly rstCode?: number } } }).call ?? {};
  return call.cancelled || (stream?.rstCode ?? 0) !== 0;
}

/** Longer than the two frames of a cancelled call are ever apart, ms. */
const SETTLE_MS = 25;

/**
 * A client written in Node that cancels a call ends its side first and resets the stream right after, so that half an
 * import would pass for a whole one. Where the end of the requests is the word to act, it is believed a moment later.
 */
export async function* surelyEnded<T>(
  requests: AsyncIterable<T>,
  call: { readonly cancelled: boolean },
  timers: Pick<Timers, 'after'>,
): AsyncGenerator<T> {
  yield* requests;
  await new Promise<void>((resolve) => {
    timers.after(SETTLE_MS, resolve);
  });
  if (wasCutOff(call)) throw callerGone();
}

/** What is answered, message by message, until `ended` is aborted: then its reason is thrown. */
export async function* untilEnded<T>(messages: AsyncIterable<T>, ended: AbortSignal): AsyncGenerator<T> {
  for await (const message of messages) {
    ended.throwIfAborted();
    yield message;
  }
}
