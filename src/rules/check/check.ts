import { Engine, Rule as EngineRule } from 'json-rules-engine';
import type { FactCatalogue } from '../catalogue.js';
import { checkCondition, type ConditionContext, type ConditionSize } from './conditions.js';
import { alwaysTrueTests, reachOf } from './reach.js';
import { checkOverlap } from './overlap.js';
import { checkGuards, type GuardContext } from './guards.js';
import { checkLimit, type LimitContext } from './limits.js';
import { checkScores } from './scores.js';
import { checkShape } from './shape.js';
import type { Condition, RuleSetDocument } from '../document/document.js';
import { error, newReport, pointer, warning, type Finding, type Report } from './findings.js';
import { isPlainObject, jsonProblem, LIMITS } from '../document/json-limits.js';
import { conditionResolver } from '../document/resolve.js';
import { messageOf } from '../../errors/error-text.js';

export type { Finding } from './findings.js';

/** What a document is checked against. */
export interface CheckContext extends LimitContext, GuardContext {
  /** The lists there are, by id; absent: list names are not checked. */
  readonly lists?: ReadonlyMap<string, { readonly type: string }>;
}

/**
 * Checks a rule-set document: shape, sizes, names, facts, parameters, operators, types, paths, named conditions, rules
 * that can never or must always hit or add nothing to others, and that json-rules-engine takes it. Without an error, `document` is a frozen
 * copy that can be compiled. Takes anything and never throws.
 */
export function checkRuleSet(
  document: unknown,
  context: CheckContext,
): { readonly document?: RuleSetDocument; readonly findings: readonly Finding[] } {
  const report = newReport();
  const problem = jsonProblem(document);
  if (problem !== undefined) {
    error(report, problem.includes('1 MiB') ? 'too-large' : 'not-json', '', `the document ${problem}`);
    return { findings: report.findings };
  }
  if (checkShape(report, document)) {
    const scope = conditionContext(report, context, document);
    const sizes = checkNamed(report, document, scope);
    checkConditions(report, document, context, scope, sizes);
  }
  if (report.errors > 0) return { findings: report.findings };
  const checked = deepFreeze(structuredClone(document)) as unknown as RuleSetDocument;
  checkReach(report, checked, context.catalogue);
  if (report.errors === 0) checkOverlap(report, checked, context.catalogue);
  if (report.errors === 0) checkGuards(report, checked, context);
  checkScores(report, checked);
  checkEngine(report, checked);
  return report.errors > 0 ? { findings: report.findings } : { document: checked, findings: report.findings };
}

/** Steps of analysis for one rule and for the set: bounds the time that a hostile document can take. */
const REACH_STEPS_PER_RULE = 200_000;
const REACH_STEPS = 3_000_000;

/** The size of a named condition with the ones it refers to written out. */
interface FullSize {
  readonly depth: number;
  readonly tests: number;
  /** Named conditions it refers to itself. */
  readonly refers: readonly string[];
}

const NO_SIZE: FullSize = { depth: 0, tests: 0, refers: [] };

type Fields = { readonly [name: string]: unknown };

function checkNamed(
  report: Report,
  document: Fields,
  scope: ConditionContext,
): ReadonlyMap<string, FullSize> {
  report.rule = '';
  const sizes = new Map<string, ConditionSize>();
  for (const [name, condition] of Object.entries(namedOf(document))) {
    sizes.set(name, checkCondition(scope, condition, pointer('/conditions', name)));
  }
  const full = new Map<string, FullSize>();
  const open: string[] = [];
  const follow = (name: string): FullSize => {
    const ready = full.get(name);
    if (ready !== undefined) return ready;
    const size = sizes.get(name);
    if (size === undefined || open.length > LIMITS.namedConditions) return NO_SIZE;
    if (open.includes(name)) {
      const circle = [...open.slice(open.indexOf(name)), name].join(' -> ');
      error(report, 'circular-condition', pointer('/conditions', name), `refers to itself: ${circle}`);
      full.set(name, NO_SIZE);
      return NO_SIZE;
    }
    open.push(name);
    const sum = fullSize(size, follow);
    open.pop();
    if (!full.has(name)) full.set(name, sum);
    return sum;
  };
  for (const name of scope.named) follow(name);
  return full;
}

function fullSize(size: ConditionSize, follow: (name: string) => FullSize): FullSize {
  let { depth, tests } = size;
  for (const { name, depth: at } of size.refers) {
    const inner = follow(name);
    depth = Math.max(depth, at + inner.depth);
    tests += inner.tests;
  }
  return { depth, tests, refers: size.refers.map(({ name }) => name) };
}

