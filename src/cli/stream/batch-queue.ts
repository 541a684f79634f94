/** Batches between one that reads and one that sends: bounded, so that a file is never read ahead of the wire. */
export interface BatchQueue<T> {
  /** Waits while the queue is full. Resolves false when nobody will take it any more. */
  put(batch: T): Promise<boolean>;
  /** No more will come. */
  end(): void;
  /** Nobody takes any more: whoever waits in `put` goes on. */
  abandon(): void;
  /** The next; undefined at the end. */
  take(): Promise<T | undefined>;
}

/** An empty queue that holds at most `bound` batches. */
export function createBatchQueue<T>(bound: number): BatchQueue<T> {
  const batches: T[] = [];
  const state = { ended: false, abandoned: false };
  let changed: (() => void)[] = [];
  const wake = (): void => {
    const waiting = changed;
    changed = [];
    for (const resolve of waiting) resolve();
  };
  const change = (): Promise<void> => new Promise((resolve) => changed.push(resolve));
  return {
    async put(batch) {
      while (batches.length >= bound && !state.abandoned) await change();
      if (state.abandoned) return false;
      batches.push(batch);
      wake();
      return true;
    },
    end() {
      state.ended = true;
      wake();
    },
    abandon() {
      state.abandoned = true;
      wake();
    },
    async take() {
      while (batches.length === 0 && !state.ended && !state.abandoned) await change();
      const batch = batches.shift();
      wake();
      return batch;
    },
  };
}
