import type { Attribute, StreamKind } from '../../attributes.js';

/** What is computed. */
export const VELOCITY_FUNCTIONS = [
  'count',
  'sum',
  'distinct',
  'avg',
  'max',
  'min',
  'stddev',
  'ratio',
] as const;
export type VelocityFunction = (typeof VELOCITY_FUNCTIONS)[number];

/** Stands among kinds of events for `authorised` and `captured`, of one payment counted once. */
export const SUCCEEDED = 'succeeded';

/** Which time a window goes by: when it happened, when it became known, or when the payment it is about was made. */
export const CLOCKS = ['event', 'known', 'payment'] as const;
export type Clock = (typeof CLOCKS)[number];

/** (t - ms, t] by a clock. */
export interface SlidingWindow {
  readonly type: 'sliding';
  readonly ms: number;
}

/** From the start of the calendar day or month of t in a time zone to t, both included. */
export interface CalendarWindow {
  readonly type: 'calendar';
  readonly unit: 'day' | 'month';
  /** `site`, `merchant` or an IANA name. */
  readonly zone: string;
}

/** One condition on an attribute: its value is (or, negated, is not) among the given ones. Absent never matches `in`. */
export interface AttributeFilter {
  readonly attribute: Attribute;
  readonly values: readonly string[];
  readonly negated: boolean;
}

/** One aggregate over the stream, parsed from the params of a `velocity` fact. */
export interface Aggregate {
  readonly fn: Exclude<VelocityFunction, 'ratio'>;
  /** `distinct`: an attribute. `sum`, `avg`, `max`, `min`, `stddev`: `amount` (base minor units) or `amount:EUR`. */
  readonly of: Attribute | 'amount' | `amount:${string}` | undefined;
  readonly kinds: readonly StreamKind[];
  readonly filters: readonly AttributeFilter[];
  readonly window: SlidingWindow | CalendarWindow;
  /** Which time the window goes by. Default: `known` where all kinds are reports, `payment` for what succeeded, else `event`. */
  readonly clock: Clock;
  /** `count`: authorisations and captures of one payment count once together (`succeeded`). */
  readonly oncePaid: boolean;
  /** Whether the payment being decided counts, as if it were already in the stream. */
  readonly includeCurrent: boolean;
}

/** A velocity: one aggregate, or the ratio of two, by the same key. */
export interface VelocitySpec {
  /** Attribute names, sorted; at least one is a key attribute. */
  readonly by: readonly Attribute[];
  readonly value: Aggregate;
  /** For `ratio`: what `value` is divided by. */
  readonly over: Aggregate | undefined;
}

/** Whether it looks at what was decided about earlier payments. */
export function asksOutcome({ by, value, over }: VelocitySpec): boolean {
  const aggregates = over === undefined ? [value] : [value, over];
  return (
    by.includes('outcome') ||
    aggregates.some(
      ({ of, filters }) => of === 'outcome' || filters.some(({ attribute }) => attribute === 'outcome'),
    )
  );
}
