import type { FactCatalogue } from '../catalogue.js';
import { canonicalJson } from '../document/canonical.js';
import type { Rule, RuleSetDocument, RuleSetPolicy } from '../document/document.js';
import { conditionResolver, isGroup, type ConditionNode } from '../document/resolve.js';
import { OUTCOMES, THREE_DS_DEMANDS, type Outcome } from '../outcome.js';
import { pointer, warning, type Report } from './findings.js';
import { formMaker, shapeOf, type Form, type FormMaker } from './forms.js';
import { implies, keysOf, neededKeys, type Steps } from './implies.js';

/** For a whole set: bounds the time that a hostile document can take. */
const STEPS = 300_000;
const MOST_PAIRS = 500_000;
/** Members of a group that are held against each other. */
const MOST_MEMBERS = 50;

/** A rule that takes part, with what it asks for. */
interface Candidate {
  readonly at: number;
  readonly rule: Rule;
  readonly form: Form;
  readonly keys: ReadonlySet<string>;
  readonly needed: readonly string[];
  /** Equal for conditions that ask the same, in whatever order. */
  readonly shape: string;
}

/**
 * Warns of what adds nothing to what stands beside it: a rule that another one makes idle, but perhaps for a reason
 * (`subsumed`), one that allows what another always blocks (`shadowed-allow`), rules and named conditions that ask the same
 * (`same-condition`), members of a group that another member implies (`redundant-test`), and rules that ask for nothing
 * (`no-effect`). Sound, for values of the catalogue's types; rules with a test that can fail are left alone.
 */
export function checkOverlap(report: Report, document: RuleSetDocument, catalogue: FactCatalogue): void {
  const maker = formMaker(document.policy?.missing ?? 'unknown', catalogue);
  const resolve = conditionResolver(document.conditions);
  const steps: Steps = { left: STEPS };
  const candidates: Candidate[] = [];
  document.rules.forEach((rule, at) => {
    report.rule = rule.name;
    const node = resolve(rule.conditions);
    const form = maker.of(node);
    if (rule.enabled === false) return;
    checkEffect(report, rule, at);
    if (form === undefined) return;
    candidates.push({ at, rule, form, keys: keysOf(form), needed: neededKeys(form), shape: shapeOf(form) });
    checkMembers(report, node, `/rules/${at}/conditions`, maker, steps);
  });
  report.rule = '';
  for (const [name, condition] of Object.entries(document.conditions ?? {}))
    checkMembers(report, resolve(condition), pointer('/conditions', name), maker, steps);
  checkPairs(report, candidates, document.policy ?? {}, steps);
  checkNames(report, document);
  report.rule = '';
}

function checkEffect(report: Report, rule: Rule, at: number): void {
  if (!asksForNothing(rule)) return;
  const message = 'asks for nothing: a hit is noted, and changes no decision';
  warning(report, 'no-effect', `/rules/${at}/event`, message);
}

function asksForNothing(rule: Rule): boolean {
  return rule.event.type === 'accept' && isPlain(rule) && (rule.event.params.score ?? 0) === 0;
}

/** Looking for rules that others make idle. */
interface Search {
  readonly policy: RuleSetPolicy;
  readonly steps: Steps;
  readonly told: Set<Candidate>;
  pairs: number;
}

/** Why a rule is of no use beside another: it never allows, adds nothing at all, or adds a reason and nothing else. */
type Idle = 'shadowed' | 'nothing' | 'reason';

function checkPairs(
  report: Report,
  candidates: readonly Candidate[],
  policy: RuleSetPolicy,
  steps: Steps,
): void {
  const search: Search = { policy, steps, told: new Set(), pairs: 0 };
  for (const one of candidates) {
    const found = findIdle(one, candidates, search);
    if (found === undefined) continue;
    search.told.add(one);
    tellIdle(report, one, found.beside, found.idle);
  }
  const shapes = new Map<string, Candidate>();
  for (const one of candidates) {
    const before = shapes.get(one.shape);
    if (before === undefined) shapes.set(one.shape, one);
    else if (!search.told.has(one) && !search.told.has(before)) {
      report.rule = one.rule.name;
      warning(
        report,
        'same-condition',
        `/rules/${one.at}/conditions`,
        `asks the same as ${before.rule.name}`,
      );
    }
  }
}

/** A rule that makes this one idle; the first where not even a reason is added, if there is such a one. */
function findIdle(
  one: Candidate,
  candidates: readonly Candidate[],
  search: Search,
): { readonly beside: Candidate; readonly idle: Idle } | undefined {
  let found: { readonly beside: Candidate; readonly idle: Idle } | undefined;
  for (const beside of candidates) {
    if (one === beside) continue;
    if (++search.pairs > MOST_PAIRS || search.steps.left < 0) break;
    const idle = mayBeIdle(one.rule, beside.rule, search.policy);
    if (idle === undefined || (idle === 'reason' && found !== undefined)) continue;
    if (!isIdle(one, beside, idle, search)) continue;
    found = { beside, idle };
    if (idle !== 'reason') break;
  }
  return found;
}

/** What a rule would be beside another that always hits with it. */
function mayBeIdle(rule: Rule, beside: Rule, policy: RuleSetPolicy): Idle | undefined {
  if (rule.event.type === 'allow' && beside.event.type === 'block') return 'shadowed';
  if (!keepsVerdict(rule, beside)) return undefined;
  if (!givesReason(rule, beside, policy)) return 'nothing';
  return asksForNothing(rule) ? undefined : 'reason';
}

