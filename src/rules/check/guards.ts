import type { FactCatalogue, Guard } from '../catalogue.js';
import { canonicalJson } from '../document/canonical.js';
import type { RuleSetDocument } from '../document/document.js';
import {
  conditionResolver,
  isGroup,
  readsOf,
  testsOf,
  type ConditionNode,
  type MissingPolicy,
  type Read,
  type TestNode,
} from '../document/resolve.js';
import { intersect, isEmpty, valuesOf, type Domain } from './domains.js';
import { pointer, warning, type Report } from './findings.js';
import { rememberedSets, type TestSets } from './test-sets.js';

/** What guards are looked for with. */
export interface GuardContext {
  readonly catalogue: FactCatalogue;
  readonly lists?: ReadonlyMap<string, { readonly type: string }>;
  /** The guard of an attribute that limits count by. */
  readonly guardOf?: (attribute: string) => Guard | undefined;
}

/** What can become of a condition, as bits. */
const FALSE = 1;
const TRUE = 2;
const UNKNOWN = 4;

/** For a whole set: bounds the time that a hostile document can take. */
const STEPS = 1_000_000;

/** What the conditions of one document are looked at with. */
interface Search {
  readonly catalogue: FactCatalogue;
  readonly policy: MissingPolicy;
  readonly sets: Map<TestNode, TestSets>;
  /** The guards of a fact with its parameters, by what they ask. */
  readonly guardsOf: (read: Read) => ReadonlyMap<string, Guard>;
  /** Steps left; when there are none, nothing more is told. */
  steps: number;
}

/**
 * Warns of rules and limits that are unknown where a payment lacks something that it may lack, and could have asked for
 * (`missing-guard`). Only the lack of one thing is looked at, and all else that is asked may be so or not: what is warned of
 * is unknown for some payment, if what else it asks can be so at once.
 */
export function checkGuards(report: Report, document: RuleSetDocument, context: GuardContext): void {
  const { missing = 'unknown', onUnknown = 'review' } = document.policy ?? {};
  if (missing !== 'unknown') return;
  const resolve = conditionResolver(document.conditions);
  const search = searchIn(context, missing);
  document.rules.forEach((rule, at) => {
    report.rule = rule.name;
    // Its author lets go what cannot be told.
    if (rule.enabled === false || onUnknown === 'accept') return;
    const node = resolve(rule.conditions);
    for (const { lack, json, fact, path } of lacking(node, search)) {
      const message = `where ${lack}, ${fact} is missing: the rule is unknown and the decision degraded; with ${json} beside it, it does not hit`;
      warning(report, 'missing-guard', `/rules/${at}/conditions${path}`, message);
    }
  });
  document.limits?.forEach((limit, at) => {
    report.rule = limit.name;
    if (limit.enabled === false) return;
    const node = resolve(limit.when);
    const outcome = limit.outcome ?? 'reject';
    const told = new Set<string>();
    for (const { lack, json, fact, path } of lacking(node, search)) {
      told.add(json);
      const message = `where ${lack}, ${fact} is missing, and the payment gets the limit's outcome, ${outcome}; with ${json} beside it, it is not counted`;
      warning(report, 'missing-guard', `/limits/${at}/when${path}`, message);
    }
    limit.by.forEach((attribute, place) => {
      const guard = context.guardOf?.(attribute);
      if (guard === undefined || told.has(JSON.stringify(guard.guard))) return;
      if ((becomes(node, guard, search) & (TRUE | UNKNOWN)) === 0) return;
      told.add(JSON.stringify(guard.guard));
      const message = `where ${guard.lack}, the payment gets the limit's outcome, ${outcome}; with ${JSON.stringify(guard.guard)} in "when", it is not counted`;
      warning(report, 'missing-guard', `/limits/${at}/by/${place}`, message);
    });
  });
  report.rule = '';
}

/** A guard that is wanting. */
interface Lack {
  readonly lack: string;
  /** The guard as it is written in a rule. */
  readonly json: string;
  /** What hangs on it, and where it is asked. */
  readonly fact: string;
  readonly path: string;
}

function searchIn({ catalogue, lists }: GuardContext, policy: MissingPolicy): Search {
  const known = new Map<string, ReadonlyMap<string, Guard>>();
  return {
    catalogue,
    policy,
    sets: new Map(),
    guardsOf({ fact, key, params = {} }) {
      let found = known.get(key);
      if (found === undefined) {
        const list = params['list'];
        const type = typeof list === 'string' ? lists?.get(list)?.type : undefined;
        const guards = catalogue.get(fact)?.guards?.(params, type) ?? [];
        known.set(key, (found = new Map(guards.map((one) => [canonicalJson(one.guard), one]))));
      }
      return found;
    },
    steps: STEPS,
  };
}

