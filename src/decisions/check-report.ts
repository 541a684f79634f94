import { invalidRequest, type FieldViolation } from '../errors/errors.js';
import { ATTRIBUTE_INDEX, type Attribute, type StreamKind } from '../facts/attributes.js';
import type { StreamEvent } from '../facts/stream.js';
import type { EventInput } from './service.js';

/** What must be in the currency of its payment; disputes and what leads to them may be in another. */
const IN_ITS_CURRENCY: ReadonlySet<StreamKind> = new Set(['authorised', 'captured', 'refunded']);

/** What a report is judged by. */
export interface ReportTerms {
  /** When it arrives, epoch ms. */
  readonly now: number;
  /** How far clocks may be apart, ms. */
  readonly skewMs: number;
  readonly hash: (attribute: Attribute, value: string) => number;
}

/**
 * Throws INVALID_REQUEST when a report contradicts itself or its payment: known before it happened, or money in another
 * currency, or that it is about a payment of another amount. Nothing is refused for being old.
 */
export function checkReport(
  input: Pick<EventInput, 'kind' | 'eventTime' | 'arrivalTime' | 'amount' | 'payment'>,
  payment: StreamEvent,
  { now, skewMs, hash }: ReportTerms,
): void {
  const violations: FieldViolation[] = [];
  if (input.eventTime > (input.arrivalTime ?? now) + skewMs)
    violations.push({
      field: input.arrivalTime === undefined ? 'event_time' : 'arrival_time',
      description:
        input.arrivalTime === undefined
          ? `is more than ${skewMs / 1000} s after the time of arrival`
          : `is more than ${skewMs / 1000} s before event_time: nothing is known before it happens`,
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
 * currency, so that what is given back in full leaves nothing; else by today's. NaN: no rate.
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
  const product = baseMinor * amount.minor;
  if (Number.isSafeInteger(product)) return Math.round(product / minor);
  const [whole, half] = [BigInt(minor), BigInt(minor) / 2n];
  return Number((BigInt(baseMinor) * BigInt(amount.minor) + half) / whole);
}

function inCurrencyOf(
  { attributes }: StreamEvent,
  { currency }: { readonly currency: string },
  hash: ReportTerms['hash'],
): boolean {
  return attributes[ATTRIBUTE_INDEX.currency] === hash('currency', currency);
}
