import { TollgateError, type ErrorCode } from '../errors/errors.js';

interface Call<T> {
  readonly raw: Uint8Array;
  readonly answer: Promise<T>;
}

/** Calls that are being answered, by their ids: the same id meanwhile gets the same answer. */
export class UnderWay<T extends { readonly repeated: boolean }> {
  readonly #calls = new Map<string, Call<T>>();
  #size = 0;
  readonly #sameMessage: (a: Uint8Array, b: Uint8Array) => boolean;
  readonly #reused: ErrorCode;

  constructor(sameMessage: (a: Uint8Array, b: Uint8Array) => boolean, reused: ErrorCode) {
    this.#sameMessage = sameMessage;
    this.#reused = reused;
  }

  get size(): number {
    return this.#size;
  }

  has(id: string): boolean {
    return this.#calls.has(id);
  }

  /** Starts a call, of whose ids none is under way; `start` must not settle it before it returns. */
  begin(
    ids: readonly string[],
    raw: Uint8Array,
    start: (done: (output: T) => void, fail: (error: unknown) => void) => void,
  ): Promise<T> {
    let call: Call<T> | undefined;
    let begun = true;
    // Told more than once, it must not end a later call of the same id.
    const over = (): void => {
      if (call === undefined || !ids.some((id) => this.#calls.get(id) === call)) return;
      for (const id of ids) this.#calls.delete(id);
      this.#size -= 1;
    };
    const answer = new Promise<T>((resolve, reject) => {
      const fail = (error: unknown): void => {
        over();
        reject(error instanceof Error ? error : new Error(String(error)));
      };
      try {
        start((output) => {
          over();
          resolve(output);
        }, fail);
      } catch (error) {
        begun = false;
        fail(error);
      }
    });
    call = { raw, answer };
    if (begun) {
      for (const id of ids) this.#calls.set(id, call);
      this.#size += 1;
    }
    return answer;
  }

  /**
   * Waits for the call under way: its answer, unless the content differs. `again` when the first caller gave up, and for
   * other content when the first call failed: it has not used the id then.
   */
  async follow(id: string, raw: Uint8Array, again: () => Promise<T>): Promise<T> {
    const call = this.#calls.get(id);
    if (call === undefined) return again();
    const same = this.#sameMessage(call.raw, raw);
    let answer: T;
    try {
      answer = await call.answer;
    } catch (error) {
      const gaveUp =
        error instanceof TollgateError && (error.code === 'CANCELLED' || error.code === 'DEADLINE_EXCEEDED');
      if (gaveUp || !same) return again();
      throw error;
    }
    if (!same) throw new TollgateError(this.#reused, 'the id was used in this site with other content');
    return { ...answer, repeated: true };
  }
}
