import { create } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import type { ArmReport, CanaryReport } from '../../../decisions/canary/canary-report.js';
import type {
  CanaryArm as WireArm,
  CanaryFinding as WireFinding,
  CanaryLimits as WireLimits,
  CanaryReport as WireReport,
  CanarySettings as WireCanary,
  RateLimit as WireRateLimit,
} from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import {
  CanaryArmSchema,
  CanaryFindingSchema,
  CanaryFindingState,
  CanaryLimitsSchema,
  CanaryMeasure,
  CanaryReportSchema,
  CanarySettingsSchema,
  CanaryState,
  DrawBy,
  RateLimitSchema,
} from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import { GUARDED_RATES, type GuardedRate } from '../../../rules/publish/arm-counts.js';
import { DEFAULT_LIMITS, type CanaryLimits, type RateLimit } from '../../../rules/publish/canary-limits.js';
import {
  DEFAULT_PLAN,
  type CanaryFinding,
  type CanaryJudgement,
  type FindingState,
} from '../../../rules/publish/guardrails.js';
import type { CanarySettings } from '../../../rules/publish/stage.js';
import { toPublication } from './publication.js';
import { fromMs } from './time.js';

/** How long a lot lasts where nothing is said, ms. */
const LOT_MS = 30 * 86_400_000;

const MEASURE: Readonly<Record<GuardedRate | 'latency', CanaryMeasure>> = {
  stopped: CanaryMeasure.STOPPED,
  reviewed: CanaryMeasure.REVIEWED,
  threeDs: CanaryMeasure.THREE_DS,
  challenged: CanaryMeasure.CHALLENGED,
  latency: CanaryMeasure.LATENCY,
};

const FOUND: Readonly<Record<FindingState, CanaryFindingState>> = {
  breached: CanaryFindingState.BREACHED,
  within: CanaryFindingState.WITHIN,
  open: CanaryFindingState.OPEN,
};

const STATE: Readonly<Record<CanaryJudgement['state'], CanaryState>> = {
  gathering: CanaryState.GATHERING,
  holding: CanaryState.HOLDING,
  breached: CanaryState.BREACHED,
};

/** The settings of a canary. */
export function toCanary({ share, by, periodMs, limits, plan }: CanarySettings): WireCanary {
  return create(CanarySettingsSchema, {
    share,
    by: by === 'card' ? DrawBy.CARD : DrawBy.CUSTOMER,
    period: durationFromMs(periodMs),
    limits: toLimits(limits),
    plan: { ...plan },
  });
}

/** Checked settings of a canary; what is left out is as the API says. */
export function fromCanary({ share, by, period, limits, plan }: WireCanary): CanarySettings {
  return {
    share,
    by: by === DrawBy.CUSTOMER ? 'customer' : 'card',
    periodMs: period === undefined ? LOT_MS : Number(period.seconds) * 1000,
    limits: limits === undefined ? DEFAULT_LIMITS : fromLimits(limits),
    plan: {
      first: plan?.first || DEFAULT_PLAN.first,
      growth: plan?.growth || DEFAULT_PLAN.growth,
      alpha: plan?.alpha || DEFAULT_PLAN.alpha,
    },
  };
}

/** Limits as they were said: what is absent is not judged. */
export function fromLimits({ latency, ...rates }: WireLimits): CanaryLimits {
  return {
    ...Object.fromEntries(
      GUARDED_RATES.flatMap((rate) => {
        const limit = rates[rate];
        return limit === undefined ? [] : [[rate, fromRateLimit(limit)]];
      }),
    ),
    ...(latency === undefined
      ? {}
      : { latency: { quantile: latency.quantile, maxFactor: latency.maxFactor } }),
  };
}

function fromRateLimit({ maxRise, maxDrop }: WireRateLimit): RateLimit {
  return {
    ...(maxRise === undefined ? {} : { maxRise }),
    ...(maxDrop === undefined ? {} : { maxDrop }),
  };
}

/** Limits as they are told; also for a caller that sets them. */
export function toLimits({ latency, ...rates }: CanaryLimits): WireLimits {
  return create(CanaryLimitsSchema, {
    ...Object.fromEntries(
      GUARDED_RATES.flatMap((rate) => {
        const limit = rates[rate];
        return limit === undefined ? [] : [[rate, create(RateLimitSchema, { ...limit })]];
      }),
    ),
    ...(latency === undefined ? {} : { latency: { ...latency } }),
  });
}

/** How a canary does. */
export function toCanaryReport(report: CanaryReport): WireReport {
  const { run, stableVersion, state, stable, canary, latest, nextLookAt, endedBy } = report;
  return create(CanaryReportSchema, {
    ruleSet: run.ruleSet,
    version: run.version,
    scope: run.scope,
    revision: BigInt(run.since),
    since: fromMs(run.sinceAt),
    stableVersion,
    settings: toCanary(run.settings),
    state: STATE[state],
    stable: toArm(stable),
    canary: toArm(canary),
    findings: (latest?.judgement.findings ?? []).map(toFinding),
    looks: latest?.look ?? 0,
    ...(latest === undefined ? {} : { lookedAt: fromMs(latest.at) }),
    nextLookAt: BigInt(nextLookAt),
    ...(endedBy === undefined ? {} : { endedBy: toPublication(endedBy) }),
  });
}

function toArm({ decisions, rates, latencyUs }: ArmReport): WireArm {
  return create(CanaryArmSchema, {
    decisions: BigInt(decisions),
    rates: rates.map(({ measure, count, rate, interval }) => ({
      measure: MEASURE[measure],
      count: BigInt(count),
      rate,
      low: interval.low,
      high: interval.high,
    })),
    p50Us: latencyUs.p50,
    p95Us: latencyUs.p95,
    p99Us: latencyUs.p99,
  });
}

function toFinding({ measure, state, stable, canary, interval, alpha, text }: CanaryFinding): WireFinding {
  return create(CanaryFindingSchema, {
    measure: MEASURE[measure],
    state: FOUND[state],
    stable,
    canary,
    low: interval.low,
    high: interval.high,
    alpha,
    text,
  });
}
