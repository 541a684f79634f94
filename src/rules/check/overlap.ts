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
 * Warns of what adds nothing to what stands beside it: a rule that another one makes idle (`subsumed`), one that allows
 * what another always blocks (`shadowed-allow`), rules and named conditions that ask the same (`same-condition`), members
 * of a group that another member implies (`redundant-test`), and rules that ask for nothing (`no-effect`). Sound, for
 * values of the catalogue's types; rules with a test that can fail are left alone.
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

function checkEffect(report: Report, { event }: Rule, at: number): void {
  const { threeDs = 'none', exemption = 'none', score = 0 } = event.params;
  if (event.type !== 'accept' || threeDs !== 'none' || exemption !== 'none' || score !== 0) return;
  const message = 'asks for nothing: a hit is noted, and changes no decision';
  warning(report, 'no-effect', `/rules/${at}/event`, message);
}

function checkPairs(
  report: Report,
  candidates: readonly Candidate[],
  policy: RuleSetPolicy,
  steps: Steps,
): void {
  const told = new Set<Candidate>();
  let pairs = 0;
  for (const one of candidates) {
    for (const other of candidates) {
      if (one === other) continue;
      if (++pairs > MOST_PAIRS || steps.left < 0) break;
      if (!tellIdle(report, one, other, policy, steps)) continue;
      told.add(one);
      break;
    }
  }
  const shapes = new Map<string, Candidate>();
  for (const one of candidates) {
    const before = shapes.get(one.shape);
    if (before === undefined) shapes.set(one.shape, one);
    else if (!told.has(one) && !told.has(before)) {
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

/** Tells whether `one` is of no use beside `other`. */
function tellIdle(
  report: Report,
  one: Candidate,
  other: Candidate,
  policy: RuleSetPolicy,
  steps: Steps,
): boolean {
  const shadowed = one.rule.event.type === 'allow' && other.rule.event.type === 'block';
  if (!shadowed && !addsNothing(one.rule, other.rule, policy)) return false;
  if (!other.needed.every((key) => one.keys.has(key)) || !implies(one.form, other.form, steps)) return false;
  const { name } = other.rule;
  report.rule = one.rule.name;
  if (shadowed) {
    warning(report, 'shadowed-allow', `/rules/${one.at}`, `never allows: whenever it hits, ${name} blocks`);
    return true;
  }
  // Of two rules that make each other idle the first one stays.
  const mutual = addsNothing(other.rule, one.rule, policy) && implies(other.form, one.form, steps);
  if (mutual && one.at < other.at) return false;
  const message = `adds nothing: whenever it hits, ${name} hits and asks for as much`;
  warning(report, 'subsumed', `/rules/${one.at}`, message);
  return true;
}

/**
 * Whether a rule changes no verdict where another hits with it: outcome, 3-D Secure, exemption, score, and reasons where
 * nothing is missing.
 */
function addsNothing(rule: Rule, beside: Rule, { withoutThreeDs = 'review' }: RuleSetPolicy): boolean {
  const [{ params }, other] = [rule.event, beside.event];
  // Points speak for themselves only where a threshold is reached.
  if ((params.score ?? 0) !== 0 || other.type === 'score') return false;
  const [own, its] = [outcomeOf(rule), outcomeOf(beside)];
  if (rank(own) > rank(its) || (its === 'allow' && own !== 'allow')) return false;
  const { threeDs = 'none', exemption = 'none' } = params;
  if (THREE_DS_DEMANDS.indexOf(threeDs) > THREE_DS_DEMANDS.indexOf(other.params.threeDs ?? 'none'))
    return false;
  if (exemption !== 'none' && exemption !== other.params.exemption) return false;
  // Who lets a payment go on with no other wish gives a reason for it; who only wishes for 3-D Secure does not.
  if (its === 'accept' && isPlain(rule) && !isPlain(beside)) return false;
  // Where 3-D Secure cannot run, that a review became something else is a reason too.
  if (own === 'review' && withoutThreeDs !== 'review' && its !== 'review') return false;
  if (params.reason === other.params.reason) return true;
  const able = rank(own) < rank(its);
  const unable =
    rank(own === 'review' ? withoutThreeDs : own) < rank(its === 'review' ? withoutThreeDs : its);
  return able && unable && threeDs === 'none' && exemption === 'none';
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
