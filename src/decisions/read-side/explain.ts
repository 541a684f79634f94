import type { FactCatalogue } from '../../rules/catalogue.js';
import type { CumulativeLimit } from '../../rules/document/document.js';
import { slotKey } from '../../rules/document/resolve.js';
import type { ConditionReader } from '../../rules/explain/condition-reader.js';
import { explainNode } from '../../rules/explain/explain.js';
import type { FactOf } from '../../rules/explain/near-miss.js';
import type { FactValue, Program, RuleSetVersion } from '../../rules/program.js';
import type { Provenance } from '../../rules/versions/provenance.js';
import type { Explanation, ExplainOptions, ListMembership, RuleExplanation } from '../explanation.js';
import { decisionSummary, headlineOf } from './decision-summary.js';
import { factsRead, type Reader } from './facts-read.js';
import { keptRules, type KeptRule } from './kept-rules.js';
import { limitsOf } from './limit-room.js';
import { nearMisses } from './near-misses.js';
import type { KeptDecision } from './replay.js';
import { scoresOf } from './scores.js';
import { sourcesOf } from './sources.js';
import { versionText } from './version-text.js';

/** A decision and what it is explained by. */
export interface Explainable {
  readonly kept: KeptDecision;
  /** Those of the decision that are still stored as they were. */
  readonly versions: readonly RuleSetVersion[];
  /** All of them compiled; undefined: some are not stored any more. */
  readonly program: Program | undefined;
  readonly nodeOf: ConditionReader;
  /** In the order of the record's rule sets. */
  readonly provenances: readonly (Provenance | undefined)[];
  /** Of lists that the payment was on, by `Read.key`; those that are still known. */
  readonly memberships: ReadonlyMap<string, ListMembership>;
  readonly catalogue: FactCatalogue;
}

/** Says why a decision came out as it did, and what would have changed it. Pure: reads nothing but what was kept. */
export function explainDecision(
  told: Explainable,
  { allRules, nearMisses: limit }: ExplainOptions,
): Explanation {
  const { kept, versions, program, nodeOf, provenances, catalogue } = told;
  const { record, trace, layout, values } = kept;
  const factOf = factsOf(kept);
  const all = keptRules(layout, trace, versions);
  const shown = all.filter(({ state }) => allRules || (state !== 'no-hit' && state !== 'skipped'));
  const misses = nearMisses({ record, rules: all, factOf, nodeOf, catalogue, program }, limit);
  const limitOf = (ruleSet: string, name: string): CumulativeLimit | undefined =>
    versions.find((one) => one.ruleSet === ruleSet)?.document.limits?.find((one) => one.name === name);
  const missed = all.filter(({ ruleSet, name }) =>
    misses.some((miss) => miss.ruleSet === ruleSet && miss.rule === name),
  );
  const sources = sourcesOf(record, trace, layout, catalogue);
  const readers = [...ruleReaders([...shown, ...missed]), ...limitReaders(kept, versions, limitOf)];
  const parts = {
    headline: headlineOf(record, versions),
    rules: shown.map((rule) => ruleExplanation(rule, factOf, nodeOf)),
    nearMisses: misses,
    scores: scoresOf(record, versions),
    limits: limitsOf(record, limitOf),
    facts: factsRead(readers, nodeOf, layout, values, sources, told.memberships),
    sources: sources.all,
    versions: record.ruleSets.map(({ ruleSet, version, hash }, at) => {
      const provenance = versions.some((one) => one.ruleSet === ruleSet) ? provenances[at] : undefined;
      return { ruleSet, version, hash, provenance, text: versionText(ruleSet, version, provenance) };
    }),
  };
  return { record, ...parts, summary: decisionSummary(parts) };
}

function factsOf({ layout, values }: KeptDecision): FactOf {
  const byKey = new Map<string, FactValue>(
    layout.slots.map(({ fact, params }, index) => [slotKey(fact, params), values[index]]),
  );
  return (key) => byKey.get(key);
}

function ruleExplanation(
  { ruleSet, name, state, document, rule }: KeptRule,
  factOf: FactOf,
  nodeOf: ConditionReader,
): RuleExplanation {
  const told = { ruleSet, rule: name, description: rule?.description ?? '', state };
  const title = `${ruleSet}/${name} (${state})`;
  if (document === undefined || rule === undefined)
    return { ...told, conditions: undefined, text: `${title}: its version is not stored any more as it was` };
  const node = nodeOf(document, rule.conditions);
  const policy = document.policy?.missing ?? 'unknown';
  const conditions = explainNode(node, policy, ({ key }) => factOf(key));
  return { ...told, conditions, text: `${title}: ${conditions.text}` };
}

function ruleReaders(rules: readonly KeptRule[]): Reader[] {
  return rules.flatMap(({ ruleSet, name, document, rule }) =>
    document === undefined || rule === undefined || rule.enabled === false
      ? []
      : [{ name: `${ruleSet}/${name}`, document, conditions: rule.conditions }],
  );
}

function limitReaders(
  { record }: KeptDecision,
  versions: readonly RuleSetVersion[],
  limitOf: (ruleSet: string, name: string) => CumulativeLimit | undefined,
): Reader[] {
  return record.limits.flatMap(({ ruleSet, limit: name }) => {
    const document = versions.find((one) => one.ruleSet === ruleSet)?.document;
    const limit = limitOf(ruleSet, name);
    if (document === undefined || limit === undefined) return [];
    return [{ name: `${ruleSet}/${name}`, document, conditions: limit.when }];
  });
}
