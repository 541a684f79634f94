import { TollgateError, type ErrorCode } from '../errors/errors.js';
import { ATTRIBUTE_INDEX } from '../facts/attributes.js';
import type { PaymentContext } from '../facts/context.js';
import type { PaymentInput } from '../facts/payment.js';
import type { Position, StreamEvent } from '../facts/stream.js';
import type { Outcome } from '../rules/outcome.js';
import type { RuleSetVersion } from '../rules/program.js';
import type { Layout } from '../rules/version-store.js';
import type { World } from '../world/world.js';
import {
  rulesInForce,
  withFreshWindows,
  type RulesInForce,
  type RulesInForceOptions,
} from './active-rules.js';
import { Recording, Screening, type Taker } from './admissions.js';
import { AppendQueue, knownPayment, type KnownPayment } from './append-queue.js';
import { checkReport, reportedBase } from './check-report.js';
import { decisionEntry } from './decision-entry.js';
import { entryId } from './decision-id.js';
import { evaluate, type Evaluation } from './evaluate.js';
import { keysOf, reportedEvent } from './event-entry.js';
import type { ListLookup } from './fact-plan.js';
import { afterLimits, dueLimits, goesOn, type DueLimit, type LimitTerms } from './limit-holds.js';
import { LimitKeeper } from './limit-keeper.js';
import type { Observer } from './observer.js';
import { decodePersonal } from './personal-part.js';
import type { Journal, JournalAnswer, JournalQuery, LimitStore, StoredEntry } from './ports.js';
import type { DecisionFlag, DecisionRecord, LimitUse } from './record.js';
import { Rounds } from './rounds.js';
import type { CallLimits, EventInput, EventOutput, ScreenInput, ScreenOutput } from './service.js';
import { UnderWay } from './under-way.js';

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
  /** Minor units of the base currency at today's rate; undefined when there is no rate. */
  readonly toBaseMinor: (minor: number, currency: string) => number | undefined;
  /** Digest of what identifies the instrument. */
  readonly instrumentDigest: (payment: PaymentInput) => string;
  /** Whether two messages say the same, field by field. */
  readonly sameMessage: (kind: 'screen' | 'event', a: Uint8Array, b: Uint8Array) => boolean;
  readonly baseCurrency: string;
  /** How long a decision permits a payment, ms. */
  readonly lapseMs: number;
  /** How far an event time may be from arrival, ms. */
  readonly skewMs: number;
  readonly onSkew: 'flag' | 'refuse';
  /** Calls under way at most; beyond it OVERLOADED. */
  readonly maxInFlight: number;
  /** Batches the store takes at once. */
  readonly appendsInFlight: number;
}

const OUTCOME = ATTRIBUTE_INDEX.outcome;
const PAYMENT = ATTRIBUTE_INDEX.payment;
const CURRENCY = ATTRIBUTE_INDEX.currency;
const SITE = ATTRIBUTE_INDEX.site;
const MAX_ROUND = 256;

/**
 * Takes payments and events in, in one order of admission: gathers them into rounds, evaluates one after the other, makes
 * them durable in batches, and answers. What has a lifetime is here and in the parts it holds; the rest is pure.
 */
export class Pipeline implements Taker {
  readonly #options: PipelineOptions;
  readonly #rounds: Rounds;
  readonly #queue: AppendQueue;
  readonly #keeper: LimitKeeper;
  readonly #screening: UnderWay<ScreenOutput>;
  readonly #recording: UnderWay<EventOutput>;
  /** How far other logs have been seen, and which of them moved since this log was opened. */
  readonly #seen: Map<number, number>;
  readonly #moved = new Map<number, number>();
  #seenPairs: readonly (readonly [number, number])[] = [];
  /** Other instances' events of the last question: durable, but its ranges may have missed them. */
  #tail: readonly StreamEvent[] = [];
  /** What decides: changes between rounds only. */
  #rules: RulesInForce;
  #next: RulesInForce | undefined;
  /** Something was not confirmed and may be stored all the same: the next round reads its windows again. */
  #inDoubt = false;
  #coldRanges = 0;
  #seq: number;
  #closed = false;