function checkConditions(
  report: Report,
  document: Fields,
  context: CheckContext,
  scope: ConditionContext,
  named: ReadonlyMap<string, FullSize>,
): void {
  const used = new Set<string>();
  let total = 0;
  const check = (owner: unknown, path: string, key: 'conditions' | 'when'): void => {
    if (!isPlainObject(owner) || !Object.hasOwn(owner, key)) return;
    report.rule = typeof owner['name'] === 'string' ? owner['name'].slice(0, 64) : '';
    const size = checkCondition(scope, owner[key], `${path}/${key}`);
    for (const { name } of size.refers) used.add(name);
    const { depth, tests } = fullSize(size, (name) => named.get(name) ?? NO_SIZE);
    total += tests;
    if (depth > LIMITS.depth) {
      error(
        report,
        'too-deep',
        `${path}/${key}`,
        `is nested ${depth} deep with named conditions, at most ${LIMITS.depth}`,
      );
    }
    if (tests > LIMITS.testsPerRule) {
      error(report, 'too-large', `${path}/${key}`, `comes to ${tests} tests, at most ${LIMITS.testsPerRule}`);
    }
  };
  list(document['rules']).forEach((rule, at) => check(rule, `/rules/${at}`, 'conditions'));
  list(document['limits']).forEach((limit, at) => {
    check(limit, `/limits/${at}`, 'when');
    checkLimit(report, limit, `/limits/${at}`, context);
  });
  report.rule = '';
  if (total > LIMITS.tests)
    error(report, 'too-large', '', `comes to ${total} tests, at most ${LIMITS.tests}`);
  if (scope.facts.size > LIMITS.facts) {
    const most = `at most ${LIMITS.facts} different ones, parameters included`;
    error(report, 'too-large', '', `asks for ${scope.facts.size} facts, ${most}`);
  }
  warnUnused(report, document, used, named);
}

/** Warns of named conditions that no rule or limit comes to, through others or not. */
function warnUnused(
  report: Report,
  document: Fields,
  used: ReadonlySet<string>,
  sizes: ReadonlyMap<string, FullSize>,
): void {
  const reached = new Set(used);
  for (const name of reached) for (const inner of sizes.get(name)?.refers ?? []) reached.add(inner);
  for (const name of Object.keys(namedOf(document)))
    if (!reached.has(name))
      warning(report, 'unused-condition', pointer('/conditions', name), 'no rule or limit asks it');
}

function checkReach(report: Report, document: RuleSetDocument, catalogue: FactCatalogue): void {
  const policy = document.policy?.missing ?? 'unknown';
  const resolve = conditionResolver(document.conditions);
  let budget = REACH_STEPS;
  const check = (
    { name, enabled }: { readonly name: string; readonly enabled?: boolean },
    condition: Condition,
    path: string,
    mayBeAlways: boolean,
  ): void => {
    report.rule = name;
    const reach = reachOf(resolve(condition), policy, catalogue, Math.min(budget, REACH_STEPS_PER_RULE));
    budget -= reach.steps;
    if (!reach.canHit) {
      const about = reach.about === '' ? '' : `: no value of ${reach.about} fits all that is asked of it`;
      // What is switched off does no harm, and is switched off perhaps since it is like that.
      const tell = enabled === false ? warning : error;
      tell(report, 'unreachable', path, `can never be true${about}`);
    } else if (!reach.canMiss && !mayBeAlways) {
      const when = policy === 'unknown' ? ' whenever nothing that it reads is missing' : '';
      warning(report, 'always-true', path, `is always true${when}`);
    } else if (reach.canMiss) tellAlways(condition, path);
    for (const dead of reach.dead) {
      warning(report, 'dead-branch', path + dead, 'can never be true here');
    }
  };
  const tellAlways = (condition: Condition, path: string): void => {
    const when = policy === 'unknown' ? ', unless it is missing' : '';
    for (const place of alwaysTrueTests(resolve(condition), policy, catalogue))
      warning(report, 'always-true', path + place, `is true whatever the value is${when}`);
  };
  document.rules.forEach((rule, at) => check(rule, rule.conditions, `/rules/${at}/conditions`, false));
  document.limits?.forEach((limit, at) => check(limit, limit.when, `/limits/${at}/when`, true));
  report.rule = '';
  for (const [name, condition] of Object.entries(document.conditions ?? {}))
    tellAlways(condition, pointer('/conditions', name));
}

/** The reference of meaning has the last word: it must be able to build every rule and named condition. */
function checkEngine(report: Report, document: RuleSetDocument): void {
  const engine = new Engine();
  const build = (path: string, make: () => unknown): void => {
    try {
      make();
    } catch (cause) {
      const message = messageOf(cause);
      error(report, 'refused-by-engine', path, `json-rules-engine refuses it: ${message}`);
    }
  };
  // It writes into what it is given, so it gets copies.
  for (const [name, condition] of Object.entries(document.conditions ?? {})) {
    build(pointer('/conditions', name), () => engine.setCondition(name, structuredClone(condition) as never));
  }
  document.rules.forEach((rule, at) => {
    report.rule = rule.name;
    build(`/rules/${at}`, () => new EngineRule(structuredClone(rule) as never));
  });
  report.rule = '';
}

function conditionContext(
  report: Report,
  { catalogue, lists }: CheckContext,
  document: Fields,
): ConditionContext {
  const named = new Set(Object.keys(namedOf(document)));
  return { report, catalogue, lists, named, facts: new Set() };
}

function namedOf(document: Fields): Fields {
  return isPlainObject(document['conditions']) ? document['conditions'] : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