/** The guards without which a condition is unknown. */
function lacking(node: ConditionNode, search: Search): readonly Lack[] {
  const needed = new Map<string, Guard>();
  for (const test of testsOf(node))
    for (const read of readsOf(test))
      for (const [key, guard] of search.guardsOf(read)) if (guard.worth === undefined) needed.set(key, guard);
  return [...needed].flatMap(([key, guard]) => {
    if ((becomes(node, guard, search) & UNKNOWN) === 0) return [];
    const hangsOnIt = (read: Read): boolean => {
      const own = search.guardsOf(read).get(key);
      return own !== undefined && own.worth === undefined;
    };
    const place = placeOf(node, '', hangsOnIt);
    return place === undefined ? [] : [{ lack: guard.lack, json: JSON.stringify(guard.guard), ...place }];
  });
}

/** What can become of a condition where a guard is false; nothing, when no steps are left. */
function becomes(root: ConditionNode, { guard }: Guard, search: Search): number {
  const wanted = canonicalJson(guard);
  const guardNode = conditionResolver(undefined)(guard);
  if (guardNode.kind !== 'test') return 0;
  const absent = rememberedSets(guardNode, search);
  const known = new Map<ConditionNode, number>();

  const visit = (node: ConditionNode): number => {
    if (--search.steps < 0) return 0;
    const ready = known.get(node);
    if (ready !== undefined) return ready;
    const bits = bitsOf(node);
    known.set(node, bits);
    return bits;
  };
  const bitsOf = (node: ConditionNode): number => {
    if (node.kind === 'condition') return visit(node.child);
    if (node.kind === 'not') return turned(visit(node.child));
    if (isGroup(node)) return groupBits(node.kind, node.children.map(visit));
    const owns = readsOf(node).map((read) => search.guardsOf(read).get(wanted));
    if (owns.some((own) => own !== undefined && own.worth === undefined)) return UNKNOWN;
    const { key, yes, no } = rememberedSets(node, search);
    const worth = 'read' in node.right ? undefined : owns[0]?.worth;
    const value = key === absent.key ? absent.no : worth === undefined ? undefined : valuesOf([worth]);
    const can = (set: Domain): boolean => !isEmpty(value === undefined ? set : intersect(set, value));
    return (can(yes) ? TRUE : 0) | (can(no) ? FALSE : 0);
  };
  const bits = visit(root);
  return search.steps < 0 ? 0 : bits;
}

function turned(bits: number): number {
  return (bits & UNKNOWN) | (bits & TRUE ? FALSE : 0) | (bits & FALSE ? TRUE : 0);
}

/** Of members that can be what they can be whatever the others are. */
function groupBits(kind: 'all' | 'any', members: readonly number[]): number {
  if (members.length === 0) return TRUE;
  const [settles, leaves] = kind === 'all' ? [FALSE, TRUE] : [TRUE, FALSE];
  const some = (bit: number): boolean => members.some((bits) => (bits & bit) !== 0);
  const every = (mask: number): boolean => members.every((bits) => (bits & mask) !== 0);
  return (
    (some(settles) ? settles : 0) |
    (every(leaves) ? leaves : 0) |
    (some(UNKNOWN) && every(leaves | UNKNOWN) ? UNKNOWN : 0)
  );
}

/** The first test that reads such a fact; in a named condition the place that refers to it. */
function placeOf(
  node: ConditionNode,
  path: string,
  isIt: (read: Read) => boolean,
): { readonly fact: string; readonly path: string } | undefined {
  if (node.kind === 'test') {
    const read = readsOf(node).find(isIt);
    return read === undefined ? undefined : { fact: read.fact, path };
  }
  if (node.kind === 'not') return placeOf(node.child, `${path}/not`, isIt);
  if (node.kind === 'condition') {
    const inner = placeOf(node.child, '', isIt);
    return inner === undefined ? undefined : { fact: inner.fact, path: `${path}/condition` };
  }
  for (const [at, child] of node.children.entries()) {
    const found = placeOf(child, pointer(`${path}/${node.kind}`, at), isIt);
    if (found !== undefined) return found;
  }
  return undefined;
}
