import type { Caller } from '../caller.js';
import { TransientMap } from '../../collections/transient-map.js';
import { TollgateError, type ErrorCode } from '../../errors/errors.js';
import type { CallerOrder } from './caller-order.js';

/** One call, until it is answered. */
export class Call<T> {
  readonly ids: readonly string[];
  readonly raw: Uint8Array;
  readonly answer: Promise<T>;
  readonly #over: (call: Call<T>) => void;
  #resolve: (output: T) => void = nothing;
  #reject: (error: Error) => void = nothing;

  constructor(ids: readonly string[], raw: Uint8Array, over: (call: Call<T>) => void) {
    this.ids = ids;
    this.raw = raw;
    this.#over = over;
    this.answer = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  done(output: T): void {
    this.#over(this);
    this.#resolve(output);
  }

  /** Told more than once, it must not end a later call of the same id. */
  fail(error: unknown): void {
    this.#over(this);
    this.#reject(error instanceof Error ? error : new Error(String(error)));
  }
}

/** What becomes of what waits for a call of the same id. */
export interface Following<T> {
  /** Asks for it anew, where that call has not used the id. */
  readonly again: () => Promise<T>;
  /** Told of the answer that it shares. */
  readonly repeated: (answer: T) => void;
}

/** Calls that are being answered, by their ids: the same id meanwhile gets the same answer. */
export class UnderWay<T extends { readonly repeated: boolean }> {
  readonly #calls = new TransientMap<string, Call<T>>();
  readonly #over = (call: Call<T>): void => {
    if (!call.ids.some((id) => this.#calls.get(id) === call)) return;
    for (const id of call.ids) this.#calls.delete(id);
    this.#size -= 1;
  };
  #size = 0;
  readonly #order: CallerOrder;
  readonly #sameMessage: (a: Uint8Array, b: Uint8Array) => boolean;
  readonly #reused: ErrorCode;

  constructor(order: CallerOrder, sameMessage: (a: Uint8Array, b: Uint8Array) => boolean, reused: ErrorCode) {
    this.#order = order;
    this.#sameMessage = sameMessage;
    this.#reused = reused;
  }

  get size(): number {
    return this.#size;
  }

  has(id: string): boolean {
    return this.#calls.has(id);
  }

  /** Begins a call, of whose ids none is under way. What waits for it must hold nothing that is not needed any more. */
  begin(ids: readonly string[], raw: Uint8Array): Call<T> {
    const call = new Call<T>(ids, raw, this.#over);
    for (const id of ids) this.#calls.set(id, call);
    this.#size += 1;
    return call;
  }

  /**
   * Waits for the call under way: its answer, of which `repeated` is told, unless the content differs. `again` when the
   * first caller gave up, and for other content when the first call failed: it has not used the id then. What its own
   * caller sends behind it waits until it has been asked for again, or need not be.
   */
  async follow(
    id: string,
    raw: Uint8Array,
    caller: Caller | undefined,
    { again, repeated }: Following<T>,
  ): Promise<T> {
    const call = this.#calls.get(id);
    if (call === undefined) return again();
    this.#order.hold(caller, call.answer.then(nothing, nothing));
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
    repeated(answer);
    return { ...answer, repeated: true };
  }
}

function nothing(): void {
  // Until the promise has said how it ends.
}
