import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { KnownRun, ShadowReport } from '../../../decisions/shadow/shadow-reports.js';
import type { DecisionDifference } from '../../../decisions/shadow/shadow-store.js';
import { RuleState } from '../../../gen/tollgate/v1/decision_service_pb.js';
import {
  ShadowDifferenceSchema,
  ShadowReportSchema,
  ShadowRunSchema,
  type ShadowCountSchema,
  type ShadowDifference,
  type ShadowDroppedSchema,
  type ShadowReport as WireReport,
  type ShadowRun,
  type ShadowVerdictSchema,
} from '../../../gen/tollgate/v1/rule_shadow_pb.js';
import type { PairedState, Said } from '../../../rules/publish/shadow-difference.js';
import type { Counted, RuleTally, ShadowTally, Transitions } from '../../../rules/publish/shadow-tally.js';
import { toMoney } from './decision.js';
import { fromMs } from './time.js';
import { OUTCOME, RULE_STATE, SCA_EXEMPTION, THREE_DS_DEMAND } from './vocabulary.js';

/** A run. */
export function toShadowRun({ ruleSet, version, scope, since, running, lastAt }: KnownRun): ShadowRun {
  const last = lastAt === undefined ? {} : { lastAt: fromMs(lastAt) };
  return create(ShadowRunSchema, { ruleSet, version, scope, revision: BigInt(since), running, ...last });
}

/** What would have changed: what did not occur is left out. */
export function toShadowReport({ run, total, against, baseCurrency }: ShadowReport): WireReport {
  const differing = ({ onlyLive, onlyShadow }: RuleTally): number => onlyLive.count + onlyShadow.count;
  const rules = Object.entries(total.rules)
    .toSorted(([a, one], [b, other]) => differing(other) - differing(one) || (a < b ? -1 : 1))
    .map(([rule, counted]) => ({
      rule,
      liveHits: BigInt(counted.liveHits),
      shadowHits: BigInt(counted.shadowHits),
      onlyLive: toCount(counted.onlyLive),
      onlyShadow: toCount(counted.onlyShadow),
    }));
  return create(ShadowReportSchema, {
    run: toShadowRun(run),
    compared: BigInt(total.compared),
    dropped: toDropped(total),
    degradedLive: BigInt(total.degradedLive),
    degradedShadow: BigInt(total.degradedShadow),
    unpriced: BigInt(total.unpriced),
    changed: toCount(total.changed),
    outcomes: cells(total.outcomes, OUTCOME),
    threeDs: cells(total.threeDs, THREE_DS_DEMAND),
    rules,
    against: against.map(({ version, tally }) => ({
      version,
      compared: BigInt(tally.compared),
      dropped: toDropped(tally),
      changed: toCount(tally.changed),
    })),
    baseCurrency,
    differencesKept: BigInt(run.kept),
    differencesLeft: BigInt(run.left),
  });
}

/** How live and shadow differed on a payment. */
export function toShadowDifference(one: DecisionDifference, baseCurrency: string): ShadowDifference {
  const { decision, site, at, baseMinor, liveVersion, verdictDiffers, live, shadow, rules } = one;
  return create(ShadowDifferenceSchema, {
    decisionId: decision,
    site,
    eventTime: fromMs(at),
    ...(baseMinor === null ? {} : { baseAmount: toMoney(baseMinor, baseCurrency) }),
    liveVersion,
    verdictDiffers,
    live: toVerdict(live),
    shadow: toVerdict(shadow),
    rules: rules.map(({ rule, live: a, shadow: b }) => ({ rule, live: toState(a), shadow: toState(b) })),
  });
}

function toVerdict(said: Said): MessageInitShape<typeof ShadowVerdictSchema> {
  return {
    outcome: OUTCOME[said.outcome],
    threeDs: THREE_DS_DEMAND[said.threeDs],
    exemption: SCA_EXEMPTION[said.exemption],
    reasons: [...said.reasons],
    scores: Object.entries(said.scores).map(([ruleSet, score]) => ({ ruleSet, score })),
  };
}

function toState(state: PairedState): RuleState {
  return state === 'absent' ? RuleState.UNSPECIFIED : RULE_STATE[state];
}

function toCount({ count, baseMinor }: Counted): MessageInitShape<typeof ShadowCountSchema> {
  return { payments: BigInt(count), baseMinor: BigInt(baseMinor) };
}

function toDropped({ dropped }: ShadowTally): MessageInitShape<typeof ShadowDroppedSchema> {
  const { busy, cold, closing, failed } = dropped;
  return { busy: BigInt(busy), cold: BigInt(cold), closing: BigInt(closing), failed: BigInt(failed) };
}

function cells<T extends string, E>(
  transitions: Transitions<T>,
  names: Readonly<Record<T, E>>,
): { live: E; shadow: E; counted: MessageInitShape<typeof ShadowCountSchema> }[] {
  const all = Object.keys(names) as T[];
  return all.flatMap((live) =>
    all
      .map((shadow) => ({ live, shadow, counted: transitions[live][shadow] }))
      .filter(({ counted }) => counted.count > 0)
      .map(({ shadow, counted }) => ({
        live: names[live],
        shadow: names[shadow],
        counted: toCount(counted),
      })),
  );
}
