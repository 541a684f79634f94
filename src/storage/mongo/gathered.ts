/** Items in one batch at most. */
const BATCH = 200;

interface Waiting<I, O> {
  readonly item: I;
  readonly done: (result: O) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Work that the database does for many at once about as fast as for one: one batch is on its way at a time, and what is
 * asked for meanwhile makes the next. A batch that fails fails all that is in it.
 */
export class Gathered<I, O> {
  readonly #work: (items: readonly I[]) => Promise<readonly O[]>;
  #waiting: Waiting<I, O>[] = [];
  #busy = false;

  /** `work` gives a result for every item, in their order. */
  constructor(work: (items: readonly I[]) => Promise<readonly O[]>) {
    this.#work = work;
  }

  do(item: I): Promise<O> {
    return new Promise((done, failed) => {
      this.#waiting.push({ item, done, failed });
      if (!this.#busy) void this.#goOn();
    });
  }

  async #goOn(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      try {
        const results = await this.#work(batch.map(({ item }) => item));
        for (const [index, { done }] of batch.entries()) done(results[index] as O);
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#busy = false;
  }
}
