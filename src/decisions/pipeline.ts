import { LRUCache } from 'lru-cache';
import { TollgateError, type ErrorCode } from '../errors/errors.js';
import { ATTRIBUTE_INDEX } from '../facts/attributes.js';
import type { PaymentContext } from '../facts/context.js';
import type { PaymentInput } from '../facts/payment.js';
import type { Position, StreamEvent } from '../facts/stream.js';
import type { Outcome } from '../rules/outcome.js';
import type { RuleSetVersion } from '../rules/program.js';
import type { Layout } from '../rules/version-store.js';
import type { World } from '../world/world.js';
import { Recording, Screening, type Taker } from './admissions.js';
import { rulesInForce, type RulesInForce, type RulesInForceOptions } from './active-rules.js';
import { entryId } from './decision-id.js';
import { evaluate, type Evaluation } from './evaluate.js';
import { keysOf, reportedEvent } from './event-entry.js';
import type { ListLookup } from './fact-plan.js';
import { GroupCommit } from './group-commit.js';
import {
  afterLimits,
  dueLimits,
  goesOn,
  type DueLimit,
  type LimitedVerdict,
  type LimitTerms,
} from './limit-holds.js';
import { LimitKeeper } from './limit-keeper.js';
import { newRecord, newTrace, personalFacts } from './new-record.js';
import type { Observer } from './observer.js';
import { decodePersonal, encodePersonal } from './personal-part.js';
import type { Journal, JournalAnswer, JournalEntry, JournalQuery, LimitStore, StoredEntry } from './ports.js';
import type { DecisionFlag, DecisionRecord, LimitUse } from './record.js';
import { Rounds, type Admission } from './rounds.js';
import type { CallLimits, EventInput, EventOutput, ScreenInput, ScreenOutput } from './service.js';

/** What the pipeline works with. */
export interface PipelineOptions {
  readonly journal: Journal;
  readonly limits: LimitStore;
  readonly lists: ListLookup;
  readonly world: World;
  readonly observer: Observer;
  readonly rules: RulesInForceOptions;
  /** Resolves a payment into what rules are asked about. Throws TollgateError when it may not be decided. */
  readonly resolve: (payment: PaymentInput, now: number) => PaymentContext;
  readonly limitTerms: (context: PaymentContext) => LimitTerms;
  /** Minor units of the base currency at today's rate. */
  readonly toBaseMinor: (minor: number, currency: string) => number | undefined;
  /** Digest of what identifies the instrument. */
  readonly instrumentDigest: (payment: PaymentInput) => string;
  /** Whether two messages say the same, field by field. */
  readonly sameMessage: (kind: 'screen' | 'event', a: Uint8Array, b: Uint8Array) => boolean;
  readonly baseCurrency: string;
  readonly lapseMs: number;
  readonly skewMs: number;
  readonly onSkew: 'flag' | 'refuse';
  readonly maxInFlight: number;
  /** Batches the store takes at once. */
  readonly appendsInFlight: number;
}

/** A decision before it becomes a record. */
interface DecidedParts {
  readonly screening: Screening;
  readonly context: PaymentContext;
  readonly evaluation: Evaluation;
  readonly decidedAt: number;
  readonly evaluationUs: number;
  readonly seen: readonly (readonly [number, number])[];
  readonly event: StreamEvent;
  readonly limits: readonly LimitUse[];
}

/** What goes to the store, and what to do when it is there. */
interface Finished {
  readonly entry: JournalEntry;
  readonly stored: () => void;
  readonly duplicate: () => Promise<void>;
}

interface UnderWay<T> {
  readonly raw: Uint8Array;
  readonly answer: Promise<T>;
}

const OUTCOME = ATTRIBUTE_INDEX.outcome;
const PAYMENT = ATTRIBUTE_INDEX.payment;
const CURRENCY = ATTRIBUTE_INDEX.currency;
const MAX_ROUND = 256;
const MAX_BATCH = 512;
const RECENT = 4096;

