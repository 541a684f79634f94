import { entryId } from '../../../src/decisions/record/decision-id.js';
import type { EventInput } from '../../../src/decisions/decisions.js';
import { TollgateError } from '../../../src/errors/errors.js';
import type { StreamKind } from '../../../src/facts/attributes.js';
import type { PaymentForm } from '../../../src/rehearsal/case-file.js';
import { paymentOf } from '../../../src/rehearsal/payment-form.js';
import type { Stage } from '../../../src/rehearsal/stage.js';

const SITE = 'shop';
/** Turns of the event loop that are more than enough for all that is under way. */
const TURNS = 2000;
const encoder = new TextEncoder();

/** Limits of the calls of one stream: what it sends is admitted in its order. */
interface Caller {
  readonly deadline: undefined;
  cancelled: boolean;
  /** When it went away, epoch ms. */
  leftAt: number;
}

/** How a call ended: where its entry is, or the code of the error. */
type Answer = { readonly seq: number; readonly repeated: boolean } | { readonly code: string };

/** A payment or a report, and what its callers were told, in no order. */
export interface Sent {
  /** Of its entry. */
  readonly id: string;
  /** The id of the payment it reports on. */
  readonly of: string | undefined;
  /** Who sent it first. */
  readonly caller: Caller;
  /** Whether the payment it reports on was acknowledged when it was sent first. */
  readonly ofAcknowledged: boolean;
  /** Whether its sender said when it became known. */
  readonly saidWhen: boolean;
  readonly send: (caller: Caller) => Promise<{ readonly seq: number; readonly repeated: boolean }>;
  times: number;
  readonly answers: Answer[];
}

/** Whether somebody was told that it is stored. */
export function isAcknowledged({ answers }: Sent): boolean {
  return answers.some((answer) => 'seq' in answer);
}

/** Those who send payments and reports to a stage, each in an order of its own. */
export class Callers {
  readonly sent: Sent[] = [];
  readonly #stage: Pick<Stage, 'pipeline' | 'world'>;
  readonly #callers: Caller[];
  readonly #payments: { readonly sent: Sent; readonly requestId: string }[] = [];
  #underWay = 0;

  constructor(stage: Pick<Stage, 'pipeline' | 'world'>, count: number) {
    this.#stage = stage;
    this.#callers = Array.from({ length: count }, newCaller);
  }

  /** A payment that was made so long ago, ms. */
  pay(caller: number, form: PaymentForm, ago: number): void {
    const now = this.#stage.world.clock.now();
    const requestId = `r-${this.sent.length}`;
    const payment = {
      ...paymentOf({ site: SITE, ...form }, now),
      eventTime: ago === 0 ? undefined : now - ago,
    };
    const raw = encoder.encode(requestId);
    const send: Sent['send'] = async (limits) => {
      const { record, repeated } = await this.#stage.pipeline.screen({ requestId, payment, raw }, limits);
      return { seq: record.seq, repeated };
    };
    const id = entryId('decision', SITE, requestId);
    const sent = this.#new(caller, { id, of: undefined, ofAcknowledged: false, saidWhen: ago !== 0, send });
    this.#payments.push({ sent, requestId });
  }

  /** A report on some payment: what happened so long ago became known half as long ago. */
  report(caller: number, of: number, kind: StreamKind, ago: number): void {
    const payment = pick(this.#payments, of);
    if (payment === undefined) return;
    const now = this.#stage.world.clock.now();
    const eventId = `e-${this.sent.length}`;
    const input = reportOf(eventId, payment.requestId, {
      kind,
      eventTime: now - ago,
      arrivalTime: ago === 0 ? undefined : now - ago / 2,
    });
    this.#new(caller, {
      id: entryId('event', SITE, eventId),
      of: payment.sent.id,
      ofAcknowledged: isAcknowledged(payment.sent),
      saidWhen: ago !== 0,
      send: (limits) => this.#stage.pipeline.record(input, limits),
    });
  }

  /** Sends something once more, from whomever. */
  again(caller: number, which: number): void {
    const sent = pick(this.sent, which);
    if (sent !== undefined) this.#send(sent, this.#caller(caller));
  }

  /** A caller goes away, and another comes. */
  leave(caller: number): void {
    const gone = this.#caller(caller);
    gone.cancelled = true;
    gone.leftAt = this.#stage.world.clock.now();
    this.#callers[caller] = newCaller();
  }

  /** Sends again what nobody was told is stored, in the order it was sent first. */
  insist(): void {
    const caller = newCaller();
    for (const sent of this.sent) if (!isAcknowledged(sent)) this.#send(sent, caller);
  }

  /** Resolves when all calls have ended. Throws when some do not end although nothing is waited for. */
  async answered(): Promise<void> {
    for (let turn = 0; turn < TURNS && this.#underWay > 0; turn++)
      await new Promise((resolve) => setImmediate(resolve));
    if (this.#underWay > 0) throw new Error(`${this.#underWay} calls were never answered`);
  }

  #caller(index: number): Caller {
    const caller = this.#callers[index];
    if (caller === undefined) throw new RangeError(`no caller ${index}`);
    return caller;
  }

  #new(caller: number, what: Omit<Sent, 'caller' | 'times' | 'answers'>): Sent {
    const first = this.#caller(caller);
    const sent: Sent = { ...what, caller: first, times: 0, answers: [] };
    this.sent.push(sent);
    this.#send(sent, first);
    return sent;
  }

  #send(sent: Sent, caller: Caller): void {
    sent.times += 1;
    this.#underWay += 1;
    const end = (answer: Answer): void => {
      sent.answers.push(answer);
      this.#underWay -= 1;
    };
    sent
      .send(caller)
      .then(end, (error: unknown) =>
        end({ code: error instanceof TollgateError ? error.code : String(error) }),
      );
  }
}

function newCaller(): Caller {
  return { deadline: undefined, cancelled: false, leftAt: Infinity };
}

/** Any of them, by number. */
export function pick<T>(all: readonly T[], index: number): T | undefined {
  return all[index % Math.max(1, all.length)];
}

/** A report of a payment, that says nothing but what is told. */
export function reportOf(
  eventId: string,
  requestId: string,
  told: Pick<EventInput, 'kind' | 'eventTime'> & Partial<EventInput>,
): EventInput {
  return {
    eventId,
    site: SITE,
    decisionId: '',
    requestId,
    payment: undefined,
    arrivalTime: undefined,
    amount: undefined,
    code: '',
    claim: '',
    threeDs: '',
    liabilityShifted: false,
    label: '',
    fraud: false,
    channel: '',
    raw: Buffer.from(eventId),
    ...told,
  };
}
