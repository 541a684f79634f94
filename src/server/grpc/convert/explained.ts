import { create } from '@bufbuild/protobuf';
import type {
  Explanation,
  FactExplanation as CoreFact,
  LimitExplanation as CoreLimit,
  NearMiss as CoreMiss,
  ScoreExplanation as CoreScore,
  SourceExplanation as CoreSource,
  VersionExplanation as CoreVersion,
} from '../../../decisions/explanation.js';
import {
  ExplainDecisionResponseSchema,
  FactChangeSchema,
  FactExplanationSchema,
  FactValueSchema,
  LimitExplanationSchema,
  ListMembershipSchema,
  NearMissSchema,
  Outcome,
  ScoreExplanationSchema,
  SourceExplanationSchema,
  ThreeDsDemand,
  ThresholdExplanationSchema,
  VersionActivationSchema,
  VersionApprovalSchema,
  VersionExplanationSchema,
  type ExplainDecisionResponse,
  type FactExplanation,
  type LimitExplanation,
  type ListMembership,
  type NearMiss,
  type ScoreExplanation,
  type SourceExplanation,
  type VersionExplanation,
} from '../../../gen/tollgate/v1/decision_service_pb.js';
import { toDecision, toLimitUse, toRuleSetRef } from './decision.js';
import { json, toRuleExplanation } from './explanation.js';
import { fromMs } from './time.js';
import { OUTCOME, RULE_STATE, THREE_DS_DEMAND } from './vocabulary.js';

/** Why a decision came out as it did. */
export function toExplainResponse(explanation: Explanation): ExplainDecisionResponse {
  const { record, sources } = explanation;
  return create(ExplainDecisionResponseSchema, {
    decision: toDecision(record),
    rules: explanation.rules.map(toRuleExplanation),
    summary: [...explanation.summary],
    headline: [...explanation.headline],
    nearMisses: explanation.nearMisses.map(toNearMiss),
    scores: explanation.scores.map(toScore),
    limits: explanation.limits.map(toLimit),
    facts: explanation.facts.map((fact) => toFact(fact, sources)),
    sources: sources.map(toSource),
    versions: explanation.versions.map(toVersion),
    threeDsCannotRun: record.authentication === 'possible' ? '' : record.authentication,
  });
}

function toNearMiss(miss: CoreMiss): NearMiss {
  const { instead } = miss;
  return create(NearMissSchema, {
    ruleSet: miss.ruleSet,
    rule: miss.rule,
    description: miss.description,
    state: RULE_STATE[miss.state],
    asks: miss.asks === 'score' ? Outcome.UNSPECIFIED : OUTCOME[miss.asks],
    threeDs: THREE_DS_DEMAND[miss.threeDs],
    reason: miss.reason,
    score: miss.score,
    changes: miss.changes.map((change) =>
      create(FactChangeSchema, {
        fact: change.fact,
        paramsJson: json(change.params),
        path: change.path,
        kind: change.kind,
        actualJson: json(change.actual),
        neededJson: json(change.needed),
        gap: change.gap,
        gapShare: change.share,
        text: change.text,
      }),
    ),
    held: miss.held,
    thenOutcome: instead === undefined ? Outcome.UNSPECIFIED : OUTCOME[instead.outcome],
    thenThreeDs: instead === undefined ? ThreeDsDemand.UNSPECIFIED : THREE_DS_DEMAND[instead.threeDs],
    text: miss.text,
  });
}

function toScore({ ruleSet, score, unknown, thresholds, text }: CoreScore): ScoreExplanation {
  return create(ScoreExplanationSchema, {
    ruleSet,
    score,
    unknown,
    thresholds: thresholds.map((one) =>
      create(ThresholdExplanationSchema, {
        score: one.score,
        outcome: OUTCOME[one.outcome],
        threeDs: THREE_DS_DEMAND[one.threeDs ?? 'none'],
        reason: one.reason,
        reached: one.reached,
      }),
    ),
    text,
  });
}

function toLimit({ use, description, roomLeft, asks, text }: CoreLimit): LimitExplanation {
  return create(LimitExplanationSchema, {
    use: toLimitUse(use),
    description,
    ...(roomLeft === undefined ? {} : { roomLeftMinor: BigInt(roomLeft) }),
    asks: asks === undefined ? Outcome.UNSPECIFIED : OUTCOME[asks],
    text,
  });
}

function toFact(one: CoreFact, sources: readonly CoreSource[]): FactExplanation {
  return create(FactExplanationSchema, {
    value: create(FactValueSchema, {
      fact: one.fact,
      paramsJson: json(one.params),
      valueJson: json(one.value),
      source: one.source,
    }),
    sources: one.sources.map((source) => sources.indexOf(source)),
    ...moment(one),
    ...membershipOf(one),
    readBy: [...one.readBy],
    text: one.text,
  });
}

function membershipOf({ membership }: CoreFact): { readonly membership?: ListMembership } {
  if (membership === undefined) return {};
  const { since, until, actor, reason, source } = membership;
  const told = { since: fromMs(since), actor, reason, source };
  return {
    membership: create(ListMembershipSchema, until === undefined ? told : { ...told, until: fromMs(until) }),
  };
}

function toSource(source: CoreSource): SourceExplanation {
  const { origin, id, revision, text } = source;
  return create(SourceExplanationSchema, {
    origin,
    id,
    ...(revision === undefined ? {} : { revision: BigInt(revision) }),
    ...moment(source),
    text,
  });
}

function moment({ asOf, age }: Pick<CoreSource, 'asOf' | 'age'>) {
  return {
    ...(asOf === undefined ? {} : { asOf: fromMs(asOf) }),
    ...(age === undefined ? {} : { ageMs: BigInt(Math.round(age)) }),
  };
}

function toVersion({ provenance, text, ...ref }: CoreVersion): VersionExplanation {
  const told = { ref: toRuleSetRef(ref), stored: provenance !== undefined, text };
  if (provenance === undefined) return create(VersionExplanationSchema, told);
  const { author, createdAt, comment, activation, approvals } = provenance;
  return create(VersionExplanationSchema, {
    ...told,
    author,
    createdAt: fromMs(createdAt),
    comment,
    ...(activation === undefined
      ? {}
      : {
          activation: create(VersionActivationSchema, {
            step: activation.step,
            actor: activation.actor,
            reason: activation.reason,
            at: fromMs(activation.at),
            revision: BigInt(activation.revision),
          }),
        }),
    approvals: approvals.map(({ actor, comment: said, at, development = false }) =>
      create(VersionApprovalSchema, { actor, comment: said, at: fromMs(at), development }),
    ),
  });
}
