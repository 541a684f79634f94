import { LRUCache } from 'lru-cache';
import { TollgateError, type ErrorCode } from '../errors/errors.js';
import { ATTRIBUTE_INDEX } from '../facts/attributes.js';
import type { PaymentContext } from '../facts/context.js';
import type { PaymentInput } from '../facts/payment.js';
import type { StreamEvent } from '../facts/stream.js';
import type { RuleSetVersion } from '../rules/program.js';
import type { Layout } from '../rules/version-store.js';
import type { World } from '../world/world.js';
import { rulesInForce, type RulesInForce, type RulesInForceOptions } from './active-rules.js';
import { entryId } from './decision-id.js';
import { evaluate, type Evaluation } from './evaluate.js';
import { CONFIRMING_KINDS, keysOf, RELEASING_KINDS, reportedEvent } from './event-entry.js';
import type { ListLookup } from './fact-plan.js';
import { GroupCommit } from './group-commit.js';
import { afterLimits, dueLimits, goesOn, limitUse, type DueLimit, type LimitTerms } from './limit-holds.js';
import { newRecord, newTrace, personalFacts } from './new-record.js';
import type { Observer } from './observer.js';
import { decodePersonal, encodePersonal } from './personal-part.js';
import type { Journal, JournalAnswer, JournalEntry, JournalQuery, LimitStore, StoredEntry } from './ports.js';
import type { DecisionFlag, DecisionRecord, LimitUse } from './record.js';
import { Rounds, type Admission, type Slice } from './rounds.js';
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
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #rounds: Rounds;
  readonly #commit: GroupCommit;
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
          this.#commit.flush();
        },
      },
      { maxWaiting: options.maxInFlight, maxRound: MAX_ROUND },
      options.world,
    );
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

  /** Decides a payment whose facts are at hand. A promise when limits have to be reserved first. */
  decide(screening: Screening, context: PaymentContext): void | Promise<void> {
    const { world, lists, observer } = this.#options;
    const now = world.clock.now();
    const startedUs = world.clock.monotonicUs();
    const evaluation = evaluate(this.#round, { context, lists, now }, (fact, error) =>
      observer.factFailed(fact, error),
    );
    const evaluationUs = world.clock.monotonicUs() - startedUs;
    const finish = (uses: readonly LimitUse[]): void =>
      this.#decided(screening, context, evaluation, uses, now, evaluationUs);
    if (!goesOn(evaluation.verdict.outcome) || evaluation.limitStates.length === 0) return finish([]);
    const due = dueLimits(
      this.#round.program.limits,
      evaluation.limitStates,
      context.event,
      this.#options.limitTerms(context),
    );
    if (due.length === 0) return finish([]);
    return this.#reserve(screening.id, due, now).then(finish);
  }

  /** Takes in a reported event whose payment is known. */
  async report(recording: Recording, stored: StoredEntry | undefined): Promise<void> {
    const { input } = recording;
    const { world, toBaseMinor, rules } = this.#options;
    const now = world.clock.now();
    const entry = recording.pending ?? this.admitted(recording.reference) ?? stored;
    if (entry === undefined && input.payment === undefined)
      throw new TollgateError(
        'DECISION_NOT_FOUND',
        'the event belongs to no decision known here and carries no payment',
      );
    const payment = entry?.event ?? this.#paymentEvent(input.payment, input.eventTime, now);
    if (entry !== undefined) await this.#settleLimits(entry, input);
    const amount = input.amount;
    const base =
      amount === undefined
        ? { minor: payment.minor, baseMinor: payment.baseMinor }
        : { minor: amount.minor, baseMinor: toBaseMinor(amount.minor, amount.currency) ?? Number.NaN };
    const place = { log: this.#options.journal.log, seq: this.#nextSeq(), knownAt: input.arrivalTime ?? now };
    const reported = reportedEvent(input, payment, place, base, rules.hash);
    const attributes = reported.attributes.slice();
    if (amount !== undefined) attributes[CURRENCY] = rules.hash('currency', amount.currency);
    if (attributes[PAYMENT] === 0) attributes[PAYMENT] = rules.hash('payment', recording.id);
    const event: StreamEvent = { ...reported, attributes };
    const output: EventOutput = { eventId: input.eventId, seq: event.seq, repeated: false };
    this.#append(
      { id: recording.id, event, keys: keysOf(event), decision: undefined, report: input.raw },
      () => {
        this.#options.observer.recorded(input.kind, false);
        recording.done(output);
      },
      (error) => recording.fail(error),
      () => this.#repeatedEvent(recording),
    );
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

  async #reserve(decision: string, due: readonly DueLimit[], now: number): Promise<LimitUse[]> {
    const unheld = due.filter(({ hold }) => hold === undefined);
    if (unheld.length > 0) return unheld.map((limit) => limitUse(limit, 0, false));
    const holds = due.flatMap(({ hold }) => (hold === undefined ? [] : [hold]));
    const { reserved, used } = await this.#options.limits.reserve(
      decision,
      holds,
      now + this.#options.lapseMs,
    );
    return due.slice(0, used.length).map((limit, index) => limitUse(limit, used[index] ?? 0, reserved));
  }

  #decided(
    screening: Screening,
    context: PaymentContext,
    evaluation: Evaluation,
    limits: readonly LimitUse[],
    decidedAt: number,
    evaluationUs: number,
  ): void {
    const { rules, verdict, values, states, limitStates } = evaluation;
    const { program, plan, layout } = rules;
    const { journal, lapseMs, baseCurrency } = this.#options;
    const amount = context.event.baseMinor;
    const final = afterLimits(verdict, limits, amount, (ruleSet, name) => {
      const found = program.limits.find((limit) => limit.ruleSet === ruleSet && limit.limit.name === name);
      return found?.limit;
    });
    const seq = this.#nextSeq();
    const attributes = context.event.attributes.slice();
    attributes[OUTCOME] = this.#options.rules.hash('outcome', final.outcome);
    attributes[PAYMENT] = this.#options.rules.hash('payment', screening.id);
    const event: StreamEvent = { ...context.event, log: journal.log, seq, attributes };
    const record = newRecord({
      id: screening.id,
      requestId: screening.input.requestId,
      log: journal.log,
      seq,
      context,
      instrument: this.#options.instrumentDigest(screening.input.payment),
      program,
      verdict,
      final,
      limits,
      flags: this.#flags(context, decidedAt),
      decidedAt,
      lapsesAt: decidedAt + lapseMs,
      baseCurrency,
    });
    const trace = newTrace({
      layout: layout.id,
      values,
      personal: plan.personal,
      states,
      limitStates,
      seen: this.#seenPairs,
      evaluationUs,
    });
    const entry: JournalEntry = {
      id: screening.id,
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
        personal: encodePersonal(screening.input.raw, personalFacts(values, plan.personal)),
      },
      report: undefined,
    };
    this.#append(
      entry,
      () => {
        const tookUs = this.#options.world.clock.monotonicUs() - screening.admittedUs;
        this.#options.observer.decided(record, false, tookUs);
        screening.done({ record, repeated: false });
      },
      (error) => {
        this.#giveBack(screening.id, limits);
        screening.fail(error);
      },
      () => this.#repeatedScreen(screening),
    );
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

  #append(
    entry: JournalEntry,
    stored: () => void,
    failed: (error: unknown) => void,
    duplicate: () => Promise<void>,
  ): void {
    this.#insert(entry.event);
    this.#undurable.set(entry.id, entry);
    this.#recent.set(entry.id, entry);
    this.#commit.add(entry, (result, error) => {
      this.#undurable.delete(entry.id);
      if (result === 'stored') {
        this.#durable.push(entry.event);
        stored();
        return;
      }
      this.#recent.delete(entry.id);
      this.#round.windows.retract(entry.event);
      this.#rules.windows.retract(entry.event);
      if (result === 'duplicate') duplicate().catch(failed);
      else failed(error);
    });
  }

  /** Another instance decided the same request at the same time and was first: its decision counts. */
  async #repeatedScreen(screening: Screening): Promise<void> {
    this.repeatedDecision(screening, await this.#readBack(screening.id));
  }

  async #repeatedEvent(recording: Recording): Promise<void> {
    this.repeatedReport(recording, await this.#readBack(recording.id));
  }

  async #readBack(id: string): Promise<StoredEntry> {
    const answer = await this.#options.journal.query({ ids: [id], ranges: [], seen: this.#seen });
    const entry = answer.entries[0];
    if (entry === undefined)
      throw new TollgateError('STORE_UNAVAILABLE', 'an entry that exists could not be read');
    return entry;
  }

  // Limits after the decision.

  #giveBack(decision: string, uses: readonly LimitUse[]): void {
    if (!uses.some(({ reserved }) => reserved)) return;
    this.#options.limits
      .release(decision, undefined, 'not-decided')
      .catch((error: unknown) =>
        this.#options.observer.trouble('a hold could not be released; it will expire', error),
      );
  }

  /** Before the event is durable, so that an event that is repeated after a failure settles them again. */
  async #settleLimits(entry: StoredEntry, input: EventInput): Promise<void> {
    if (entry.decision?.record.includes('"reserved":true') !== true) return;
    const { limits } = this.#options;
    if (CONFIRMING_KINDS.has(input.kind)) await limits.confirm(entry.id);
    else if (RELEASING_KINDS.has(input.kind)) await limits.release(entry.id, undefined, input.kind);
    else if (input.kind === 'refunded') await this.#restore(entry, input);
  }

  /** A refund gives room back where the limit says so. */
  async #restore(entry: StoredEntry, input: EventInput): Promise<void> {
    const record = JSON.parse(entry.decision?.record ?? '{}') as DecisionRecord;
    const restoring = record.limits.filter((use) =>
      this.#rules.program.limits.some(
        ({ ruleSet, limit }) =>
          ruleSet === use.ruleSet && limit.name === use.limit && (limit.refunds ?? 'keep') === 'restore',
      ),
    );
    if (restoring.length === 0) return;
    const minor =
      input.amount === undefined
        ? entry.event.baseMinor
        : this.#options.toBaseMinor(input.amount.minor, input.amount.currency);
    if (minor === undefined || Number.isNaN(minor)) return;
    const counters = restoring.map(({ counter }) => counter);
    await this.#options.limits.release(entry.id, minor, `refund ${input.eventId}`, counters);
  }

  #paymentEvent(payment: PaymentInput | undefined, eventTime: number, now: number): StreamEvent {
    if (payment === undefined) throw new Error('an event without decision needs a payment');
    return this.#options.resolve({ ...payment, eventTime: payment.eventTime ?? eventTime }, now).event;
  }
}