/**
 * Whether the other one always hits with it. Of two rules that make each other idle one stays: the first, or the second
 * where that is told of the first already.
 */
function isIdle(one: Candidate, beside: Candidate, idle: Idle, { policy, steps, told }: Search): boolean {
  if (!beside.needed.every((key) => one.keys.has(key)) || !implies(one.form, beside.form, steps))
    return false;
  if (idle === 'shadowed') return true;
  const back = mayBeIdle(beside.rule, one.rule, policy);
  const stays =
    idle === 'nothing'
      ? back === 'nothing' && one.at < beside.at
      : back !== undefined && (one.at < beside.at || told.has(beside));
  return !stays || !implies(beside.form, one.form, steps);
}

function tellIdle(report: Report, { rule, at }: Candidate, beside: Candidate, idle: Idle): void {
  const { name } = beside.rule;
  report.rule = rule.name;
  const whenever = `whenever it hits, ${name} hits and asks for as much`;
  const [code, message] = {
    shadowed: ['shadowed-allow', `never allows: whenever it hits, ${name} blocks`] as const,
    nothing: ['subsumed', `adds nothing: ${whenever}`] as const,
    reason: ['subsumed', `changes no outcome: ${whenever}; it only adds a reason`] as const,
  }[idle];
  warning(report, code, `/rules/${at}`, message);
}

/** Whether outcome, 3-D Secure, exemption and score are the same without a rule where another one hits with it. */
function keepsVerdict(rule: Rule, beside: Rule): boolean {
  const [{ params }, other] = [rule.event, beside.event];
  if ((params.score ?? 0) !== 0) return false;
  const [own, its] = [outcomeOf(rule), outcomeOf(beside)];
  // An allow may be overruled.
  if (rank(own) > rank(its) || (its === 'allow' && own !== 'allow')) return false;
  const { threeDs = 'none', exemption = 'none' } = params;
  if (THREE_DS_DEMANDS.indexOf(threeDs) > THREE_DS_DEMANDS.indexOf(other.params.threeDs ?? 'none'))
    return false;
  return exemption === 'none' || exemption === other.params.exemption;
}

/** Whether a rule that keeps the verdict can add a reason to it, where nothing is missing. */
function givesReason(rule: Rule, beside: Rule, { withoutThreeDs = 'review' }: RuleSetPolicy): boolean {
  const [own, its] = [outcomeOf(rule), outcomeOf(beside)];
  const unable = (outcome: Outcome): Outcome => (outcome === 'review' ? withoutThreeDs : outcome);
  // Points speak for themselves only where a threshold is reached.
  if (beside.event.type === 'score') return true;
  // Who lets a payment go on with no other wish gives a reason for it; who only wishes for 3-D Secure does not.
  const goesOn = its === 'accept' || unable(its) === 'accept';
  if (goesOn && isPlain(rule) && !isPlain(beside)) return true;
  // Where 3-D Secure cannot run, that a review became something else is a reason too.
  if (own === 'review' && withoutThreeDs !== 'review' && its !== 'review') return true;
  if (rule.event.params.reason === beside.event.params.reason) return false;
  return rank(own) >= rank(its) || rank(unable(own)) >= rank(unable(its)) || !isPlain(rule);
}

function isPlain({ event }: Rule): boolean {
  return (event.params.threeDs ?? 'none') === 'none' && (event.params.exemption ?? 'none') === 'none';
}

function outcomeOf({ event }: Rule): Outcome {
  return event.type === 'score' ? 'accept' : event.type;
}

function rank(outcome: Outcome): number {
  return OUTCOMES.indexOf(outcome);
}

/** Warns of members that change nothing: implied by another one in `all`, implying another one in `any`. */
function checkMembers(
  report: Report,
  node: ConditionNode,
  path: string,
  maker: FormMaker,
  steps: Steps,
): void {
  if (node.kind === 'not') checkMembers(report, node.child, `${path}/not`, maker, steps);
  if (!isGroup(node)) return;
  const { kind, children } = node;
  const forms = children.slice(0, MOST_MEMBERS).map((child) => maker.of(child));
  const whole = forms.every((form) => form !== undefined);
  // What a named condition says today it may not say tomorrow.
  const named = (at: number): boolean => children[at]?.kind === 'condition';
  const gone = new Set<number>();
  forms.forEach((form, at) => {
    if (form === undefined || !whole || named(at)) return;
    const by = forms.findIndex((other, place) => {
      if (place === at || other === undefined || gone.has(place) || named(place)) return false;
      const [stronger, weaker] = kind === 'all' ? [other, form] : [form, other];
      if (!implies(stronger, weaker, steps)) return false;
      // Of two that say the same the first one stays.
      return place < at || !implies(weaker, stronger, steps);
    });
    if (by < 0) return;
    gone.add(at);
    const where =
      kind === 'all'
        ? `is true whenever number ${by + 1} of the group is`
        : `makes number ${by + 1} of the group true too`;
    warning(report, 'redundant-test', `${path}/${kind}/${at}`, `changes nothing: it ${where}`);
  });
  children.forEach((child, at) => checkMembers(report, child, `${path}/${kind}/${at}`, maker, steps));
}

function checkNames(report: Report, { conditions }: RuleSetDocument): void {
  const known = new Map<string, string>();
  for (const [name, condition] of Object.entries(conditions ?? {})) {
    const text = canonicalJson(condition);
    const before = known.get(text);
    if (before === undefined) known.set(text, name);
    else warning(report, 'same-condition', pointer('/conditions', name), `asks the same as ${before}`);
  }
}
