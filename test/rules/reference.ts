import { Engine } from 'json-rules-engine';
import type { Rule, RuleSetDocument } from '../../src/rules/document/document.js';
import { slotKey } from '../../src/rules/document/resolve.js';
import type { Facts } from './arbitraries.js';

/** A node of json-rules-engine's result: what of it matters here. */
export interface ReferenceNode {
  readonly all?: readonly ReferenceNode[];
  readonly any?: readonly ReferenceNode[];
  readonly not?: ReferenceNode;
  readonly result?: boolean;
  readonly factResult?: unknown;
  readonly valueResult?: unknown;
}

/** What json-rules-engine makes of one rule; undefined: its run was rejected. */
export interface ReferenceResult {
  readonly hit: boolean;
  readonly conditions: ReferenceNode;
}

/**
 * Runs rules through a fresh json-rules-engine Engine (never shared: overlapping runs of one make each other skip
 * rules). One throwing rule rejects a whole run, so each rule is then run alone.
 */
export async function reference(
  document: RuleSetDocument,
  facts: Facts,
): Promise<readonly (ReferenceResult | undefined)[]> {
  const together = await run(document, document.rules, facts);
  if (together !== undefined) return together;
  const alone = await Promise.all(document.rules.map((rule) => run(document, [rule], facts)));
  return alone.map((results) => results?.[0]);
}

async function run(
  document: RuleSetDocument,
  rules: readonly Rule[],
  facts: Facts,
): Promise<readonly ReferenceResult[] | undefined> {
  const engine = new Engine([], { allowUndefinedFacts: true });
  // The engine writes into what it is given.
  const copy = structuredClone(document);
  for (const [name, condition] of Object.entries(copy.conditions ?? {})) {
    engine.setCondition(name, condition as never);
  }
  for (const rule of structuredClone(rules)) engine.addRule(rule as never);
  for (const fact of new Set([...facts.keys()].map((key) => key.replace(/\{.*$/s, '')))) {
    engine.addFact(fact, (params: Record<string, never>) => facts.get(slotKey(fact, params)));
  }
  try {
    const { results, failureResults, events } = await engine.run();
    const byName = new Map([...results, ...failureResults].map((result) => [result.name, result]));
    const fired = new Set(events.map((event) => event.params?.['reason'] as string));
    return rules.map((rule) => ({
      hit: fired.has(rule.event.params.reason),
      conditions: byName.get(rule.name)?.conditions as unknown as ReferenceNode,
    }));
  } catch {
    return undefined;
  }
}
