import type { FactCatalogue } from '../catalogue.js';
import type {
  CumulativeLimit,
  Rule,
  RuleSetDocument,
  RuleSetPolicy,
  Threshold,
} from '../document/document.js';
import { conditionResolver, type ConditionNode } from '../document/resolve.js';
import { OUTCOMES, type Outcome } from '../outcome.js';
import { readsIn, sentenceOf, type Sentence } from './condition-words.js';
import { listWords } from './read-words.js';

/** What a rule or limit does, in words. */
export interface Described {
  readonly kind: 'rule' | 'limit';
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  /** When it hits, or which payments it counts. */
  readonly when: Sentence;
  /** What happens then, a sentence each. */
  readonly does: readonly string[];
  /** What happens where an input is missing, or a test fails. */
  readonly otherwise: readonly string[];
  /** The facts it asks, with what they are. */
  readonly facts: readonly { readonly fact: string; readonly description: string }[];
}

/** What a rule set does, in words. */
export interface DescribedSet {
  readonly id: string;
  readonly description: string;
  readonly owner: string;
  /** Policy and thresholds, a sentence each. */
  readonly says: readonly string[];
  readonly members: readonly Described[];
}

/** Says in words what a checked rule set does, offline: `only` names one rule or limit of it; undefined: it has none of that name. */
export function describeRuleSet(
  document: RuleSetDocument,
  catalogue: FactCatalogue,
  only?: string,
): DescribedSet | undefined {
  const resolve = conditionResolver(document.conditions);
  const facts = (node: ConditionNode): Described['facts'] => {
    const asked = new Map<string, string>();
    for (const { fact, params } of readsIn(node).values()) {
      asked.set(fact, catalogue.get(fact)?.description ?? '');
      const what = params?.['what'];
      const meaning = typeof what === 'string' ? catalogue.get(fact)?.meanings?.['what']?.[what] : undefined;
      if (typeof what === 'string' && meaning !== undefined) asked.set(`${fact} ${what}`, meaning);
    }
    return [...asked].map(([fact, description]) => ({ fact, description }));
  };
  const members = [
    ...document.rules.map((rule): Described => {
      const node = resolve(rule.conditions);
      const { name, description = '', enabled = true } = rule;
      return {
        kind: 'rule',
        name,
        description,
        enabled,
        when: sentenceOf(node, catalogue),
        does: hitWords(rule, document),
        otherwise: missingWords(rule, document),
        facts: facts(node),
      };
    }),
    ...(document.limits ?? []).map((limit): Described => {
      const node = resolve(limit.when);
      const { name, description = '', enabled = true } = limit;
      return {
        kind: 'limit',
        name,
        description,
        enabled,
        when: sentenceOf(node, catalogue),
        does: limitWords(limit),
        otherwise: [
          `Where it is unknown whether it counts the payment, or its key or a rate is missing: ${limit.outcome ?? 'reject'}, marked degraded.`,
        ],
        facts: facts(node),
      };
    }),
  ].filter(({ name }) => only === undefined || name === only);
  if (only !== undefined && members.length === 0) return undefined;
  const { id, description, owner } = document;
  return {
    id,
    description,
    owner,
    says: [...thresholdWords(document), ...policyWords(document.policy)],
    members,
  };
}

const ASKS: Readonly<Record<Outcome, string>> = {
  block: 'Blocks the payment: nothing is stronger.',
  allow:
    'Allows the payment, whatever is weaker than a block; it lifts neither a limit nor a mandated 3-D Secure.',
  reject: 'Rejects the payment, unless another rule allows or blocks it.',
  review: 'Asks for a review, unless something stronger is asked for.',
  accept: 'Lets the payment go on as far as this rule is concerned.',
};

function hitWords({ event }: Rule, { thresholds = [], policy }: RuleSetDocument): readonly string[] {
  const { reason, score = 0, threeDs = 'none', exemption = 'none', message } = event.params;
  const words: string[] = [];
  if (event.type !== 'score') words.push(ASKS[event.type]);
  if (score !== 0) words.push(scoreWords(score, thresholds));
  if (threeDs !== 'none') words.push(`Demands 3-D Secure: ${threeDs}.`);
  if (exemption !== 'none')
    words.push(`Asks for the exemption ${exemption}; a challenge or mandate overrides it.`);
  if (event.type === 'review') words.push(...withoutThreeDsWords(policy));
  words.push(`Reason: ${reason}.`);
  if (message !== undefined && message !== '') words.push(`Says to people: ${message}`);
  return words;
}