/** A payment on its way through the pipeline. */
class Screening implements Admission {
  readonly admittedUs: number;
  #context: PaymentContext | undefined;
  #release: () => void = () => undefined;
  readonly #done: (output: ScreenOutput) => void;
  readonly #fail: (error: unknown) => void;

  constructor(
    readonly pipeline: Pipeline,
    readonly id: string,
    readonly input: ScreenInput,
    readonly limits: CallLimits | undefined,
    done: (output: ScreenOutput) => void,
    fail: (error: unknown) => void,
  ) {
    this.admittedUs = pipeline.nowUs();
    this.#done = done;
    this.#fail = fail;
  }

  done(output: ScreenOutput): void {
    this.#release();
    this.#done(output);
  }

  fail(error: unknown): void {
    this.#release();
    this.#fail(error);
  }

  ids(): readonly string[] {
    this.#context = this.pipeline.contextOf(this.input.payment);
    return [this.id];
  }

  ranges(): JournalQuery['ranges'] {
    if (this.#context === undefined) return [];
    const { ranges, release } = this.pipeline.missingRanges(this.#context.event);
    this.#release = release;
    return ranges;
  }

  settle({ entries }: Slice): void | Promise<void> {
    const stored = entries[0];
    if (stored !== undefined) return this.pipeline.repeatedDecision(this, stored);
    if (this.#context === undefined) throw new Error('a payment is settled only after it was asked about');
    return this.pipeline.decide(this, this.#context);
  }
}

/** A reported event on its way through the pipeline. */
class Recording implements Admission {
  /** Id of the decision it belongs to; '' for none. */
  readonly reference: string;
  /** The decision, when it was admitted here lately. */
  pending: JournalEntry | undefined;

  constructor(
    readonly pipeline: Pipeline,
    readonly id: string,
    readonly input: EventInput,
    readonly limits: CallLimits | undefined,
    readonly done: (output: EventOutput) => void,
    readonly fail: (error: unknown) => void,
  ) {
    const { decisionId, requestId, site, kind } = input;
    this.reference =
      kind === 'payment' ? '' : decisionId || (requestId === '' ? '' : entryId('decision', site, requestId));
  }

  ids(): readonly string[] {
    if (this.reference === '') return [this.id];
    this.pending = this.pipeline.admitted(this.reference);
    return this.pending === undefined ? [this.id, this.reference] : [this.id];
  }

  ranges(): JournalQuery['ranges'] {
    return [];
  }

  settle({ entries }: Slice): void | Promise<void> {
    const [stored, reference] = entries;
    if (stored !== undefined) return this.pipeline.repeatedReport(this, stored);
    return this.pipeline.report(this, reference);
  }
}
