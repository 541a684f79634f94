import type { MessageShape } from '@bufbuild/protobuf';
import {
  Outcome,
  RuleState,
  ThreeDsDemand,
  type ConditionExplanation,
  type ExplainDecisionResponse,
  type ExplainDecisionResponseSchema,
  type FactExplanation,
  type ListMembership,
  type NearMiss,
  type RuleExplanation,
} from '../gen/tollgate/v1/decision_service_pb.js';
import type { FactParams } from '../rules/document/document.js';
import { readText } from '../rules/explain/text.js';
import { ageText } from '../world/age-text.js';
import { enumText, moneyText, outcomeText, timeText } from './decision-text.js';
import type { Output } from './output.js';

const MARKS: Readonly<Record<string, string>> = {
  true: '+',
  false: '-',
  unknown: '?',
  error: '!',
  skipped: '.',
};

type Explained = MessageShape<typeof ExplainDecisionResponseSchema>;

/**
 * Prints why a decision came out as it did: outcome first, then the rules, what would have been needed, limits, facts with
 * source and age, versions. `all`: also the facts of rules that only came near, and versions that had no part in it.
 */
export function printExplanation(out: Output, told: ExplainDecisionResponse, all: boolean): void {
  printHead(out, told);
  for (const rule of told.rules) printRule(out, rule);
  section(
    out,
    'Scores',
    texts(told.scores, ({ ruleSet }) => ruleSet, /^score of [^:]*: /),
  );
  section(
    out,
    'Nearly hit',
    told.nearMisses.map((miss) => nearMissRow(miss, told.decision)),
  );
  section(
    out,
    'Limits',
    texts(told.limits, ({ use }) => `${use?.ruleSet ?? ''}/${use?.limit ?? ''}`, /^limit [^:]*: /),
  );
  const facts = told.facts.filter((fact) => all || mattered(fact, told));
  printFacts(out, facts, told);
  printSources(out, facts, told, all);
  printVersions(out, told, all);
}

function printHead(out: Output, { decision, headline, summary }: Explained): void {
  const [first = '', ...rest] = headline.length > 0 ? headline : summary.slice(0, 1);
  const outcome = decision?.outcome ?? Outcome.UNSPECIFIED;
  const word = enumText(Outcome, outcome);
  out.wrapped(
    first.startsWith(word)
      ? `${out.paint('bold', outcomeText(out, outcome))}${first.slice(word.length)}`
      : first,
  );
  for (const line of rest) out.wrapped(`  ${line}`);
  if (decision === undefined) return;
  const { binding } = decision;
  out.line();
  out.fields([
    ['decision', decision.id],
    ['request', `${binding?.site ?? ''} ${decision.requestId}, ${moneyText(binding?.amount)}`],
    ['paid, decided', `${timeText(decision.eventTime)}, ${timeText(decision.decidedAt)}`],
  ]);
}

function printRule(
  out: Output,
  { ruleSet, rule, state, description, text, conditions }: RuleExplanation,
): void {
  out.line();
  out.line(out.paint('bold', `${ruleSet}/${rule}: ${enumText(RuleState, state)}`));
  if (description !== '') out.wrapped(`  ${description}`);
  if (text !== '' && (conditions === undefined || !text.endsWith(conditions.text))) out.wrapped(`  ${text}`);
  if (conditions !== undefined) printCondition(out, conditions, 1);
}

/** What a node says by itself; its children follow it. */
function conditionLabel({ kind, name, text, children }: ConditionExplanation): string {
  if (children.length === 0) return text === '' ? [kind, name].filter((part) => part !== '').join(' ') : text;
  if (kind === 'condition') return `${name}:`;
  return kind === 'not' ? 'not:' : `${kind} of ${children.length}:`;
}

function printCondition(out: Output, node: ConditionExplanation, depth: number): void {
  const mark = MARKS[node.result] ?? ' ';
  const line = `${'  '.repeat(depth)}${mark} ${conditionLabel(node)}`;
  if (node.result === 'skipped') out.line(out.paint('dim', line));
  else out.wrapped(line);
  for (const child of node.children) printCondition(out, child, depth + 1);
}

function section(out: Output, title: string, rows: readonly (readonly [name: string, text: string])[]): void {
  if (rows.length === 0) return;
  out.line();
  out.line(out.paint('bold', title));
  out.fields(rows.map(([name, text]) => [`  ${name}`, text]));
}

/** Names and texts; what stands before the text repeats the name. */
function texts<T extends { readonly text: string }>(
  parts: readonly T[],
  nameOf: (part: T) => string,
  before: RegExp,
): readonly (readonly [string, string])[] {
  return parts.map((part) => [nameOf(part), part.text.replace(before, '')]);
}