  constructor(
    options: PipelineOptions,
    heads: ReadonlyMap<number, number>,
    versions: readonly RuleSetVersion[],
  ) {
    const { journal, sameMessage, world, maxInFlight, appendsInFlight } = options;
    this.#options = options;
    this.#seq = journal.lastSeq;
    this.#seen = new Map(heads);
    this.#rules = rulesInForce(versions, options.rules);
    this.#screening = new UnderWay((a, b) => sameMessage('screen', a, b), 'REQUEST_ID_REUSED');
    this.#recording = new UnderWay((a, b) => sameMessage('event', a, b), 'EVENT_ID_REUSED');
    this.#keeper = new LimitKeeper(options.limits);
    this.#queue = new AppendQueue({
      journal,
      appendsInFlight,
      retract: (event) => this.#retract(event),
      unconfirmed: () => {
        this.#inDoubt = true;
      },
    });
    this.#rounds = new Rounds(
      journal,
      {
        begin: () => this.#begin(),
        seen: () => this.#seen,
        part: (range, events) => this.#rules.windows.arrived(range, this.#visible(events)),
        arrived: (ranges, answer) => this.#arrived(ranges, answer),
        end: (size) => {
          options.observer.round(size, this.#coldRanges);
          return this.#queue.send();
        },
      },
      { maxWaiting: maxInFlight, maxRound: MAX_ROUND },
      world,
    );
  }

  /** The layout that records of the present rules refer to. */
  get layout(): Layout {
    return this.#rules.layout;
  }

  /** Other logs, and how far they have been seen. */
  get seen(): ReadonlyMap<number, number> {
    return this.#seen;
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
    return rulesInForce(versions, this.#options.rules);
  }

  /** From the next round on, decisions are made by these rules; a round under way ends with the ones it began with. */
  switchTo(rules: RulesInForce): void {
    this.#next = rules;
  }

  screen(input: ScreenInput, limits: CallLimits | undefined): Promise<ScreenOutput> {
    const id = entryId('decision', input.payment.site, input.requestId);
    if (this.#screening.has(id))
      return this.#told(this.#screening.follow(id, input.raw, () => this.screen(input, limits)));
    const refusal = this.#refusal();
    if (refusal !== undefined) return this.#told(Promise.reject(refusal));
    return this.#told(
      this.#screening.begin(id, input.raw, (done, fail) => {
        this.#rounds.admit(new Screening(this, id, input, limits, done, fail));
      }),
    );
  }

  record(input: EventInput, limits: CallLimits | undefined): Promise<EventOutput> {
    const id =
      input.kind === 'payment'
        ? entryId('decision', input.site, input.requestId || input.eventId)
        : entryId('event', input.site, input.eventId);
    if (this.#recording.has(id))
      return this.#told(this.#recording.follow(id, input.raw, () => this.record(input, limits)));
    const refusal = this.#refusal();
    if (refusal !== undefined) return this.#told(Promise.reject(refusal));
    return this.#told(
      this.#recording.begin(id, input.raw, (done, fail) => {
        this.#rounds.admit(new Recording(this, id, input, limits, done, fail));
      }),
    );
  }

  /** Refuses what is new, ends what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#rounds.idle();
    await this.#queue.drain();
  }

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

  admitted(id: string): KnownPayment | undefined {
    return this.#queue.find(id);
  }

  missingRanges(event: StreamEvent): { readonly ranges: JournalQuery['ranges']; release(): void } {
    const { windows } = this.#rules;
    return { ranges: windows.missing(event), release: () => windows.release(event) };
  }

  decide(screening: Screening, context: PaymentContext): void | Promise<void> {
    const { world, lists, observer, lapseMs, journal } = this.#options;
    const rules = this.#rules;
    const decidedAt = world.clock.now();
    const startedUs = this.nowUs();
    const evaluation = evaluate(rules, { context, lists, now: decidedAt }, (fact, error) =>
      observer.factFailed(fact, error),
    );
    const times = { decidedAt, lapsesAt: decidedAt + lapseMs, evaluationUs: this.nowUs() - startedUs };
    const { outcome } = evaluation.verdict;
    const due = this.#due(evaluation, context);
    const place = { log: journal.log, seq: this.#nextSeq() };
    let event = this.#eventOf(screening.id, context, place, outcome);
    let limits: readonly LimitUse[] = [];

    // Where a rule asks what was decided before, those after it wait to see what the limits say; else they need not.
    const ready =
      due.length === 0
        ? undefined
        : this.#keeper.reserve(screening.id, due, times.lapsesAt).then((uses) => {
            limits = uses;
            const final = this.#afterLimits(evaluation, context, uses).outcome;
            if (final !== outcome) event = this.#eventOf(screening.id, context, place, final);
          });
    const waits = ready !== undefined && rules.plan.asksOutcome;
    if (!waits) this.#insert(event);
    const seen = this.#seenPairs;
    this.#queue.stage({
      id: screening.id,
      event,
      ready,
      append: () => this.#decisionAppend(screening, { context, evaluation, event, limits, seen, ...times }),
      // Nobody knows whether it was stored, or the id is another's: what is held stays until it lapses, and the same
      // request again finds it.
      lost: (error) => screening.fail(error),
    });
    return waits ? ready.then(() => this.#insert(event)) : undefined;
  }

  report(recording: Recording, stored: StoredEntry | undefined): void | Promise<void> {
    const { input, id, reference } = recording;
    if (this.#queue.isStaged(reference)) {
      const sent = this.#queue.send();
      if (sent !== undefined) return sent.then(() => this.report(recording, stored));
    }
    const known = recording.pending ?? this.admitted(reference) ?? (stored && knownPayment(stored));
    if (
      known !== undefined &&
      known.event.attributes[SITE] !== this.#options.rules.hash('site', input.site)
    ) {
      const description = 'is a decision of another site';
      throw new TollgateError('INVALID_REQUEST', `decision_id: ${description}`, {
        violations: [{ field: 'decision_id', description }],
      });
    }
    const event = this.#reportedEvent(recording, known?.event);
    const { limits } = this.#rules.program;
    const settled =
      known === undefined ? undefined : this.#keeper.settle(known, input, limits, event.baseMinor);
    this.#insert(event);
    this.#queue.stage({
      id,
      event,
      ready: settled,
      append: () => ({
        entry: { id, event, keys: keysOf(event), decision: undefined, report: input.raw },
        stored: () => {
          this.#options.observer.recorded(input.kind, false);
          recording.done({ eventId: input.eventId, seq: event.seq, repeated: false });
        },
        duplicate: async () => this.repeatedReport(recording, await this.#readBack(id)),
      }),
      lost: (error) => recording.fail(error),
    });
    return undefined;
  }

  repeatedDecision(screening: Screening, { decision }: StoredEntry): void {
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

  repeatedReport(recording: Recording, { report, event }: StoredEntry): void {
    const { input } = recording;
    if (report === undefined || !this.#options.sameMessage('event', report, input.raw))
      throw new TollgateError('EVENT_ID_REUSED', 'the event id was used in this site with other content');
    this.#options.observer.recorded(input.kind, true);
    recording.done({ eventId: input.eventId, seq: event.seq, repeated: true });
  }

  // Taking in.

  #refusal(): TollgateError | undefined {
    if (this.#closed) return new TollgateError('SHUTTING_DOWN', 'this instance is stopping');
    if (this.inFlight < this.#options.maxInFlight) return undefined;
    return new TollgateError('OVERLOADED', `${this.#options.maxInFlight} calls are under way`);
  }

  /** The same promise; a failure is counted. */
  #told<T>(answer: Promise<T>): Promise<T> {
    answer.catch((error: unknown) => {
      const code: ErrorCode = error instanceof TollgateError ? error.code : 'INTERNAL';
      this.#options.observer.failed(code);
    });
    return answer;
  }

  /** A round begins: it sees one set of rules to its end, and all that is durable before its question is asked. */
  #begin(): void {
    const fresh =
      this.#next ?? (this.#inDoubt ? withFreshWindows(this.#rules, this.#options.rules) : undefined);
    this.#next = undefined;
    this.#inDoubt = false;
    if (fresh !== undefined) {
      this.#rules = fresh;
      for (const event of this.#queue.undurable()) this.#insert(event);
    }
    for (const event of this.#queue.takeDurable()) this.#rules.windows.settled(event);
    for (const event of this.#tail) this.#rules.windows.settled(event);
    this.#tail = [];
  }

  /** What the store had for a round: first what other instances admitted, then the windows that were not in memory. */
  #arrived(ranges: JournalQuery['ranges'], answer: JournalAnswer): void {
    const { log } = this.#options.journal;
    for (const event of answer.tail) {
      this.#insert(event);
      if (event.log === log) continue;
      this.#seen.set(event.log, event.seq);
      this.#moved.set(event.log, event.seq);
    }
    this.#tail = answer.tail;
    if (answer.tail.length > 0) this.#seenPairs = [...this.#moved];
    this.#coldRanges = ranges.length;
    for (const [index, range] of ranges.entries()) {
      this.#rules.windows.loaded(range, this.#visible(answer.ranges[index] ?? []));
    }
  }

  /** What a round may see of what was read: of other logs only what the tail has brought, or brings yet. */
  #visible(events: readonly StreamEvent[]): readonly StreamEvent[] {
    const own = this.#options.journal.log;
    return events.filter(({ log, seq }) => log === own || seq <= (this.#seen.get(log) ?? 0));
  }

  #nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  #insert(event: StreamEvent): void {
    this.#rules.windows.insert(event);
  }

  #retract(event: StreamEvent): void {
    this.#rules.windows.retract(event);
  }

  async #readBack(id: string): Promise<StoredEntry> {
    const answer = await this.#options.journal.query({ ids: [id], ranges: [], seen: this.#seen });
    const entry = answer.entries[0];
    if (entry === undefined)
      throw new TollgateError('STORE_UNAVAILABLE', 'an entry that exists could not be read');
    return entry;
  }

  // Deciding.

  #due({ verdict, limitStates }: Evaluation, context: PaymentContext): DueLimit[] {
    if (limitStates.length === 0 || !goesOn(verdict.outcome)) return [];
    const { limits } = this.#rules.program;
    return dueLimits(limits, limitStates, context.event, this.#options.limitTerms(context));
  }

  #afterLimits({ rules, verdict }: Evaluation, context: PaymentContext, uses: readonly LimitUse[]) {
    const { limits } = rules.program;
    return afterLimits(
      verdict,
      uses,
      context.event.baseMinor,
      (ruleSet, name) =>
        limits.find((limit) => limit.ruleSet === ruleSet && limit.limit.name === name)?.limit,
    );
  }

  #eventOf(id: string, context: PaymentContext, place: Position, outcome: Outcome): StreamEvent {
    const { hash } = this.#options.rules;
    const attributes = context.event.attributes.slice();
    attributes[OUTCOME] = hash('outcome', outcome);
    attributes[PAYMENT] = hash('payment', id);
    return { ...context.event, ...place, attributes };
  }

  #decisionAppend(
    screening: Screening,
    parts: Pick<
      Parameters<typeof decisionEntry>[0],
      'context' | 'evaluation' | 'event' | 'limits' | 'seen' | 'decidedAt' | 'lapsesAt' | 'evaluationUs'
    >,
  ): ReturnType<Parameters<AppendQueue['stage']>[0]['append']> {
    const { id, input } = screening;
    const { baseCurrency, instrumentDigest, observer } = this.#options;
    const { record, entry } = decisionEntry({
      ...parts,
      id,
      input,
      final: this.#afterLimits(parts.evaluation, parts.context, parts.limits),
      flags: this.#flags(parts.context, parts.decidedAt),
      baseCurrency,
      instrument: instrumentDigest(input.payment),
    });
    return {
      entry,
      stored: () => {
        observer.decided(record, false, this.nowUs() - screening.admittedUs);
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

  // Reporting.

  #reportedEvent({ id, input }: Recording, known: StreamEvent | undefined): StreamEvent {
    const { world, toBaseMinor, rules, journal, skewMs } = this.#options;
    const now = world.clock.now();
    const payment = known ?? this.#paymentEvent(input, now);
    checkReport(input, payment, { now, skewMs, hash: rules.hash });
    const { amount } = input;
    const base =
      amount === undefined
        ? { minor: payment.minor, baseMinor: payment.baseMinor }
        : { minor: amount.minor, baseMinor: reportedBase(amount, payment, rules.hash, toBaseMinor) };
    const place = { log: journal.log, seq: this.#nextSeq(), knownAt: input.arrivalTime ?? now };
    const reported = reportedEvent(input, payment, place, base, rules.hash);
    const attributes = reported.attributes.slice();
    if (amount !== undefined) attributes[CURRENCY] = rules.hash('currency', amount.currency);
    if (attributes[PAYMENT] === 0) attributes[PAYMENT] = rules.hash('payment', id);
    return { ...reported, attributes };
  }

  #paymentEvent({ payment, eventTime }: EventInput, now: number): StreamEvent {
    if (payment === undefined)
      throw new TollgateError(
        'DECISION_NOT_FOUND',
        'the event belongs to no decision known here and carries no payment',
      );
    return this.#options.resolve({ ...payment, eventTime: payment.eventTime ?? eventTime }, now).event;
  }
}
