/** One message's work, and the promise of its answer. */
export interface Started<O> {
  /** How much it weighs against the bound, more than 0: its answer has to be kept, too. */
  readonly weight: number;
  readonly answer: Promise<O>;
}

/**
 * Starts work on messages as they come and yields the answers in the same order. No further message is read while what
 * is read, but not yet taken by the reader of the answers, weighs `limit` or more: a slow reader slows the source down.
 * `start` must not throw and its promise not reject; the source's error comes after the answers to what it gave.
 */
export async function* ordered<I, O>(
  source: AsyncIterable<I>,
  limit: number,
  start: (message: I) => Started<O>,
): AsyncGenerator<O> {
  const pending: Started<O>[] = [];
  let weight = 0;
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let wakeReader: (() => void) | undefined;
  let wakeWriter: (() => void) | undefined;
  let abandoned = false;

  const isFull = (): boolean => weight >= limit && !abandoned;

  const pull = async (): Promise<void> => {
    try {
      for await (const message of source) {
        if (abandoned) break;
        const started = start(message);
        weight += started.weight;
        pending.push(started);
        wakeWriter?.();
        while (isFull()) {
          await new Promise<void>((resolve) => {
            wakeReader = resolve;
          });
        }
      }
    } catch (error) {
      failure = { error };
    }
    ended = true;
    wakeWriter?.();
  };
  const pulling = pull();

  try {
    for (;;) {
      const next = pending.shift();
      if (next !== undefined) {
        yield await next.answer;
        weight -= next.weight;
        wakeReader?.();
      } else if (ended) {
        break;
      } else {
        await new Promise<void>((resolve) => {
          wakeWriter = resolve;
        });
      }
    }
    await pulling;
    if (failure !== undefined) throw failure.error;
  } finally {
    abandoned = true;
    wakeReader?.();
  }
}
