import fc from 'fast-check';
import { ATTRIBUTES, STREAM_KINDS } from '../../../src/facts/attributes.js';
import type { Attribute } from '../../../src/facts/attributes.js';
import { createKeyHash } from '../../../src/facts/attributes/key-hash.js';
import type { StreamEvent } from '../../../src/facts/stream.js';
import { CLOCKS } from '../../../src/facts/velocity/specs/velocity-spec.js';
import type { Aggregate, VelocitySpec } from '../../../src/facts/velocity/specs/velocity-spec.js';
import { parseVelocity } from '../../../src/facts/velocity/specs/parse.js';
import type { Params } from '../../../src/facts/velocity/specs/parse.js';
import { HABIT_QUESTIONS, HISTORY_QUESTIONS } from '../../../src/facts/velocity/specs/specs.js';
import type { HabitSpec, HistorySpec } from '../../../src/facts/velocity/specs/specs.js';

/** A world small enough for everything to meet: few values, few moments, windows of the same size as the times. */
export const hashOf = createKeyHash(Uint8Array.from({ length: 32 }, (_, index) => index));
/** Noon of a day on which Europe's clocks go back, so that calendar windows have an odd day. */
export const START = Date.UTC(2026, 9, 25, 12);
export const HOUR = 3_600_000;
export const ZONES = { site: 'Europe/Paris', merchant: 'Australia/Lord_Howe' };

const VALUES: Partial<Record<Attribute, readonly string[]>> = {
  card: ['c1', 'c2', ''],
  account: ['a1', ''],
  email: ['e1', 'e2', ''],
  ip: ['i1', ''],
  bin: ['b1'],
  order: ['o1', 'o2', 'o3', ''],
  site: ['s1', 's2'],
  payment: ['p1', 'p2', 'p3', 'p4'],
  currency: ['EUR', 'USD'],
  label: ['fraud', 'good', ''],
  threeDs: ['authenticated', 'attempted', 'abandoned', 'failed', ''],
  liabilityShift: ['yes', 'no', ''],
  code: ['05', '51', ''],
  method: ['visa', ''],
  paymentKind: ['payment', 'card-check', ''],
};
const NAMES = Object.keys(VALUES) as Attribute[];
const BYS: readonly (readonly Attribute[])[] = [
  ['card'],
  ['account'],
  ['email'],
  ['ip'],
  ['bin'],
  ['card', 'email'],
  ['code', 'ip'],
  ['bin', 'currency'],
];

const attributes = fc
  .record(Object.fromEntries(NAMES.map((name) => [name, fc.constantFrom(...(VALUES[name] ?? ['']))])))
  // A card is its own account; what pays without one has an account alone.
  .map((chosen) => (chosen['card'] ? { ...chosen, account: chosen['card'] } : chosen))
  .map((chosen) => ATTRIBUTES.map((name) => hashOf(name, chosen[name] ?? '')));

/** A moment: often the same as another's, on whole hours, or just beside. */
export const moment = fc
  .tuple(fc.integer({ min: -60, max: 60 }), fc.constantFrom(0, 0, 0, 1, -1))
  .map(([hours, beside]) => START + hours * HOUR + beside);

const amount = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 1_000_000_000 }));

/** What is said of an event before it has its place. */
export type Draft = Omit<StreamEvent, 'log' | 'seq'>;

export const report: fc.Arbitrary<Draft> = fc
  .record({
    kind: fc.constantFrom(...STREAM_KINDS),
    at: moment,
    lag: fc.oneof(
      fc.constant(0),
      fc.integer({ min: -2, max: 30 }).map((hours) => hours * HOUR),
    ),
    ago: fc.oneof(
      fc.constant(0),
      fc.nat(40).map((hours) => hours * HOUR),
    ),
    minor: amount,
    baseMinor: fc.oneof({ weight: 5, arbitrary: amount }, { weight: 1, arbitrary: fc.constant(Number.NaN) }),
    attributes,
  })
  .map(({ lag, ago, ...rest }) => ({ ...rest, knownAt: rest.at + lag, paymentAt: rest.at - ago }));