/**
 * Takes payments and events in, in one order of admission: gathers them into rounds, evaluates one after the other, makes
 * them durable in batches, and answers. Everything with a lifetime of a decision lives here; the rest is pure.
 */
export class Pipeline implements Taker {
  readonly #options: PipelineOptions;
  readonly #rounds: Rounds;
  readonly #commit: GroupCommit;
  readonly #keeper: LimitKeeper;
  /** What this round admitted, in the order of sequences. */
  #staged: { readonly id: string; readonly ready: Promise<void> | undefined; commit(): void }[] = [];
  readonly #screening = new Map<string, UnderWay<ScreenOutput>>();
  readonly #recording = new Map<string, UnderWay<EventOutput>>();
  /** Entries admitted here and not durable yet, by id. */
  readonly #undurable = new Map<string, JournalEntry>();
  /** What was admitted lately, for the events that soon follow a payment. */
  readonly #recent = new LRUCache<string, JournalEntry>({ max: RECENT });
  /** Durable, but perhaps not seen by a question that is on its way: forgotten by the windows when the next one is asked. */
  #durable: StreamEvent[] = [];
  /** How far other logs have been seen, and which of them moved since this log was opened. */
  readonly #seen: Map<number, number>;
  readonly #moved = new Map<number, number>();
  #seenPairs: readonly (readonly [number, number])[] = [];
  #rules: RulesInForce;
  #round: RulesInForce;
  #coldRanges = 0;
  #seq: number;
  #closed = false;

