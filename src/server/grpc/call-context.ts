import type { Caller } from '../../decisions/caller.js';

/** What a handler may know about its call: whose it is, and its bytes. */
export interface CallContext extends Caller {
  /** For calls with one request message: its bytes as received. Empty for a stream of requests. */
  readonly raw: Uint8Array;
}

/** What of a grpc-js call the context needs. */
export interface ServerCall {
  readonly cancelled: boolean;
  getDeadline(): Date | number;
}

const NO_BYTES = new Uint8Array(0);

/** The context of one call; `finish` says that it was answered, since grpc-js calls that 'cancelled' too. */
export class ServerCallContext implements CallContext {
  readonly #call: ServerCall;
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

  finish(): void {
    this.#finished = true;
  }
}
