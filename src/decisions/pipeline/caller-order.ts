import type { Caller } from '../caller.js';

/**
 * Keeps what one caller sends in its order where something of it has to wait before it can be taken in: what comes behind
 * that waits too.
 */
export class CallerOrder {
  readonly #waiting = new Map<Caller | undefined, Promise<void>>();

  /** Takes something in: at once, or after what this caller sent before. */
  next<T>(caller: Caller | undefined, take: () => Promise<T>): Promise<T> {
    const before = this.#waiting.get(caller);
    // Those that wait go on one after the other; the first may have to wait again.
    return before === undefined ? take() : before.then(() => this.next(caller, take));
  }

  /** Has all that this caller sends from now on wait until `over`, which must not reject. */
  hold(caller: Caller | undefined, over: Promise<void>): void {
    this.#waiting.set(caller, over);
    // Before anything else that waits for it, so that nothing gets ahead of that.
    void over.then(() => {
      if (this.#waiting.get(caller) === over) this.#waiting.delete(caller);
    });
  }
}