function nearMissRow(miss: NearMiss, decision: Explained['decision']): readonly [string, string] {
  const { ruleSet, rule, changes, asks, score, thenOutcome, thenThreeDs } = miss;
  const lacked = changes.map(({ text }) => text).join('; and ');
  const same = thenOutcome === decision?.outcome && thenThreeDs === decision.threeDs;
  const asked = asks === Outcome.UNSPECIFIED ? `${score} points` : enumText(Outcome, asks);
  const threeDs = thenThreeDs > ThreeDsDemand.NONE ? ` with 3DS ${enumText(ThreeDsDemand, thenThreeDs)}` : '';
  const then = same ? 'the same' : `${enumText(Outcome, thenOutcome)}${threeDs}`;
  const changed = thenOutcome === Outcome.UNSPECIFIED ? '' : `; the decision then: ${then}`;
  return [`${ruleSet}/${rule}`, `${lacked} (asks for ${asked}${changed})`];
}

/** Read by a rule that is told or a limit, or what a near miss would have needed. */
function mattered({ value, readBy }: FactExplanation, { rules, limits, nearMisses }: Explained): boolean {
  const names = new Set([
    ...rules.map(({ ruleSet, rule }) => `${ruleSet}/${rule}`),
    ...limits.map(({ use }) => `${use?.ruleSet ?? ''}/${use?.limit ?? ''}`),
  ]);
  if (readBy.some((name) => names.has(name))) return true;
  const changes = nearMisses.flatMap((miss) => miss.changes);
  return changes.some((change) => change.fact === value?.fact && change.paramsJson === value.paramsJson);
}

function printFacts(out: Output, facts: readonly FactExplanation[], { sources }: Explained): void {
  if (facts.length === 0) return;
  out.line();
  out.line(out.paint('bold', 'Facts'));
  out.table(
    ['  value', 'age', 'from', 'fact'],
    facts.map(({ value, ageMs, sources: places, membership }) => [
      `  ${shortValue(value?.valueJson ?? '')}`,
      ageMs === undefined ? '' : ageMs === 0n ? 'now' : ageText(Number(ageMs)),
      [...new Set(places.map((place) => sources[place]?.origin ?? ''))].join(', '),
      `${factName(value?.fact ?? '', value?.paramsJson ?? '')}${membershipText(membership)}`,
    ]),
  );
}

const LONGEST_VALUE = 24;

function shortValue(json: string): string {
  if (json === '') return 'missing';
  if (/^-?\d+\.\d{7,}$/.test(json)) return String(Number(Number(json).toPrecision(6)));
  return json.length > LONGEST_VALUE ? `${json.slice(0, LONGEST_VALUE - 3)}...` : json;
}

function factName(fact: string, paramsJson: string): string {
  const params = paramsJson === '' ? undefined : (JSON.parse(paramsJson) as FactParams);
  return readText({ fact, params, path: '', key: '', steps: undefined });
}

function membershipText(membership: ListMembership | undefined): string {
  if (membership === undefined) return '';
  const { since, actor, reason } = membership;
  return `, since ${timeText(since)} by ${actor || 'nobody named'}${reason === '' ? '' : ` (${reason})`}`;
}

function printSources(
  out: Output,
  facts: readonly FactExplanation[],
  { sources }: Explained,
  all: boolean,
): void {
  const used = new Set(facts.flatMap((fact) => fact.sources));
  const shown = sources.filter(({ origin }, place) => all || (used.has(place) && origin !== 'request'));
  section(
    out,
    'Sources',
    shown.map(({ origin, text }) => [origin, text]),
  );
}

/** Those of the sets that had a part in it; the others by name. */
function printVersions(out: Output, told: Explained, all: boolean): void {
  const parts = new Set([
    ...[told.rules, told.nearMisses, told.scores].flatMap((some) => some.map(({ ruleSet }) => ruleSet)),
    ...told.limits.map(({ use }) => use?.ruleSet ?? ''),
  ]);
  const had = ({ ref }: Explained['versions'][number]): boolean => all || parts.has(ref?.ruleSet ?? '');
  const name = ({ ref }: Explained['versions'][number]): string =>
    `${ref?.ruleSet ?? ''} v${ref?.version ?? 0}`;
  const rows = told.versions
    .filter(had)
    .map((one): [string, string] => [name(one), one.text.replace(/^\S+ v\d+:? /, '')]);
  const others = told.versions.filter((one) => !had(one)).map(name);
  section(out, 'Versions', [
    ...rows,
    ...(others.length === 0 ? [] : [['no part in it', others.join(', ')] as const]),
  ]);
}
