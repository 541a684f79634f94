import type { Metadata } from '@grpc/grpc-js';
import type { Caller } from '../../decisions/caller.js';

/** What a handler may know about its call. Also says how long the caller is willing to wait. */
export interface CallContext extends Caller {
  /** Epoch ms; undefined: none was set. */
  readonly deadline: number | undefined;
  /** Whether the caller has gone away before the answer. Costs nothing, other than `signal`. */
  readonly cancelled: boolean;
  /** Aborts when the caller goes away or the deadline passes. Made when first asked for. */
  readonly signal: AbortSignal;
  readonly metadata: Metadata;
  /** For calls with one request message: its bytes as received. Empty for a stream of requests. */
  readonly raw: Uint8Array;
  /** Address of the caller. */
  readonly peer: string;
}

/** What of a grpc-js call the context needs. */
export interface ServerCall {
  readonly metadata: Metadata;
  readonly cancelled: boolean;
  getDeadline(): Date | number;
  getPeer(): string;
  once(event: 'cancelled', listener: () => void): unknown;
}

const NO_BYTES = new Uint8Array(0);

/** The context of one call; `finish` says that it was answered, since 'cancelled' fires after a normal end too. */
export class ServerCallContext implements CallContext {
  readonly #call: ServerCall;
  #controller: AbortController | undefined;
  #finished = false;
  readonly raw: Uint8Array;

  constructor(call: ServerCall, raw: Uint8Array = NO_BYTES) {
    this.#call = call;
    this.raw = raw;
  }

  get deadline(): number | undefined {
    const deadline = this.#call.getDeadline();
    const ms = typeof deadline === 'number' ? deadline : deadline.getTime();
    return Number.isFinite(ms) ? ms : undefined;
  }

  get cancelled(): boolean {
    return this.#call.cancelled && !this.#finished;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      if (this.#call.cancelled && !this.#finished) {
        controller.abort();
      } else {
        this.#call.once('cancelled', () => {
          if (!this.#finished) controller.abort();
        });
      }
    }
    return this.#controller.signal;
  }

  get metadata(): Metadata {
    return this.#call.metadata;
  }

  get peer(): string {
    return this.#call.getPeer();
  }

  finish(): void {
    this.#finished = true;
  }
}