/** A payment being decided: decided and known at its time, mostly. */
export const payment: fc.Arbitrary<Draft> = fc
  .tuple(report, fc.constantFrom(0, 0, 0, 0, HOUR))
  .map(([draft, lag]) => ({
    ...draft,
    kind: 'payment',
    knownAt: draft.at + lag,
    paymentAt: draft.at,
  }));

const window = fc.oneof(
  fc.constantFrom(1, HOUR, 3 * HOUR, 24 * HOUR, 60 * HOUR).map((ms) => ({ type: 'sliding' as const, ms })),
  fc.record({
    type: fc.constant('calendar' as const),
    unit: fc.constantFrom('day' as const, 'month' as const),
    zone: fc.constantFrom('site', 'merchant', 'America/Sao_Paulo'),
  }),
);

const filter = fc.constantFrom(...NAMES).chain((attribute) =>
  fc.record({
    attribute: fc.constant(attribute),
    values: fc.uniqueArray(fc.constantFrom(...(VALUES[attribute] ?? []).filter((value) => value !== '')), {
      minLength: 1,
      maxLength: 2,
    }),
    negated: fc.boolean(),
  }),
);

const functions = fc.oneof(
  fc.record({ fn: fc.constant('count' as const), of: fc.constant(undefined) }),
  fc.record({ fn: fc.constant('distinct' as const), of: fc.constantFrom(...NAMES) }),
  fc.record({
    fn: fc.constantFrom('sum' as const, 'avg' as const, 'max' as const, 'min' as const, 'stddev' as const),
    of: fc.constantFrom('amount' as const, 'amount:EUR' as const),
  }),
);

const aggregate: fc.Arbitrary<Aggregate> = fc
  .tuple(
    functions,
    fc.record({
      kinds: fc.oneof(
        fc.constant(['payment' as const]),
        fc.uniqueArray(fc.constantFrom(...STREAM_KINDS), { minLength: 1, maxLength: 12 }),
      ),
      filters: fc.array(filter, { maxLength: 2 }),
      window,
      clock: fc.constantFrom(...CLOCKS),
      oncePaid: fc.boolean(),
      includeCurrent: fc.boolean(),
    }),
  )
  .map(([what, rest]) => ({ ...what, ...rest, oncePaid: rest.oncePaid && what.fn === 'count' }));

export const velocity: fc.Arbitrary<VelocitySpec> = fc.record({
  by: fc.constantFrom(...BYS),
  value: aggregate,
  over: fc.option(aggregate, { nil: undefined }),
});

export const history: fc.Arbitrary<HistorySpec> = fc.record({
  by: fc.constantFrom(...BYS),
  what: fc.constantFrom(...HISTORY_QUESTIONS),
  ms: fc.constantFrom(HOUR, 24 * HOUR, 90 * HOUR),
  goodAfterMs: fc.constantFrom(0, HOUR, 20 * HOUR, 100 * HOUR),
});

export const habit: fc.Arbitrary<HabitSpec> = fc.record({
  by: fc.constantFrom(...BYS),
  what: fc.constantFrom(...HABIT_QUESTIONS),
  ms: fc.constantFrom(HOUR, 24 * HOUR, 90 * HOUR),
  minCount: fc.integer({ min: 1, max: 4 }),
});

export const questions = fc.record({
  velocities: fc.array(velocity, { minLength: 1, maxLength: 8 }),
  histories: fc.array(history, { maxLength: 4 }),
  habits: fc.array(habit, { maxLength: 2 }),
});

/** A velocity as rules ask for it. */
export function spec(params: Params): VelocitySpec {
  const parsed = parseVelocity(params);
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.ok;
}

/** A payment of these attributes, known at once. */
export function draftOf(values: Readonly<Record<string, string>>, at = START): Draft {
  const attributes = ATTRIBUTES.map((name) => hashOf(name, values[name] ?? ''));
  return { kind: 'payment', at, knownAt: at, paymentAt: at, minor: 100, baseMinor: 100, attributes };
}
