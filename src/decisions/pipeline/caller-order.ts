import type { Caller } from '../caller.js';

/** What one caller sent behind something that has to wait. */
interface Line {
  /** What is waited for; it never rejects. */
  over: Promise<void>;
  readonly behind: (() => void)[];
}

/**
 * Keeps what one caller sends in its order where something of it has to wait before it can be taken in: what comes behind
 * that waits too.
 */
export class CallerOrder {
  readonly #lines = new Map<Caller | undefined, Line>();
  #size = 0;

  /** How much waits. */
  get size(): number {
    return this.#size;
  }

  /** Whether something is waited for. */
  get busy(): boolean {
    return this.#lines.size > 0;
  }

  /**
   * Takes something in behind what its caller sent before. Where it has to wait for that it is accepted at once, which
   * `take` is told, unless there is a refusal.
   */
  take<T>(
    caller: Caller | undefined,
    refusal: () => Error | undefined,
    take: (accepted: boolean) => Promise<T>,
  ): Promise<T> {
    const line = this.#lines.get(caller);
    if (line === undefined) return take(false);
    const refused = refusal();
    if (refused !== undefined) return Promise.reject(refused);
    this.#size += 1;
    return new Promise((resolve) => {
      line.behind.push(() => {
        this.#size -= 1;
        resolve(take(true));
      });
    });
  }

  /** Has all that waits of this caller, and all that it sends from now on, wait until `over`, which must not reject. */
  hold(caller: Caller | undefined, over: Promise<void>): void {
    const line = this.#lines.get(caller) ?? { over, behind: [] };
    line.over = over;
    this.#lines.set(caller, line);
    void over.then(() => this.#goOn(caller, line, over));
  }

  /** Resolves when what is waited for now is over. */
  async next(): Promise<void> {
    await Promise.race([...this.#lines.values()].map(({ over }) => over));
  }

  /** Lets in what waited, until some of that has to wait itself. */
  #goOn(caller: Caller | undefined, line: Line, over: Promise<void>): void {
    while (line.over === over) {
      const take = line.behind.shift();
      if (take === undefined) {
        this.#lines.delete(caller);
        return;
      }
      take();
    }
  }
}
