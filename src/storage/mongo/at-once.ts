/**
 * Does something with every item, with at most `limit` of them at once. Rejects with the first failure once nothing is under
 * way any more.
 */
export async function atOnce<T>(
  limit: number,
  items: AsyncIterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const start = (item: T): void => {
    const one = work(item)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => underWay.delete(one));
    underWay.add(one);
  };
  try {
    for await (const item of items) {
      start(item);
      if (underWay.size >= limit) await Promise.race(underWay);
      if (failures.length > 0) break;
    }
  } finally {
    await Promise.all(underWay);
  }
  if (failures.length > 0) throw failures[0];
}

/** What comes of every item, in order; `limit` of them are worked on at once, ahead of whoever takes what came of them. */
export async function* ahead<T, R>(
  limit: number,
  items: AsyncIterable<T>,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const source = items[Symbol.asyncIterator]();
  const underWay: Promise<{ readonly value: R } | undefined>[] = [];
  let last: Promise<unknown> = Promise.resolve();
  const next = (): void => {
    // One after the other out of the source, however many are under way.
    const item = last.then(() => source.next());
    last = item;
    const result = item.then(async ({ done, value }) =>
      done === true ? undefined : { value: await work(value as T) },
    );
    // Told when its turn comes.
    result.catch(() => undefined);
    underWay.push(result);
  };
  try {
    while (underWay.length < limit) next();
    for (;;) {
      const result = await underWay.shift();
      if (result === undefined) return;
      next();
      yield result.value;
    }
  } finally {
    await Promise.allSettled(underWay);
    await source.return?.();
  }
}