  constructor(
    options: PipelineOptions,
    heads: ReadonlyMap<number, number>,
    versions: readonly RuleSetVersion[],
  ) {
    this.#options = options;
    this.#seq = options.journal.lastSeq;
    this.#seen = new Map(heads);
    this.#rules = rulesInForce(versions, options.rules, []);
    this.#round = this.#rules;
    this.#rounds = new Rounds(
      options.journal,
      {
        begin: () => this.#begin(),
        seen: () => this.#seen,
        arrived: (ranges, answer) => this.#arrived(ranges, answer),
        end: (size) => {
          options.observer.round(size, this.#coldRanges);
          return this.#commitStaged();
        },
      },
      { maxWaiting: options.maxInFlight, maxRound: MAX_ROUND },
      options.world,
    );
    this.#keeper = new LimitKeeper(options.limits, options.toBaseMinor);
    this.#commit = new GroupCommit(options.journal, {
      maxBatch: MAX_BATCH,
      maxInFlight: options.appendsInFlight,
    });
  }

  /** The layout that records of the present rules refer to. */
  get layout(): Layout {
    return this.#rules.layout;
  }

  /** Calls under way. */
  get inFlight(): number {
    return this.#screening.size + this.#recording.size;
  }

  get windowStats(): ReturnType<RulesInForce['windows']['stats']> {
    return this.#rules.windows.stats();
  }

  /** Compiles versions; nothing changes before the result is handed to `switchTo`. Throws when they cannot be compiled. */
  prepare(versions: readonly RuleSetVersion[]): RulesInForce {
    return rulesInForce(versions, this.#options.rules, []);
  }

  /** From the next round on, decisions are made by these rules; a round under way ends with the ones it began with. */
  switchTo(rules: RulesInForce): void {
    for (const { event } of this.#undurable.values()) rules.windows.insert(event);
    this.#rules = rules;
  }

  screen(input: ScreenInput, limits: CallLimits | undefined): Promise<ScreenOutput> {
    const id = entryId('decision', input.payment.site, input.requestId);
    const other = this.#screening.get(id);
    if (other !== undefined)
      return this.#follow(other, input.raw, 'screen', () => this.screen(input, limits)).then(
        ({ record }) => ({
          record,
          repeated: true,
        }),
      );
    return this.#admit(
      this.#screening,
      id,
      input.raw,
      (done, fail) => new Screening(this, id, input, limits, done, fail),
    );
  }

  record(input: EventInput, limits: CallLimits | undefined): Promise<EventOutput> {
    const isPayment = input.kind === 'payment';
    const id = isPayment
      ? entryId('decision', input.site, input.requestId || input.eventId)
      : entryId('event', input.site, input.eventId);
    const other = this.#recording.get(id);
    if (other !== undefined)
      return this.#follow(other, input.raw, 'event', () => this.record(input, limits)).then((output) => ({
        ...output,
        repeated: true,
      }));
    return this.#admit(
      this.#recording,
      id,
      input.raw,
      (done, fail) => new Recording(this, id, input, limits, done, fail),
    );
  }

  /** Refuses what is new, ends what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#rounds.idle();
    await this.#commit.drain();
  }

  // What the admissions below work with. Not for others.

  nowUs(): number {
    return this.#options.world.clock.monotonicUs();
  }

  contextOf(payment: PaymentInput): PaymentContext {
    const now = this.#options.world.clock.now();
    const context = this.#options.resolve(payment, now);
    if (this.#options.onSkew === 'refuse' && this.#skewed(context, now)) {
      const description = `is more than ${this.#options.skewMs} ms from the time of arrival`;
      throw new TollgateError('INVALID_REQUEST', `payment.event_time: ${description}`, {
        violations: [{ field: 'payment.event_time', description }],
      });
    }
    return context;
  }

  /** An entry that this instance admitted lately, durable or not. */
  admitted(id: string): JournalEntry | undefined {
    return this.#undurable.get(id) ?? this.#recent.get(id);
  }

  /** What must be read before a payment can be decided; its windows stay in memory until `release` is called. */
  missingRanges(event: StreamEvent): { readonly ranges: JournalQuery['ranges']; release(): void } {
    const { windows } = this.#round;
    return { ranges: windows.missing(event), release: () => windows.release(event) };
  }

  /** Decides a payment whose facts are at hand; a promise when what comes after it has to wait for limits. */
  decide(screening: Screening, context: PaymentContext): void | Promise<void> {
    const { world, lists, observer, lapseMs, journal } = this.#options;
    const rules = this.#round;
    const decidedAt = world.clock.now();
    const startedUs = world.clock.monotonicUs();
    const evaluation = evaluate(rules, { context, lists, now: decidedAt }, (fact, error) =>
      observer.factFailed(fact, error),
    );
    const evaluationUs = world.clock.monotonicUs() - startedUs;
    const { verdict } = evaluation;
    const parts = { screening, context, evaluation, decidedAt, evaluationUs, seen: this.#seenPairs };

    const due = this.#due(evaluation, context);
    const place = { log: journal.log, seq: this.#nextSeq() };
    const admitted = this.#eventOf(screening, context, place, verdict.outcome);
    if (due.length === 0) {
      this.#insert(admitted);
      this.#stage(screening, admitted, undefined, () =>
        this.#entryOf({ ...parts, event: admitted, limits: [] }),
      );
      return undefined;
    }
    let limits: readonly LimitUse[] = [];
    let event = admitted;
    const ready = this.#keeper.reserve(screening.id, due, decidedAt + lapseMs).then((uses) => {
      limits = uses;
      const { outcome } = this.#afterLimits(evaluation, context, uses);
      if (outcome !== verdict.outcome) event = this.#eventOf(screening, context, place, outcome);
    });
    // Where no rule asks what was decided before, those after it need not wait to see what the limits say.
    if (!rules.plan.asksOutcome) this.#insert(admitted);
    this.#stage(
      screening,
      admitted,
      ready,
      () => this.#entryOf({ ...parts, event, limits }),
      () => limits,
    );
    return rules.plan.asksOutcome ? ready.then(() => this.#insert(event)) : undefined;
  }

  /** Takes in a reported event whose payment is known. */
  report(recording: Recording, stored: StoredEntry | undefined): void | Promise<void> {
    const { input } = recording;
    if (this.#staged.some(({ id }) => id === recording.reference)) {
      const committed = this.#commitStaged();
      if (committed !== undefined) return committed.then(() => this.report(recording, stored));
    }
    const { world, toBaseMinor, rules, journal } = this.#options;
    const now = world.clock.now();
    const entry = recording.pending ?? this.admitted(recording.reference) ?? stored;
    if (entry === undefined && input.payment === undefined)
      throw new TollgateError(
        'DECISION_NOT_FOUND',
        'the event belongs to no decision known here and carries no payment',
      );
    const payment = entry?.event ?? this.#paymentEvent(input.payment, input.eventTime, now);
    const amount = input.amount;
    const base =
      amount === undefined
        ? { minor: payment.minor, baseMinor: payment.baseMinor }
        : { minor: amount.minor, baseMinor: toBaseMinor(amount.minor, amount.currency) ?? Number.NaN };
    const place = { log: journal.log, seq: this.#nextSeq(), knownAt: input.arrivalTime ?? now };
    const reported = reportedEvent(input, payment, place, base, rules.hash);
    const attributes = reported.attributes.slice();
    if (amount !== undefined) attributes[CURRENCY] = rules.hash('currency', amount.currency);
    if (attributes[PAYMENT] === 0) attributes[PAYMENT] = rules.hash('payment', recording.id);
    const event: StreamEvent = { ...reported, attributes };
    const settled =
      entry === undefined ? undefined : this.#keeper.settle(entry, input, this.#round.program.limits);
    this.#insert(event);
    this.#stage(recording, event, settled, () => ({
      entry: { id: recording.id, event, keys: keysOf(event), decision: undefined, report: input.raw },
      stored: () => {
        this.#options.observer.recorded(input.kind, false);
        recording.done({ eventId: input.eventId, seq: event.seq, repeated: false });
      },
      duplicate: async () => this.repeatedReport(recording, await this.#readBack(recording.id)),
    }));
    return undefined;
  }

  /** The answer to a payment that was decided before. */
  repeatedDecision(screening: Screening, stored: StoredEntry): void {
    const { decision } = stored;
    if (decision === undefined)
      throw new TollgateError(
        'REQUEST_ID_REUSED',
        'the request id belongs to a payment that was recorded, not decided',
      );
    const { request } = decodePersonal(decision.personal);
    if (!this.#options.sameMessage('screen', request, screening.input.raw))
      throw new TollgateError('REQUEST_ID_REUSED', 'the request id was used in this site with other content');
    const record = JSON.parse(decision.record) as DecisionRecord;
    this.#options.observer.decided(record, true, 0);
    screening.done({ record, repeated: true });
  }

  /** The answer to an event that was recorded before. */
  repeatedReport(recording: Recording, stored: StoredEntry): void {
    if (
      stored.report === undefined ||
      !this.#options.sameMessage('event', stored.report, recording.input.raw)
    )
      throw new TollgateError('EVENT_ID_REUSED', 'the event id was used in this site with other content');
    this.#options.observer.recorded(recording.input.kind, true);
    recording.done({ eventId: recording.input.eventId, seq: stored.event.seq, repeated: true });
  }

  // Taking in.

  #admit<T>(
    underWay: Map<string, UnderWay<T>>,
    id: string,
    raw: Uint8Array,
    admission: (done: (output: T) => void, fail: (error: unknown) => void) => Admission,
  ): Promise<T> {
    if (this.#closed) return this.#refuse('SHUTTING_DOWN', 'this instance is stopping');
    if (this.inFlight >= this.#options.maxInFlight)
      return this.#refuse('OVERLOADED', `${this.#options.maxInFlight} calls are under way`);
    const answer = new Promise<T>((resolve, reject) => {
      const done = (output: T): void => {
        underWay.delete(id);
        resolve(output);
      };
      const fail = (error: unknown): void => {
        underWay.delete(id);
        this.#options.observer.failed(error instanceof TollgateError ? error.code : 'INTERNAL');
        reject(error);
      };
      this.#rounds.admit(admission(done, fail));
    });
    // `done` and `fail` are never called before this: a round begins later.
    underWay.set(id, { raw, answer });
    return answer;
  }

  #refuse(code: ErrorCode, message: string): Promise<never> {
    this.#options.observer.failed(code);
    return Promise.reject(new TollgateError(code, message));
  }

  /** The same id while the first is under way: the same answer, unless the content differs or the first gave up. */
  async #follow<T>(
    other: UnderWay<T>,
    raw: Uint8Array,
    kind: 'screen' | 'event',
    again: () => Promise<T>,
  ): Promise<T> {
    if (!this.#options.sameMessage(kind, other.raw, raw)) {
      const what = kind === 'screen' ? 'request' : 'event';
      return this.#refuse(
        kind === 'screen' ? 'REQUEST_ID_REUSED' : 'EVENT_ID_REUSED',
        `the ${what} id was used in this site with other content`,
      );
    }
    try {
      return await other.answer;
    } catch (error) {
      const gaveUp =
        error instanceof TollgateError && (error.code === 'CANCELLED' || error.code === 'DEADLINE_EXCEEDED');
      if (gaveUp) return again();
      throw error;
    }
  }

  /** What the store had for a round: first what other instances admitted, then the windows that were not in memory. */
  #arrived(ranges: JournalQuery['ranges'], answer: JournalAnswer): void {
    const { windows } = this.#round;
    for (const event of answer.tail) {
      this.#insert(event);
      this.#durable.push(event);
      this.#seen.set(event.log, event.seq);
      this.#moved.set(event.log, event.seq);
    }
    if (answer.tail.length > 0) this.#seenPairs = [...this.#moved];
    const own = this.#options.journal.log;
    this.#coldRanges = ranges.length;
    for (const [index, range] of ranges.entries()) {
      const events = answer.ranges[index] ?? [];
      const visible =
        this.#seen.size === 0
          ? events
          : events.filter(({ log, seq }) => log === own || seq <= (this.#seen.get(log) ?? Infinity));
      windows.loaded(range, visible);
    }
  }

  /** A round begins: it sees one set of rules to its end, and all that is durable before its question is asked. */
  #begin(): void {
    this.#round = this.#rules;
    for (const event of this.#durable) this.#rules.windows.settled(event);
    this.#durable = [];
  }

  #insert(event: StreamEvent): void {
    this.#round.windows.insert(event);
    if (this.#rules !== this.#round) this.#rules.windows.insert(event);
  }

  #nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  // Deciding.

  #due({ verdict, limitStates }: Evaluation, context: PaymentContext): DueLimit[] {
    if (limitStates.length === 0 || !goesOn(verdict.outcome)) return [];
    return dueLimits(
      this.#round.program.limits,
      limitStates,
      context.event,
      this.#options.limitTerms(context),
    );
  }

  #afterLimits(
    { rules, verdict }: Evaluation,
    context: PaymentContext,
    uses: readonly LimitUse[],
  ): LimitedVerdict {
    return afterLimits(verdict, uses, context.event.baseMinor, (ruleSet, name) => {
      return rules.program.limits.find((limit) => limit.ruleSet === ruleSet && limit.limit.name === name)
        ?.limit;
    });
  }

  #eventOf(screening: Screening, context: PaymentContext, place: Position, outcome: Outcome): StreamEvent {
    const { hash } = this.#options.rules;
    const attributes = context.event.attributes.slice();
    attributes[OUTCOME] = hash('outcome', outcome);
    attributes[PAYMENT] = hash('payment', screening.id);
    return { ...context.event, ...place, attributes };
  }

  #entryOf({
    screening,
    context,
    evaluation,
    decidedAt,
    evaluationUs,
    seen,
    event,
    limits,
  }: DecidedParts): Finished {
    const { rules, verdict, values, states, limitStates } = evaluation;
    const { program, plan, layout } = rules;
    const { id, input } = screening;
    const final = this.#afterLimits(evaluation, context, limits);
    const record = newRecord({
      id,
      requestId: input.requestId,
      log: event.log,
      seq: event.seq,
      context,
      instrument: this.#options.instrumentDigest(input.payment),
      program,
      verdict,
      final,
      limits,
      flags: this.#flags(context, decidedAt),
      decidedAt,
      lapsesAt: decidedAt + this.#options.lapseMs,
      baseCurrency: this.#options.baseCurrency,
    });
    const trace = newTrace({
      layout: layout.id,
      values,
      personal: plan.personal,
      states,
      limitStates,
      seen,
      evaluationUs,
    });
    return {
      entry: {
        id,
        event,
        keys: keysOf(event),
        decision: {
          site: record.site,
          requestId: record.requestId,
          outcome: record.outcome,
          degraded: final.degraded,
          decidedAt,
          record: JSON.stringify(record),
          trace: JSON.stringify(trace),
          personal: encodePersonal(input.raw, personalFacts(values, plan.personal)),
        },
        report: undefined,
      },
      stored: () => {
        this.#options.observer.decided(record, false, this.nowUs() - screening.admittedUs);
        screening.done({ record, repeated: false });
      },
      // Another instance decided the same request at the same time and was first: its decision counts.
      duplicate: async () => this.repeatedDecision(screening, await this.#readBack(id)),
    };
  }

  #flags(context: PaymentContext, decidedAt: number): DecisionFlag[] {
    const flags: DecisionFlag[] = [];
    if (!context.siteKnown) flags.push('unknown-site');
    if (this.#skewed(context, decidedAt)) flags.push('event-time-skew');
    return flags;
  }

  #skewed(context: PaymentContext, now: number): boolean {
    return Math.abs(context.event.at - now) > this.#options.skewMs;
  }

  // Making durable.

  /** Queues what was admitted for the end of the round, in the order of sequences: other readers see no gaps. */
  #stage(
    admission: Screening | Recording,
    event: StreamEvent,
    ready: Promise<void> | undefined,
    finish: () => Finished,
    held: () => readonly LimitUse[] = () => [],
  ): void {
    let failure: { readonly error: unknown } | undefined;
    const settled = ready?.catch((error: unknown) => {
      failure = { error };
    });
    const lost = (error: unknown): void => {
      this.#round.windows.retract(event);
      this.#rules.windows.retract(event);
      this.#keeper
        .giveBack(admission.id, held())
        .catch((cause: unknown) => this.#options.observer.trouble('a hold stays until it lapses', cause));
      admission.fail(error);
    };
    this.#staged.push({
      id: admission.id,
      ready: settled,
      commit: () => {
        if (failure === undefined) this.#append(finish(), event, lost);
        else lost(failure.error);
      },
    });
  }

  /** The round is over: what waits for limits is waited for, then all goes to the store in order. */
  #commitStaged(): void | Promise<void> {
    const staged = this.#staged;
    this.#staged = [];
    const waits = staged.flatMap(({ ready }) => (ready === undefined ? [] : [ready]));
    const commitAll = (): void => {
      for (const { commit } of staged) commit();
      this.#commit.flush();
    };
    return waits.length === 0 ? commitAll() : Promise.all(waits).then(commitAll);
  }

  #append({ entry, stored, duplicate }: Finished, event: StreamEvent, lost: (error: unknown) => void): void {
    this.#undurable.set(entry.id, entry);
    this.#recent.set(entry.id, entry);
    this.#commit.add(entry, (result, error) => {
      this.#undurable.delete(entry.id);
      if (result === 'stored') {
        this.#durable.push(event);
        stored();
        return;
      }
      this.#recent.delete(entry.id);
      if (result === undefined) {
        lost(error);
        return;
      }
      this.#round.windows.retract(event);
      this.#rules.windows.retract(event);
      duplicate().catch(lost);
    });
  }

  async #readBack(id: string): Promise<StoredEntry> {
    const answer = await this.#options.journal.query({ ids: [id], ranges: [], seen: this.#seen });
    const entry = answer.entries[0];
    if (entry === undefined)
      throw new TollgateError('STORE_UNAVAILABLE', 'an entry that exists could not be read');
    return entry;
  }

  #paymentEvent(payment: PaymentInput | undefined, eventTime: number, now: number): StreamEvent {
    if (payment === undefined) throw new Error('an event without decision needs a payment');
    return this.#options.resolve({ ...payment, eventTime: payment.eventTime ?? eventTime }, now).event;
  }
}
