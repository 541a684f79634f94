import { invalidRequest, TollgateError } from '../../errors/errors.js';
import { ATTRIBUTE_INDEX } from '../../facts/attributes.js';
import type { PaymentContext } from '../../facts/context.js';
import type { PaymentInput } from '../../facts/payment.js';
import type { Position, StreamEvent } from '../../facts/stream.js';
import type { AskedPayment } from '../../facts/velocity/asked.js';
import type { Outcome } from '../../rules/outcome.js';
import type { FactValue } from '../../rules/program.js';
import { controlDraw, type ControlDraw, type ControlDrawOptions } from '../control/control-draw.js';
import type { ControlLot } from '../control/control-lot.js';
import type { Screening } from './admissions.js';
import { knownPayment, type Append } from './append-queue.js';
import { decisionEntry, type DecisionParts } from '../record/decision-entry.js';
import { evaluate, type Evaluation } from '../evaluate/evaluate.js';
import type { ShadowPlan } from '../evaluate/shadow-plan.js';
import { holdingOf } from '../limits/holding.js';
import type { Intake } from './intake.js';
import { afterLimits, dueLimits, goesOn, type DueLimit } from '../limits/holds.js';
import { decodePersonal } from '../record/personal-part.js';
import type { PipelineOptions } from './options.js';
import { durationText } from '../../world/duration.js';
import type { StoredEntry } from '../ports.js';
import type { DecisionFlag, DecisionRecord, LimitUse } from '../record.js';

const OUTCOME = ATTRIBUTE_INDEX.outcome;
const PAYMENT = ATTRIBUTE_INDEX.payment;
const DAY_MS = 86_400_000;
/** How long after a day what was let go stays counted, ms: to another instance's clock it may not be over yet. */
const DAY_STAYS_MS = 3_600_000;

/** A shadow of a decision, with what it asked beyond that. */
interface Shaded {
  readonly plan: ShadowPlan;
  readonly more: readonly FactValue[] | undefined;
  /** What the rules said, whatever a control group made of it. */
  readonly evaluation: Evaluation;
}

const UNSHADED: readonly Shaded[] = [];

/** Decides payments whose facts are at hand, and answers those that were decided before. */
export class Deciding {
  readonly #options: PipelineOptions;
  readonly #intake: Intake;
  readonly #drawing: ControlDrawOptions;

  constructor(options: PipelineOptions, intake: Intake) {
    this.#options = options;
    const { controls, toBaseMinor, rules } = options;
    this.#drawing = { controls, toBaseMinor, hash: rules.hash };
    this.#intake = intake;
  }

  /** Resolves a payment. Throws TollgateError when it may not be decided. */
  contextOf(payment: PaymentInput): PaymentContext {
    const now = this.#options.world.clock.now();
    const context = this.#options.resolve(payment, now);
    if (this.#options.onSkew === 'refuse' && this.#skewed(context, now)) {
      const description = `is further from the time of arrival than the skew of ${durationText(this.#options.skewMs)}`;
      throw invalidRequest([{ field: 'payment.event_time', description }]);
    }
    if (payment.eventTime === undefined) this.#checkRegistered(payment, now);
    return context;
  }

  /** Evaluates a payment and stages its entry; a promise holds up what was admitted later. */
  decide(screening: Screening, context: PaymentContext, windows: AskedPayment): void | Promise<void> {
    const { world, lists, snoozes, observer, lapseMs, journal } = this.#options;
    const { rules } = this.#intake;
    const decidedAt = world.clock.now();
    const startedUs = this.#nowUs();
    const { rules: chosen, lots, shadows } = rules.choose(context);
    const input = { context, windows, lists, now: decidedAt };
    const asked = evaluate(chosen, input, snoozes, (fact, error) => observer.factFailed(fact, error));
    const evaluationUs = this.#nowUs() - startedUs;
    const shaded =
      shadows.length === 0
        ? UNSHADED
        : shadows.map((plan) => ({ plan, more: plan.more(input), evaluation: asked }));
    const lapsesAt = decidedAt + lapseMs;
    const draw = controlDraw(asked, context, decidedAt, this.#drawing);
    const letGo = draw?.lot.drawn === true ? { ...asked, verdict: draw.verdict } : undefined;
    const { outcome } = asked.verdict;
    const due = this.#due(letGo ?? asked, context);
    const place = { log: journal.log, seq: this.#intake.nextSeq() };
    let event = this.#eventOf(screening.id, context, place, outcome);
    let evaluation = asked;
    let control = draw?.lot;
    let limits: readonly LimitUse[] = [];

    const hold = async (): Promise<void> => {
      if (draw !== undefined && letGo !== undefined) {
        control = await this.#takeRoom(screening.id, draw);
        if (!control.letGo) return;
        evaluation = letGo;
      }
      limits = await this.#intake.keeper.reserve(screening.id, due, lapsesAt);
      const final = this.#afterLimits(evaluation, context, limits).outcome;
      if (final !== outcome) event = this.#eventOf(screening.id, context, place, final);
    };
    // Where a rule asks what was decided before, those after it wait to see what the limits say; else they need not.
    const ready = due.length === 0 && letGo === undefined ? undefined : hold();
    const waits = ready !== undefined && rules.asksOutcome;
    if (!waits) this.#intake.insert(event);
    const seen = this.#intake.seenPairs;
    this.#intake.queue.stage({
      id: screening.id,
      event,
      ready,
      append: () =>
        this.#decisionAppend(
          screening,
          {
            context,
            evaluation,
            lots,
            control,
            event,
            limits,
            seen,
            decidedAt,
            lapsesAt,
            evaluationUs,
          },
          shaded,
        ),
      // When nobody knows whether it was stored, what is held stays until it lapses, and the same request again finds it.
      caller: screening,
    });
    return waits ? ready.then(() => this.#intake.insert(event)) : undefined;
  }

