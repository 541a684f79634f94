import { create } from '@bufbuild/protobuf';
import canonicalize from 'canonicalize';
import type { DecisionDetail, ReplayOutput } from '../../../decisions/decisions.js';
import type { RuleExplanation as CoreRuleExplanation } from '../../../decisions/explanation.js';
import type {
  ConditionExplanation,
  GetDecisionResponse,
  ReplayDecisionResponse,
  RuleExplanation,
} from '../../../gen/tollgate/v1/decision_service_pb.js';
import {
  ConditionExplanationSchema,
  DecisionTraceSchema,
  FactValueSchema,
  GetDecisionResponseSchema,
  LogPositionSchema,
  ReplayDecisionResponseSchema,
  RuleExplanationSchema,
  RuleResultSchema,
  ScreenRequestSchema,
} from '../../../gen/tollgate/v1/decision_service_pb.js';
import type { ConditionExplanation as CoreCondition } from '../../../rules/explain/explanation.js';
import { decoderOf } from '../codec.js';
import { toDecision } from './decision.js';
import { RULE_STATE } from './vocabulary.js';

const readScreen = decoderOf(ScreenRequestSchema);

/** A decision, its request and, when asked for, what it was made from. */
export function toGetDecisionResponse(detail: DecisionDetail, withTrace: boolean): GetDecisionResponse {
  const response = create(GetDecisionResponseSchema, { decision: toDecision(detail.record) });
  if (detail.raw.length > 0) response.request = readScreen(detail.raw);
  if (withTrace) {
    response.trace = create(DecisionTraceSchema, {
      facts: detail.facts.map((fact) =>
        create(FactValueSchema, {
          fact: fact.fact,
          paramsJson: json(fact.params),
          valueJson: json(fact.value),
          source: fact.source,
        }),
      ),
      rules: detail.rules.map(({ ruleSet, rule, state }) =>
        create(RuleResultSchema, { ruleSet, rule, state: RULE_STATE[state] }),
      ),
      seen: detail.seen.map(({ log, seq }) => create(LogPositionSchema, { log, sequence: BigInt(seq) })),
      evaluationUs: BigInt(Math.round(detail.evaluationUs)),
    });
  }
  return response;
}

/** One rule, condition by condition. */
export function toRuleExplanation(rule: CoreRuleExplanation): RuleExplanation {
  return create(RuleExplanationSchema, {
    ruleSet: rule.ruleSet,
    rule: rule.rule,
    description: rule.description,
    state: RULE_STATE[rule.state],
    ...(rule.conditions === undefined ? {} : { conditions: toCondition(rule.conditions) }),
    text: rule.text,
  });
}

/** Recorded and evaluated again. */
export function toReplayResponse(output: ReplayOutput): ReplayDecisionResponse {
  return create(ReplayDecisionResponseSchema, {
    recorded: toDecision(output.recorded),
    replayed: toDecision(output.replayed),
    identical: output.identical,
    differences: [...output.differences],
  });
}

function toCondition(condition: CoreCondition): ConditionExplanation {
  return create(ConditionExplanationSchema, {
    kind: condition.kind,
    name: condition.name,
    result: condition.result,
    fact: condition.fact,
    paramsJson: json(condition.params),
    path: condition.path,
    operator: condition.operator,
    expectedJson: json(condition.expected),
    actualJson: json(condition.actual),
    text: condition.text,
    children: condition.children.map(toCondition),
  });
}

/** Canonical JSON; empty for nothing. */
export function json(value: unknown): string {
  return value === undefined ? '' : (canonicalize(value) ?? '');
}
