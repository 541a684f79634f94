import type { StreamKind } from '../facts/attributes.js';
import type { PaymentInput } from '../facts/payment.js';
import type {
  CaseFile,
  CaseForm,
  EventEntry,
  EventForm,
  Expectation,
  FollowForm,
  PaymentEntry,
} from './case-file.js';
import { durationOf, momentOf } from './moments.js';
import { CaseProblem, mergeForms, moment, moneyOf, numbered, paymentOf, type Money } from './payment-form.js';

/** A Monday at noon, far from any day's or month's end. */
const DEFAULT_NOW = '2026-03-02T12:00:00Z';

/** One thing that happens in a rehearsal. `at` is when it becomes known, epoch ms. */
export type Step = PaymentStep | EventStep;

/** A payment to decide. */
export interface PaymentStep {
  readonly kind: 'payment';
  readonly at: number;
  /** Unique in the case. */
  readonly id: string;
  /** Where in the file, for messages. */
  readonly place: string;
  readonly payment: PaymentInput;
  readonly facts: PaymentEntry['facts'];
  readonly used: PaymentEntry['used'];
  readonly expect: Expectation | undefined;
}

/** Something reported about a payment. */
export interface EventStep {
  readonly kind: 'event';
  readonly at: number;
  readonly happenedAt: number;
  readonly of: string;
  readonly place: string;
  readonly event: StreamKind;
  readonly amount: Money | undefined;
  readonly form: EventForm;
}

/** What happens in a case, in the order in which it becomes known. Throws CaseProblem. */
export function timelineOf(form: CaseForm, file: CaseFile): readonly Step[] {
  const now = momentOf(form.now ?? file.now ?? DEFAULT_NOW, 0);
  if (Number.isNaN(now)) throw new CaseProblem(`now: there is no ${form.now ?? file.now ?? ''}`);
  const steps = form.stream.flatMap((entry, index) => {
    const place = `stream[${index}]`;
    return 'payment' in entry ? payments(entry, place, now, form, file) : [eventStep(entry, place, now)];
  });
  const ordered = steps.toSorted((a, b) => a.at - b.at);
  checkReferences(ordered);
  return withFinalExpectation(ordered, form.expect);
}

function payments(entry: PaymentEntry, place: string, now: number, form: CaseForm, file: CaseFile): Step[] {
  const count = entry.repeat ?? 1;
  const first = moment(entry.at, now, place);
  const every = durationOf(entry.every ?? '1s');
  const merged = mergeForms(file.defaults, form.defaults, entry.payment);
  const follows = entry.followedBy === undefined ? [] : [entry.followedBy].flat();
  if (count > 1 && entry.id !== undefined && !entry.id.includes('{n}'))
    throw new CaseProblem(`${place}: the id of a repeated payment needs {n}`);
  return Array.from({ length: count }, (_, index) => {
    const n = index + 1;
    const at = first + index * every;
    const id = numbered(entry.id ?? `${place}/{n}`, n);
    const where = count === 1 ? place : `${place}, payment ${n} of ${count}`;
    const step: PaymentStep = {
      kind: 'payment',
      at,
      id,
      place: where,
      payment: paymentOf(numbered(merged, n), now),
      facts: entry.facts,
      used: entry.used,
      expect: n === count ? entry.expect : undefined,
    };
    return [step, ...follows.map((follow) => followStep(numbered(follow, n), step, now))];
  }).flat();
}

function followStep(form: FollowForm, payment: PaymentStep, now: number): EventStep {
  const at = payment.at + durationOf(form.after ?? '1s');
  return reported(form, payment.id, at, `${payment.place}, followed by ${form.event}`, now);
}

function eventStep(entry: EventEntry, place: string, now: number): EventStep {
  return reported(entry, entry.of, moment(entry.at, now, place), place, now);
}

function reported(form: EventForm, of: string, at: number, place: string, now: number): EventStep {
  return {
    kind: 'event',
    at,
    happenedAt: form.happened === undefined ? at : moment(form.happened, now, place),
    of,
    place,
    event: form.event as StreamKind,
    amount: form.amount === undefined ? undefined : moneyOf(form.amount),
    form,
  };
}

function checkReferences(steps: readonly Step[]): void {
  const known = new Set<string>();
  for (const step of steps) {
    if (step.kind === 'event') {
      if (!known.has(step.of))
        throw new CaseProblem(`${step.place}: no payment before it has the id "${step.of}"`);
    } else {
      if (known.has(step.id)) throw new CaseProblem(`${step.place}: two payments have the id "${step.id}"`);
      known.add(step.id);
    }
  }
}

function withFinalExpectation(steps: readonly Step[], expect: Expectation | undefined): readonly Step[] {
  const last = steps.findLastIndex(({ kind }) => kind === 'payment');
  const step = steps[last];
  if (step?.kind !== 'payment') throw new CaseProblem('the stream holds no payment');
  if (expect === undefined) {
    if (steps.some((one) => one.kind === 'payment' && one.expect !== undefined)) return steps;
    throw new CaseProblem('nothing is expected: add "expect" to the case or to a payment');
  }
  if (step.expect !== undefined)
    throw new CaseProblem(
      `the last payment (${step.place}) has an "expect" of its own beside that of the case`,
    );
  return steps.with(last, { ...step, expect });
}