  /** The lot of a payment that was drawn, once it is known whether the day's caps have room. */
  async #takeRoom(id: string, { lot, holds }: ControlDraw): Promise<ControlLot> {
    // What was let go stays counted until the day is over, whatever becomes of it.
    const until = Math.max(...holds.map(({ periodEnd }) => periodEnd)) + DAY_STAYS_MS;
    const room = await this.#intake.keeper.take(id, holds, until);
    return room ? { ...lot, letGo: true } : { ...lot, cap: 'full' };
  }

  /** The answer to a payment that was decided before. Throws REQUEST_ID_REUSED when it was another payment. */
  repeated(screening: Screening, { decision }: StoredEntry): void {
    if (decision === undefined)
      throw new TollgateError(
        'REQUEST_ID_REUSED',
        'the request id belongs to a payment that was recorded, not decided',
      );
    const { request } = decodePersonal(decision.personal);
    if (!this.#options.sameMessage('screen', request, screening.raw))
      throw new TollgateError('REQUEST_ID_REUSED', 'the request id was used in this site with other content');
    const record = JSON.parse(decision.record) as DecisionRecord;
    this.#options.observer.decided(record, true, 0);
    screening.done({ record, repeated: true });
  }

  #due({ rules, verdict, limitStates }: Evaluation, context: PaymentContext): DueLimit[] {
    if (limitStates.length === 0 || !goesOn(verdict.outcome)) return [];
    const { limits } = rules.program;
    const { toBaseMinor } = this.#options;
    const { event, zones, merchant } = context;
    return dueLimits(limits, limitStates, event, { toBaseMinor, zones, riskGrade: merchant.riskGrade });
  }

  #afterLimits({ rules, verdict }: Evaluation, context: PaymentContext, uses: readonly LimitUse[]) {
    return afterLimits(verdict, uses, context.event.baseMinor, rules.program.limitOf);
  }

  #eventOf(id: string, context: PaymentContext, place: Position, outcome: Outcome): StreamEvent {
    const { hash } = this.#options.rules;
    const attributes = context.event.attributes.slice();
    attributes[OUTCOME] = hash('outcome', outcome);
    attributes[PAYMENT] = hash('payment', id);
    const { kind, at, knownAt, paymentAt, minor, baseMinor } = context.event;
    const { log, seq } = place;
    return { log, seq, kind, at, knownAt, paymentAt, baseMinor, minor, attributes };
  }

  #decisionAppend(
    screening: Screening,
    parts: Pick<
      DecisionParts,
      | 'context'
      | 'evaluation'
      | 'lots'
      | 'control'
      | 'event'
      | 'limits'
      | 'seen'
      | 'decidedAt'
      | 'lapsesAt'
      | 'evaluationUs'
    >,
    shaded: readonly Shaded[],
  ): Append {
    const { id, raw, requestId } = screening;
    const payment = parts.context.input;
    const { baseCurrency, instrumentDigest, observer, rules, shadowing } = this.#options;
    const { record, entry } = decisionEntry({
      id,
      requestId,
      raw,
      context: parts.context,
      evaluation: parts.evaluation,
      lots: parts.lots,
      control: parts.control,
      event: parts.event,
      final: this.#afterLimits(parts.evaluation, parts.context, parts.limits),
      limits: parts.limits,
      flags: this.#flags(parts.context, parts.decidedAt),
      decidedAt: parts.decidedAt,
      lapsesAt: parts.lapsesAt,
      evaluationUs: parts.evaluationUs,
      baseCurrency,
      hash: rules.hash,
      instrument: instrumentDigest(payment),
      seen: parts.seen,
    });
    const holding = holdingOf(record);
    return {
      entry,
      holding,
      stored: () => {
        observer.decided(record, false, this.#nowUs() - screening.admittedUs);
        screening.done({ record, repeated: false });
        for (const { plan, more, evaluation } of shaded) shadowing.offer({ plan, more, evaluation, record });
      },
      // Another instance decided the same request at the same time and was first: its decision counts.
      duplicate: async () => {
        const first = await this.#intake.readBack(id);
        await this.#intake.keeper.giveBack(id, holding, knownPayment(first).holding);
        this.repeated(screening, first);
      },
    };
  }

  /** Beside an event time it was checked against that. Some know the day only, in their own time zone. */
  #checkRegistered({ customer: { registeredAt } }: PaymentInput, now: number): void {
    const { skewMs } = this.#options;
    if (registeredAt === undefined || registeredAt <= now + DAY_MS + skewMs) return;
    const description = `is after the service's clock by more than a day and the skew of ${durationText(skewMs)}`;
    throw invalidRequest([{ field: 'payment.customer.registered_at', description }]);
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

  #nowUs(): number {
    return this.#options.world.clock.monotonicUs();
  }
}
