import { invalidRequest, TollgateError } from '../../errors/errors.js';
import { ATTRIBUTE_INDEX } from '../../facts/attributes.js';
import type { StreamEvent } from '../../facts/stream.js';
import type { Recording } from './admissions.js';
import { knownPayment } from './append-queue.js';
import { checkReport, reportedBase } from './check-report.js';
import { keysOf, reportedEvent } from '../record/event-entry.js';
import type { Intake } from './intake.js';
import type { PipelineOptions } from './options.js';
import type { StoredEntry } from '../ports.js';
import type { EventInput } from '../decisions.js';

const PAYMENT = ATTRIBUTE_INDEX.payment;
const CURRENCY = ATTRIBUTE_INDEX.currency;
const SITE = ATTRIBUTE_INDEX.site;

/** Takes in reported events, and answers those that were recorded before. */
export class Reporting {
  readonly #options: PipelineOptions;
  readonly #intake: Intake;

  constructor(options: PipelineOptions, intake: Intake) {
    this.#options = options;
    this.#intake = intake;
  }

  /** Stages an event's entry and settles what its payment holds; a promise holds up what was admitted later. */
  report(recording: Recording, stored: StoredEntry | undefined): void | Promise<void> {
    const { input, id, alias, reference } = recording;
    if (this.#intake.queue.isStaged(reference)) {
      const sent = this.#intake.queue.send();
      if (sent !== undefined) return sent.then(() => this.report(recording, stored));
    }
    const known = recording.pending ?? this.#intake.queue.find(reference) ?? (stored && knownPayment(stored));
    this.#mustBelong(recording, known?.event);
    const event = this.#reportedEvent(recording, known?.event);
    const settled =
      known === undefined ? undefined : this.#intake.keeper.settle(known, input, event.baseMinor);
    this.#intake.insert(event);
    this.#intake.queue.stage({
      id,
      event,
      ready: settled,
      append: () => ({
        entry: { id, alias, event, keys: keysOf(event), decision: undefined, report: input.raw },
        holding: undefined,
        stored: () => {
          this.#options.observer.recorded(input.kind, false);
          recording.done({ eventId: input.eventId, seq: event.seq, repeated: false });
        },
        duplicate: async () => this.repeated(recording, await this.#intake.readBack(id)),
        taken: () => reused(input),
      }),
      caller: recording,
    });
    return undefined;
  }

  /** The answer to an event that was recorded before. Throws EVENT_ID_REUSED when it was another event. */
  repeated(recording: Recording, { report, event }: StoredEntry): void {
    const { input } = recording;
    if (report === undefined || !this.#options.sameMessage('event', report, input.raw)) throw reused(input);
    this.#options.observer.recorded(input.kind, true);
    recording.done({ eventId: input.eventId, seq: event.seq, repeated: true });
  }

  /**
   * Throws where an event of one site names a decision of another. Who is bound to sites is told the same of one that
   * there is not, and may not report ahead of it: it could be that of another site.
   */
  #mustBelong({ input, caller }: Recording, known: StreamEvent | undefined): void {
    const bound = caller?.sites !== undefined;
    const own = known?.attributes[SITE] === this.#options.rules.hash('site', input.site);
    if (own || (known === undefined && (!bound || input.decisionId === ''))) return;
    const description = bound ? 'is no decision of this site' : 'is a decision of another site';
    throw invalidRequest([{ field: 'decision_id', description }]);
  }

  #reportedEvent({ id, input, takenAt: now }: Recording, known: StreamEvent | undefined): StreamEvent {
    const { toBaseMinor, rules, journal, skewMs, onSkew } = this.#options;
    const payment = known ?? this.#paymentEvent(input, now);
    checkReport(input, payment, { now, skewMs, onSkew, hash: rules.hash });
    const { amount } = input;
    const base =
      amount === undefined
        ? { minor: payment.minor, baseMinor: payment.baseMinor }
        : { minor: amount.minor, baseMinor: reportedBase(amount, payment, rules.hash, toBaseMinor) };
    const place = { log: journal.log, seq: this.#intake.nextSeq(), knownAt: input.arrivalTime ?? now };
    const reported = reportedEvent(input, payment, place, base, rules.hash);
    const attributes = reported.attributes.slice();
    if (amount !== undefined) attributes[CURRENCY] = rules.hash('currency', amount.currency);
    if (attributes[PAYMENT] === 0) attributes[PAYMENT] = rules.hash('payment', paymentOf(input) ?? id);
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

function reused({ kind }: EventInput): TollgateError {
  const what = kind === 'payment' ? 'the event id or the request id' : 'the event id';
  return new TollgateError('EVENT_ID_REUSED', `${what} was used in this site with other content`);
}

/** What reports about a payment never seen belong together by: the order of its site. */
function paymentOf({ kind, site, payment }: EventInput): string | undefined {
  if (kind === 'payment' || payment === undefined || payment.orderId === '') return undefined;
  return `${site}/${payment.orderId}`;
}
