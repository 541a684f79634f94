import { TollgateError, type ErrorCode } from '../../errors/errors.js';
import { storeUnavailable } from '../../errors/store-unavailable.js';
import type { PaymentContext } from '../../facts/context.js';
import type { PaymentInput } from '../../facts/payment.js';
import type { KeyRange, StreamEvent } from '../../facts/stream.js';
import type { AskedPayment } from '../../facts/velocity/asked.js';
import { StreamWindows } from '../../facts/velocity/windows.js';
import type { Program, RuleSetVersion } from '../../rules/program.js';
import type { Arrangement } from '../../rules/publish/arrangement.js';
import { rulesInForce, type RulesInForce } from '../evaluate/active-rules.js';
import { createCompiler } from '../evaluate/compiler.js';
import { Recording, Screening, type Taker } from './admissions.js';
import { AppendQueue, type KnownPayment } from './append-queue.js';
import type { Caller } from '../caller.js';
import { CallerOrder } from './caller-order.js';
import { Deciding } from './deciding.js';
import { entryId, eventIds } from '../record/decision-id.js';
import type { Intake } from './intake.js';
import { LimitKeeper } from './limit-keeper.js';
import type { PipelineOptions } from './options.js';
import type { JournalAnswer, JournalQuery, StoredEntry } from '../ports.js';
import { Reporting } from './reporting.js';
import { Rounds, type RangeSink } from './rounds.js';
import type { EventInput, EventOutput, ScreenInput, ScreenOutput } from '../decisions.js';
import { UnderWay } from './under-way.js';

/** Calls in one round at most: while one is decided, the next is asked about and the one before is stored. */
const MAX_ROUND = 128;

/**
 * Takes payments and events in, in one order of admission: gathers them into rounds, evaluates one after the other, makes
 * them durable in batches, and answers. What has a lifetime is here and in the parts it holds; the rest is pure.
 */
export class Pipeline implements Taker, Intake {
  readonly queue: AppendQueue;
  readonly keeper: LimitKeeper;
  readonly #options: PipelineOptions;
  readonly #rounds: Rounds;
  readonly #deciding: Deciding;
  readonly #reporting: Reporting;
  readonly #screening: UnderWay<ScreenOutput>;
  readonly #recording: UnderWay<EventOutput>;
  /** What asks for what another call asks for waits for that, and may have to be taken in itself afterwards. */
  readonly #order = new CallerOrder();
  /** How far other logs have been seen, and which of them moved since this log was opened. */
  readonly #seen: Map<number, number>;
  readonly #moved = new Map<number, number>();
  seenPairs: readonly (readonly [number, number])[] = [];
  /** Other instances' events of the last question: durable, but its ranges may have missed them. */
  #tail: readonly StreamEvent[] = [];
  /** What decides: changes between rounds only. */
  #rules: RulesInForce;
  #windows: StreamWindows;
  #next: RulesInForce | undefined;
  readonly #compile: (versions: readonly RuleSetVersion[]) => Program = createCompiler();
  /** Something was not confirmed and may be stored all the same: the next round reads its windows again. */
  #inDoubt = false;
  #coldRanges = 0;
  #seq: number;
  #closed = false;

  constructor(options: PipelineOptions, heads: ReadonlyMap<number, number>, arrangement: Arrangement) {
    const { journal, sameMessage, world } = options;
    this.#options = options;
    this.#seq = journal.lastSeq;
    this.#seen = new Map(heads);
    this.#rules = this.prepare(arrangement);
    this.#windows = this.#emptyWindows();
    this.#screening = new UnderWay(this.#order, (a, b) => sameMessage('screen', a, b), 'REQUEST_ID_REUSED');
    this.#recording = new UnderWay(this.#order, (a, b) => sameMessage('event', a, b), 'EVENT_ID_REUSED');
    this.keeper = new LimitKeeper(options.limits);
    this.queue = new AppendQueue({
      journal,
      appendsInFlight: journal.appendsInFlight,
      retract: (event) => this.#retract(event),
      unconfirmed: () => {
        this.#inDoubt = true;
      },
    });
    this.#deciding = new Deciding(options, this);
    this.#reporting = new Reporting(options, this);
    this.#rounds = new Rounds(
      journal,
      {
        mayAskAhead: () => this.#next === undefined && !this.#inDoubt && !this.#lingersTooLong(),
        begin: () => this.#begin(),
        seen: () => this.#seen,
        part: (range, events) => this.#windows.arrived(range, this.#visible(events)),
        aside: (range) => this.#aside(range),
        arrived: (ranges, answer) => this.#arrived(ranges, answer),
        end: (size) => {
          options.observer.round(size, this.#coldRanges);
          return this.queue.send();
        },
      },
      { maxRound: MAX_ROUND, longest: options.longestRange },
      world,
    );
  }

