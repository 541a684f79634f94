import { TollgateError } from '../../errors/errors.js';
import type { PaymentContext } from '../../facts/context.js';
import type { PaymentInput } from '../../facts/payment.js';
import type { StreamEvent } from '../../facts/stream.js';
import type { AskedPayment } from '../../facts/velocity/asked.js';
import type { KnownPayment } from './append-queue.js';
import type { Caller } from '../caller.js';
import { entryId } from '../record/decision-id.js';
import type { JournalEntry, JournalQuery, StoredEntry } from '../ports.js';
import type { Admission, Slice } from './rounds.js';
import type { EventInput, EventOutput, ScreenInput, ScreenOutput } from '../decisions.js';
import type { Call } from './under-way.js';

/** What admissions ask of the pipeline. */
export interface Taker {
  /** Epoch ms. */
  now(): number;
  nowUs(): number;
  /** Throws TollgateError when the payment may not be decided. */
  contextOf(payment: PaymentInput): PaymentContext;
  /** The windows of a payment that is to be decided; they stay in memory until it is released. */
  ask(event: StreamEvent): AskedPayment;
  /** A payment that this instance admitted lately, durable or not. */
  admitted(id: string): KnownPayment | undefined;
  /** Decides a payment whose facts are at hand; a promise holds up what was admitted later. */
  decide(screening: Screening, context: PaymentContext, windows: AskedPayment): void | Promise<void>;
  /** Takes in a reported event; its payment is the stored one, or one that was admitted lately, or its own. */
  report(recording: Recording, stored: StoredEntry | undefined): void | Promise<void>;
  /** The answer to a payment that was decided before. Throws REQUEST_ID_REUSED when it was another payment. */
  repeatedDecision(screening: Screening, stored: StoredEntry): void;
  /** The answer to an event that was recorded before. Throws EVENT_ID_REUSED when it was another event. */
  repeatedReport(recording: Recording, stored: StoredEntry): void;
}

/** A payment on its way through the pipeline. */
export class Screening implements Admission {
  readonly id: string;
  readonly requestId: string;
  /** Bytes that say the request. */
  readonly raw: Uint8Array;
  readonly caller: Caller | undefined;
  readonly admittedUs: number;
  readonly #taker: Taker;
  readonly #call: Call<ScreenOutput>;
  /** This and the context are let go of when they have been used: many wait for their answer. */
  #payment: PaymentInput | undefined;
  #context: PaymentContext | TollgateError | undefined;
  #windows: AskedPayment | undefined;

  constructor(
    taker: Taker,
    call: Call<ScreenOutput>,
    id: string,
    input: ScreenInput,
    caller: Caller | undefined,
  ) {
    this.#taker = taker;
    this.id = id;
    this.requestId = input.requestId;
    this.raw = input.raw;
    this.#payment = input.payment;
    this.caller = caller;
    this.admittedUs = taker.nowUs();
    this.#call = call;
  }

  done(output: ScreenOutput): void {
    this.#releaseWindows();
    this.#call.done(output);
  }

  fail(error: unknown): void {
    this.#releaseWindows();
    this.#call.fail(error);
  }

  /** A payment that may not be decided, by now, may have been decided before: that is looked up first. */
  ids(): readonly string[] {
    if (this.#payment === undefined) throw new Error('a payment is asked about until it is settled');
    try {
      this.#context = this.#taker.contextOf(this.#payment);
    } catch (error) {
      if (!(error instanceof TollgateError)) throw error;
      this.#context = error;
    }
    return [this.id];
  }

  ranges(): JournalQuery['ranges'] {
    if (this.#context === undefined || this.#context instanceof TollgateError) return [];
    const windows = this.#taker.ask(this.#context.event);
    // Asked again: what was read meanwhile must not leave before it is held once more.
    this.#releaseWindows();
    this.#windows = windows;
    return windows.ranges;
  }

  further(): JournalQuery['ranges'] {
    return this.#windows?.further ?? [];
  }

  settle({ entries }: Slice): void | Promise<void> {
    const stored = entries[0];
    if (stored !== undefined) return this.#taker.repeatedDecision(this, stored);
    const context = this.#context;
    this.#context = undefined;
    this.#payment = undefined;
    if (context instanceof TollgateError) throw context;
    if (context === undefined || this.#windows === undefined)
      throw new Error('a payment is settled only after it was asked about');
    const decided = this.#taker.decide(this, context, this.#windows);
    if (decided === undefined) this.#releaseWindows();
    return decided;
  }

  #releaseWindows(): void {
    this.#windows?.release();
    this.#windows = undefined;
  }
}

/** A reported event on its way through the pipeline. */
export class Recording implements Admission {
  readonly id: string;
  readonly alias: string | undefined;
  readonly input: EventInput;
  readonly caller: Caller | undefined;
  /** Id of the decision it belongs to; '' for none. */
  readonly reference: string;
  /** The decision, when it was admitted here lately. */
  pending: KnownPayment | undefined;
  /** When its round was asked about, epoch ms: payments behind it in the round are not decided as of an earlier time. */
  takenAt = 0;
  readonly #taker: Taker;
  readonly #call: Call<EventOutput>;

  constructor(
    taker: Taker,
    call: Call<EventOutput>,
    { id, alias }: Pick<JournalEntry, 'id' | 'alias'>,
    input: EventInput,
    caller: Caller | undefined,
  ) {
    this.#taker = taker;
    this.id = id;
    this.alias = alias;
    this.input = input;
    this.caller = caller;
    this.#call = call;
    const { decisionId, requestId, site, kind } = input;
    const named = decisionId || (requestId === '' ? '' : entryId('decision', site, requestId));
    this.reference = kind === 'payment' ? '' : named;
  }

  done(output: EventOutput): void {
    this.#call.done(output);
  }

  fail(error: unknown): void {
    this.#call.fail(error);
  }

  ids(): readonly string[] {
    this.takenAt = this.#taker.now();
    if (this.alias !== undefined) return [this.id, this.alias];
    if (this.reference === '') return [this.id];
    this.pending = this.#taker.admitted(this.reference);
    return this.pending === undefined ? [this.id, this.reference] : [this.id];
  }

  ranges(): JournalQuery['ranges'] {
    return [];
  }

  settle({ entries }: Slice): void | Promise<void> {
    const [own, other] = entries;
    const stored = own ?? (this.alias === undefined ? undefined : other);
    if (stored !== undefined) return this.#taker.repeatedReport(this, stored);
    return this.#taker.report(this, other);
  }
}
