import { Outcome, ThreeDsDemand } from '../../gen/tollgate/v1/decision_service_pb.js';
import type { Caught, Sum, Tally } from './tally.js';

/** A number of payments and its share of all decisions. */
export interface Count {
  readonly count: number;
  /** 0 to 1. */
  readonly share: number;
}

/** How well a bar told fraud from good payments. Money in minor units of the base currency; shares 0 to 1. */
export interface Judged {
  readonly fraudPayments: number;
  readonly fraudPaymentShare: number;
  readonly fraudMoney: number;
  readonly fraudMoneyShare: number;
  /** Fraud among all that was stopped; null when nothing was. */
  readonly precision: number | null;
  readonly goodPayments: number;
  readonly goodPaymentShare: number;
  readonly goodMoney: number;
  readonly goodMoneyShare: number;
}

/** What the truth says about the decisions; only payments whose truth is known are in it. */
export interface LabelSummary {
  readonly baseCurrency: string;
  readonly fraud: Sum;
  readonly good: Sum;
  /** Outcome reject or block. */
  readonly stopped: Judged;
  /** Outcome review, reject or block. */
  readonly stoppedOrReviewed: Judged;
  readonly kinds: readonly {
    readonly kind: string;
    readonly payments: number;
    readonly stopped: number;
    readonly stoppedOrReviewed: number;
  }[];
}

/** What `replay-stream` and `simulate` end with. */
export interface Summary {
  readonly decisions: number;
  /** Of them, answered from the store because they had been decided before. */
  readonly repeated: number;
  readonly events: number;
  readonly repeatedEvents: number;
  readonly outcomes: Readonly<Record<string, Count>>;
  readonly threeDs: Readonly<Record<string, Count>>;
  /** The ten rules that hit most. */
  readonly topRules: readonly ({ readonly rule: string } & Count)[];
  readonly degraded: number;
  readonly unknownSite: number;
  readonly withoutBaseAmount: number;
  readonly errors: readonly { readonly code: string; readonly count: number; readonly example: string }[];
  readonly wallSeconds: number;
  readonly decisionsPerSecond: number;
  /** From sending a batch to its answer, for each decision. */
  readonly latencyMs: {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly max: number;
  };
  readonly labels: LabelSummary | null;
}

const TOP_RULES = 10;

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
const tenth = (value: number): number => Math.round(value * 10) / 10;

function named(numbers: ReadonlyMap<number, number>, names: Readonly<Record<number, string>>, total: number) {
  return Object.fromEntries(
    [...numbers]
      .sort(([a], [b]) => a - b)
      .map(([key, count]) => {
        const name = (names[key] ?? String(key)).toLowerCase();
        return [name, { count, share: share(count, total) }];
      }),
  );
}

function judged(bar: Caught, known: Caught): Judged {
  const all = bar.fraud.payments + bar.good.payments;
  return {
    fraudPayments: bar.fraud.payments,
    fraudPaymentShare: share(bar.fraud.payments, known.fraud.payments),
    fraudMoney: bar.fraud.money,
    fraudMoneyShare: share(bar.fraud.money, known.fraud.money),
    precision: all === 0 ? null : bar.fraud.payments / all,
    goodPayments: bar.good.payments,
    goodPaymentShare: share(bar.good.payments, known.good.payments),
    goodMoney: bar.good.money,
    goodMoneyShare: share(bar.good.money, known.good.money),
  };
}

function labelSummary(tally: Tally): LabelSummary | null {
  const { known } = tally;
  if (known.fraud.payments + known.good.payments === 0) return null;
  return {
    baseCurrency: tally.baseCurrency,
    fraud: { ...known.fraud },
    good: { ...known.good },
    stopped: judged(tally.stopped, known),
    stoppedOrReviewed: judged(tally.checked, known),
    kinds: [...tally.kinds]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([kind, { payments, stopped, checked }]) => ({
        kind,
        payments,
        stopped,
        stoppedOrReviewed: checked,
      })),
  };
}

/** Sums up what was counted in `wallMs` milliseconds. */
export function summarise(tally: Tally, wallMs: number): Summary {
  const total = tally.decisions;
  const { latency } = tally;
  const top = [...tally.rules].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, TOP_RULES);
  return {
    decisions: total,
    repeated: tally.repeated,
    events: tally.events,
    repeatedEvents: tally.repeatedEvents,
    outcomes: named(tally.outcomes, Outcome, total),
    threeDs: named(tally.threeDs, ThreeDsDemand, total),
    topRules: top.map(([rule, count]) => ({ rule, count, share: share(count, total) })),
    degraded: tally.degraded,
    unknownSite: tally.unknownSite,
    withoutBaseAmount: tally.withoutBase,
    errors: [...tally.errors].map(([code, { count, example }]) => ({ code, count, example })),
    wallSeconds: Math.round(wallMs) / 1000,
    decisionsPerSecond: tenth(share(total, wallMs / 1000)),
    latencyMs: {
      p50: tenth(latency.percentile(0.5)),
      p90: tenth(latency.percentile(0.9)),
      p99: tenth(latency.percentile(0.99)),
      max: tenth(latency.max),
    },
    labels: labelSummary(tally),
  };
}