  get rules(): RulesInForce {
    return this.#rules;
  }

  /** Calls under way. */
  get inFlight(): number {
    return this.#screening.size + this.#recording.size + this.#order.size;
  }

  /** Compiles versions; nothing changes before the result is handed to `switchTo`. Throws when they cannot be compiled. */
  prepare(arrangement: Arrangement): RulesInForce {
    return rulesInForce(arrangement, this.#options.rules, this.#compile);
  }

  /** From the next round on, decisions are made by these rules; a round under way ends with the ones it began with. */
  switchTo(rules: RulesInForce): void {
    this.#next = rules;
  }

  screen(input: ScreenInput, caller: Caller | undefined): Promise<ScreenOutput> {
    const take = (accepted: boolean): Promise<ScreenOutput> => this.#screen(input, caller, accepted);
    return this.#told(this.#order.take(caller, this.#refusal, take));
  }

  record(input: EventInput, caller: Caller | undefined): Promise<EventOutput> {
    const take = (accepted: boolean): Promise<EventOutput> => this.#record(input, caller, accepted);
    return this.#told(this.#order.take(caller, this.#refusal, take));
  }

  /** Refuses what is new, ends what is under way and what waits for that. */
  async close(): Promise<void> {
    this.#closed = true;
    for (;;) {
      await this.#rounds.idle();
      await this.queue.drain();
      if (!this.#order.busy) return;
      await this.#order.next();
    }
  }

  now(): number {
    return this.#options.world.clock.now();
  }

  nowUs(): number {
    return this.#options.world.clock.monotonicUs();
  }

  contextOf(payment: PaymentInput): PaymentContext {
    return this.#deciding.contextOf(payment);
  }

  admitted(id: string): KnownPayment | undefined {
    return this.queue.find(id);
  }

  ask(event: StreamEvent): AskedPayment {
    return this.#windows.ask(event);
  }

  decide(screening: Screening, context: PaymentContext, windows: AskedPayment): void | Promise<void> {
    // Asked about before that, it would count without what may prove durable all the same, and stand after it in the log.
    if (this.#inDoubt) throw storeUnavailable('it did not say what became of a payment before');
    return this.#deciding.decide(screening, context, windows);
  }

  report(recording: Recording, stored: StoredEntry | undefined): void | Promise<void> {
    return this.#reporting.report(recording, stored);
  }

  repeatedDecision(screening: Screening, stored: StoredEntry): void {
    this.#deciding.repeated(screening, stored);
  }

  repeatedReport(recording: Recording, stored: StoredEntry): void {
    this.#reporting.repeated(recording, stored);
  }

  /** The place in this log of what is admitted next. */
  nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  /** From now on decisions see this event. */
  insert(event: StreamEvent): void {
    this.#windows.insert(event);
  }

  /** An entry that another instance stored first. */
  async readBack(id: string): Promise<StoredEntry> {
    const answer = await this.#options.journal.query({ ids: [id], ranges: [], seen: undefined });
    const entry = answer.entries[0];
    if (entry === undefined)
      throw new TollgateError('STORE_UNAVAILABLE', 'an entry that exists could not be read');
    return entry;
  }

  #screen(input: ScreenInput, caller: Caller | undefined, accepted: boolean): Promise<ScreenOutput> {
    const id = entryId('decision', input.payment.site, input.requestId);
    if (this.#screening.has(id)) {
      return this.#screening.follow(id, input.raw, caller, {
        again: () => this.#screen(input, caller, true),
        repeated: ({ record }) => this.#options.observer.decided(record, true, 0),
      });
    }
    const refusal = accepted ? undefined : this.#refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    const call = this.#screening.begin([id], input.raw);
    this.#rounds.admit(new Screening(this, call, id, input, caller));
    return call.answer;
  }

