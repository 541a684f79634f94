import { invalidRequest, type FieldViolation } from '../../errors/errors.js';
import { ATTRIBUTE_INDEX, type Attribute, type StreamKind } from '../../facts/attributes.js';
import type { StreamEvent } from '../../facts/stream.js';
import { mulDiv } from '../../money/fraction.js';
import { durationText } from '../../world/duration.js';
import type { EventInput } from '../decisions.js';

/** What must be in the currency of its payment; disputes and what leads to them may be in another. */
const IN_ITS_CURRENCY: ReadonlySet<StreamKind> = new Set(['authorised', 'captured', 'refunded']);

/** How far a report may be from the time to come, ms, where the skew is less: clocks that differ by minutes are usual. */
const AHEAD_MS = 300_000;

/** What a report is judged by. */
export interface ReportTerms {
  /** When it arrives, epoch ms. */
  readonly now: number;
  /** How far clocks may be apart, ms. */
  readonly skewMs: number;
  /** Whether an arrival in time to come is refused; else it counts from then on, as in a replay of made-up days. */
  readonly onSkew: 'flag' | 'refuse';
  readonly hash: (attribute: Attribute, value: string) => number;
}

/**
 * Throws INVALID_REQUEST when a report contradicts itself or its payment: known before it happened, money in another
 * currency, or about a payment of another amount; and, where skew is refused, when it is known in time to come. Nothing is
 * refused for being old.
 */
export function checkReport(
  input: Pick<EventInput, 'kind' | 'eventTime' | 'arrivalTime' | 'amount' | 'payment'>,
  payment: StreamEvent,
  { now, skewMs, onSkew, hash }: ReportTerms,
): void {
  const violations: FieldViolation[] = [];
  if (input.eventTime > (input.arrivalTime ?? now) + skewMs)
    violations.push({
      field: input.arrivalTime === undefined ? 'event_time' : 'arrival_time',
      description:
        input.arrivalTime === undefined
          ? `is after the time of arrival by more than the skew of ${durationText(skewMs)}`
          : `is before event_time by more than the skew of ${durationText(skewMs)}: nothing is known before it happens`,
    });
  const ahead = Math.max(AHEAD_MS, skewMs);
  if (onSkew === 'refuse' && input.arrivalTime !== undefined && input.arrivalTime > now + ahead)
    violations.push({
      field: 'arrival_time',
      description: `is after the service's clock by more than ${durationText(ahead)}: nobody knows it yet`,
    });
  if (
    input.amount !== undefined &&
    IN_ITS_CURRENCY.has(input.kind) &&
    !inCurrencyOf(payment, input.amount, hash)
  )
    violations.push({
      field: 'amount.currency',
      description: `is not that of the payment, as for ${input.kind} it must be`,
    });
  const own = input.payment;
  if (own !== undefined && (own.minor !== payment.minor || !inCurrencyOf(payment, own, hash)))
    violations.push({
      field: 'payment.amount',
      description: 'is not that of the payment which decision_id or request_id names',
    });
  if (violations.length > 0) throw invalidRequest(violations);
}

/**
 * What of an amount counts, minor units of the base currency: by the rate of the payment's admission where they share a
 * currency, so that what is given back in full leaves nothing; else by today's. Each part of an amount is rounded by
 * itself, half to even as at admission: parts may come to a little more or less than the whole. NaN: no rate.
 */
export function reportedBase(
  amount: { readonly minor: number; readonly currency: string },
  payment: StreamEvent,
  hash: ReportTerms['hash'],
  toBaseMinor: (minor: number, currency: string) => number | undefined,
): number {
  const { minor, baseMinor } = payment;
  if (minor === 0 || Number.isNaN(baseMinor) || !inCurrencyOf(payment, amount, hash))
    return toBaseMinor(amount.minor, amount.currency) ?? Number.NaN;
  return mulDiv(baseMinor, amount.minor, minor, 'half-even') ?? Number.NaN;
}

function inCurrencyOf(
  { attributes }: StreamEvent,
  { currency }: { readonly currency: string },
  hash: ReportTerms['hash'],
): boolean {
  return attributes[ATTRIBUTE_INDEX.currency] === hash('currency', currency);
}
