import type { Caller } from '../../decisions/caller.js';
import type { Identity } from '../../identity/identity.js';
import type { Session } from '../../identity/key-ring.js';

/** What a handler may know about its call: whose it is. */
export interface CallContext extends Caller {
  readonly identity: Identity;
}

/** What of a grpc-js call the context needs. */
export interface ServerCall {
  readonly cancelled: boolean;
  getDeadline(): Date | number;
}

/** The context of one call; `finish` says that it was answered, since grpc-js calls that 'cancelled' too. */
export class ServerCallContext implements CallContext {
  readonly identity: Identity;
  readonly #call: ServerCall;
  #finished = false;

  constructor(call: ServerCall, { identity }: Session) {
    this.#call = call;
    this.identity = identity;
  }

  get deadline(): number | undefined {
    const deadline = this.#call.getDeadline();
    const ms = typeof deadline === 'number' ? deadline : deadline.getTime();
    return Number.isFinite(ms) ? ms : undefined;
  }

  get cancelled(): boolean {
    return this.#call.cancelled && !this.#finished;
  }

  get sites(): ReadonlySet<string> | undefined {
    const { sites } = this.identity;
    return sites === 'all' ? undefined : sites;
  }

  finish(): void {
    this.#finished = true;
  }
}