function scoreWords(score: number, thresholds: readonly Threshold[]): string {
  const points = `${score > 0 ? 'Adds' : 'Takes'} ${Math.abs(score)} ${Math.abs(score) === 1 ? 'point' : 'points'} ${score > 0 ? 'to' : 'from'} the score of the set`;
  if (score < 0 || thresholds.length === 0) return `${points}.`;
  const alone = thresholds.toSorted((a, b) => a.score - b.score).findLast((one) => one.score <= score);
  return alone === undefined
    ? `${points}; alone it reaches no threshold.`
    : `${points}; alone it reaches that of ${alone.score} (${alone.outcome}).`;
}

function withoutThreeDsWords({ withoutThreeDs = 'review' }: RuleSetPolicy = {}): readonly string[] {
  return withoutThreeDs === 'review'
    ? []
    : [`Where 3-D Secure cannot run, that review becomes ${withoutThreeDs}.`];
}

/** At most what it would have asked for had it hit. */
function missingWords({ event }: Rule, { policy = {} }: RuleSetDocument): readonly string[] {
  const { missing = 'unknown', onUnknown = 'review', onError = 'review' } = policy;
  const failed = `Where a test fails: ${onError}, marked degraded.`;
  if (missing === 'as-undefined')
    return ['A missing input makes a test false, as json-rules-engine has it.', failed];
  const asked = event.type === 'score' || event.type === 'allow' ? 'accept' : event.type;
  const most = OUTCOMES.indexOf(onUnknown) < OUTCOMES.indexOf(asked) ? onUnknown : asked;
  const { score = 0 } = event.params;
  const points = score > 0 ? '; its points count where that makes the answer stricter' : '';
  return [
    `Where an input is missing and the rest does not settle it: ${most}${points}, marked degraded.`,
    failed,
  ];
}

function limitWords({
  by,
  period,
  zone = 'merchant',
  cap,
  gradeFactors,
  outcome,
  reason,
  refunds,
}: CumulativeLimit): readonly string[] {
  const over = outcome ?? 'reject';
  const clock = zone === 'merchant' || zone === 'site' ? `of the ${zone}` : `of ${zone}`;
  const factors = Object.entries(gradeFactors ?? {}).map(([grade, factor]) => `${factor} for grade ${grade}`);
  return [
    `Adds up what goes on with the same ${by.join(' and ')} in a calendar ${period}, on the clock ${clock}.`,
    `Over ${listWords([cap.minor])} minor units of ${cap.currency}: ${over}${over === 'review' ? ', and it is counted all the same' : ''}.`,
    ...(factors.length === 0
      ? []
      : [`The cap is multiplied by the merchant's risk grade: ${factors.join(', ')}.`]),
    refunds === 'restore' ? 'A refund gives room back.' : 'A refund gives no room back.',
    `Reason: ${reason}.`,
  ];
}

function thresholdWords({ thresholds = [] }: RuleSetDocument): readonly string[] {
  return thresholds
    .toSorted((a, b) => a.score - b.score)
    .map(({ score, outcome, reason, threeDs = 'none' }) => {
      const demand = threeDs === 'none' ? '' : ` and 3-D Secure (${threeDs})`;
      return `From a score of ${score} on: ${outcome}${demand}, reason ${reason}.`;
    });
}

function policyWords({
  missing = 'unknown',
  onUnknown = 'review',
  onError = 'review',
  withoutThreeDs = 'review',
}: RuleSetPolicy = {}): readonly string[] {
  const input =
    missing === 'unknown'
      ? `A rule that cannot tell for want of an input asks for ${onUnknown}, at most for what it would have asked for.`
      : 'A missing input makes a test false, as json-rules-engine has it.';
  const review =
    withoutThreeDs === 'review' ? [] : [`Where 3-D Secure cannot run its reviews become ${withoutThreeDs}.`];
  return [input, `A rule that fails asks for ${onError}.`, ...review];
}
