/** Work that must not overlap where it concerns the same key: it is done in the order it is asked for. */
export class KeyedTurns {
  /** By key, the end of what was asked for last; it never rejects. */
  readonly #last: Map<string, Promise<void>>;

  /** Keeps in `last` what is under way; a key leaves it with the last work that concerns it. */
  constructor(last = new Map<string, Promise<void>>()) {
    this.#last = last;
  }

  /** Does the work as soon as all has ended, well or badly, that was asked for before and shares a key with it. */
  run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const before = keys.flatMap((key) => this.#last.get(key) ?? []);
    const done = Promise.all(before).then(work);
    const over = (): void => {
      for (const key of keys) if (this.#last.get(key) === end) this.#last.delete(key);
    };
    const end = done.then(over, over);
    for (const key of keys) this.#last.set(key, end);
    return done;
  }
}