  #record(input: EventInput, caller: Caller | undefined, accepted: boolean): Promise<EventOutput> {
    const names = eventIds(input);
    const ids = names.alias === undefined ? [names.id] : [names.id, names.alias];
    const known = ids.find((id) => this.#recording.has(id));
    if (known !== undefined) {
      return this.#recording.follow(known, input.raw, caller, {
        again: () => this.#record(input, caller, true),
        repeated: () => this.#options.observer.recorded(input.kind, true),
      });
    }
    const refusal = accepted ? undefined : this.#refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    const call = this.#recording.begin(ids, input.raw);
    this.#rounds.admit(new Recording(this, call, names, input, caller));
    return call.answer;
  }

  readonly #refusal = (): TollgateError | undefined => {
    if (this.#closed) return new TollgateError('SHUTTING_DOWN', 'this instance is stopping');
    if (this.inFlight < this.#options.maxInFlight) return undefined;
    return new TollgateError('OVERLOADED', `${this.#options.maxInFlight} calls are under way`);
  };

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
    const next = this.#next;
    this.#next = undefined;
    const asks = this.#rules.asked;
    this.#rules = next ?? this.#rules;
    if (this.#inDoubt) {
      this.#windows = this.#emptyWindows();
      for (const event of this.queue.undurable()) this.insert(event);
    } else if (this.#rules.asked !== asks || this.#lingersTooLong())
      this.#windows.switchTo(this.#rules.windowPlan, this.queue.undurable(), this.#options.world.clock.now());
    this.#inDoubt = false;
    for (const event of this.queue.takeDurable()) this.#windows.settled(event);
    for (const event of this.#tail) this.#windows.settled(event);
    this.#tail = [];
  }

  #lingersTooLong(): boolean {
    return this.#options.world.clock.now() >= this.#windows.lingerUntil;
  }

  /** Windows that hold nothing yet. Events not durable yet, which a cold load would miss, are to be inserted. */
  #emptyWindows(): StreamWindows {
    return new StreamWindows(this.#rules.windowPlan, { maxBytes: this.#options.windowBytes });
  }

  /** What the store had for a round: first what other instances admitted, then the windows that were not in memory. */
  #arrived(ranges: JournalQuery['ranges'], answer: JournalAnswer): void {
    const { log } = this.#options.journal;
    for (const event of answer.tail) {
      this.insert(event);
      if (event.log === log) continue;
      this.#seen.set(event.log, event.seq);
      this.#moved.set(event.log, event.seq);
    }
    this.#tail = answer.tail;
    if (answer.tail.length > 0) this.seenPairs = [...this.#moved];
    this.#coldRanges = ranges.length;
    for (const [index, range] of ranges.entries()) {
      const events = answer.ranges[index];
      if (events !== undefined) this.#windows.loaded(range, this.#visible(events));
    }
  }

  /** Whatever rules decide when it has been read, what is read belongs to the windows of now: none gets half of it. */
  #aside(range: KeyRange): RangeSink {
    const windows = this.#windows;
    const kept = windows.keep(range);
    return {
      part: (events) => windows.arrived(range, this.#visible(events), kept.entries),
      end: (events) => windows.loaded(range, this.#visible(events), kept.entries),
      over: () => windows.letGo(kept),
    };
  }

  /** What a round may see of what was read: of other logs only what the tail has brought, or brings yet. */
  #visible(events: readonly StreamEvent[]): readonly StreamEvent[] {
    const own = this.#options.journal.log;
    return events.filter(({ log, seq }) => log === own || seq <= (this.#seen.get(log) ?? 0));
  }

  #retract(event: StreamEvent): void {
    this.#windows.retract(event);
  }
}
