import type { Caller } from '../../decisions/caller.js';

/** What a handler may know about its call: whose it is. */
export type CallContext = Caller;

/** What of a grpc-js call the context needs. */
export interface ServerCall {
  readonly cancelled: boolean;
  getDeadline(): Date | number;
}

/** The context of one call; `finish` says that it was answered, since grpc-js calls that 'cancelled' too. */
export class ServerCallContext implements CallContext {
  readonly #call: ServerCall;
  #finished = false;

  constructor(call: ServerCall) {
    this.#call = call;
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
