import { quoted } from '../check/findings.js';
import { canonicalJson } from '../document/canonical.js';
import type {
  Condition,
  CumulativeLimit,
  FactReference,
  Json,
  Rule,
  Threshold,
} from '../document/document.js';
import { isPlainObject } from '../document/json-limits.js';
import { parseOperator, type OperatorName } from '../document/operators.js';
import { cut, readText } from '../explain/text.js';

/** What a test asks for, for people: `velocity count of payments by card in 10m`. */
export function readWords({ fact, params, path }: FactReference): string {
  const hasParams = params !== undefined && Object.keys(params).length > 0;
  return readText({ fact, params: hasParams ? params : undefined, key: '', path: path ?? '', steps: [] });
}

const OPERATOR_WORDS: Readonly<Record<OperatorName, string>> = {
  equal: 'is',
  notEqual: 'is not',
  in: 'one of',
  notIn: 'none of',
  contains: 'has an entry',
  doesNotContain: 'has no entry',
  lessThan: 'less than',
  lessThanInclusive: 'at most',
  greaterThan: 'more than',
  greaterThanInclusive: 'at least',
};

const ENTRY_WORDS: Readonly<Record<string, string>> = { someFact: 'some entry', everyFact: 'every entry' };

/** `at least`; decorators stand before it, in their order. */
export function operatorWords(text: string): string {
  const parsed = parseOperator(text);
  if (!('operator' in parsed)) return text;
  const { decorators, base } = parsed.operator;
  return [...decorators.map((name) => ENTRY_WORDS[name] ?? name), OPERATOR_WORDS[base]].join(' ');
}

function valueWords(value: Json | FactReference): string {
  return isPlainObject(value) && typeof value['fact'] === 'string'
    ? readWords(value as unknown as FactReference)
    : quoted(value);
}

/** Of a group so many members are told, and groups in groups so deep. */
const MEMBERS = 4;
const DEPTH = 3;

/** A condition in one line: `any of 2 (country, is "FR"; guest, is true)`. What is long is cut. */
export function conditionText(condition: Condition): string {
  return cut(inWords(condition, 0));
}

function inWords(condition: Condition, depth: number): string {
  if ('fact' in condition)
    return `${readWords(condition)}, ${operatorWords(condition.operator)} ${valueWords(condition.value)}`;
  if ('condition' in condition) return condition.condition;
  if ('not' in condition) return depth < DEPTH ? `not (${inWords(condition.not, depth + 1)})` : 'not (…)';
  const members = 'all' in condition ? condition.all : condition.any;
  if (members.length === 0 || depth === DEPTH) return groupWords(condition);
  const told = members.slice(0, MEMBERS).map((member) => inWords(member, depth + 1));
  const more = members.length - told.length;
  return `${groupWords(condition)} (${[...told, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')})`;
}

/** `all of 3`; of what is no group its text. */
export function groupWords(condition: Condition): string {
  if ('all' in condition) return `all of ${condition.all.length}`;
  return 'any' in condition ? `any of ${condition.any.length}` : conditionText(condition);
}

/** What a rule asks for, and when: `review (velocity.card), 3DS challenge, when all of 2 (…)`. */
export function ruleText({ conditions, enabled, event }: Rule): string {
  const { reason, score = 0, threeDs = 'none', exemption = 'none' } = event.params;
  const asks = [
    `${event.type} (${reason})`,
    ...(score === 0 ? [] : [`${score} points`]),
    ...(threeDs === 'none' ? [] : [`3DS ${threeDs}`]),
    ...(exemption === 'none' ? [] : [`exemption ${exemption}`]),
    ...(enabled === false ? ['switched off'] : []),
  ];
  return `${asks.join(', ')}, when ${conditionText(conditions)}`;
}

/** What a limit caps: `reject (limit.day) over 50000 minor units of USD a day by card, when all of 1 (…)`. */
export function limitText({ by, cap, enabled, outcome, period, reason, when }: CumulativeLimit): string {
  const off = enabled === false ? ', switched off' : '';
  const over = `over ${cap.minor} minor units of ${cap.currency} a ${period} by ${by.join(' and ')}`;
  return `${outcome ?? 'reject'} (${reason}) ${over}${off}, when ${conditionText(when)}`;
}

/** What a score comes to: `from 60 on review (velocity.odd), 3DS challenge`. */
export function thresholdText({ score, outcome, reason, threeDs = 'none' }: Threshold): string {
  return `from ${score} on ${outcome} (${reason})${threeDs === 'none' ? '' : `, 3DS ${threeDs}`}`;
}

/** What came into a list and what left it. */
export function listText(from: readonly Json[], to: readonly Json[]): string {
  const [before, after] = [new Set(from.map(canonicalJson)), new Set(to.map(canonicalJson))];
  const added = to.filter((item) => !before.has(canonicalJson(item)));
  const gone = from.filter((item) => !after.has(canonicalJson(item)));
  const parts = [
    ...(added.length > 0 ? [`added ${quoted(added)}`] : []),
    ...(gone.length > 0 ? [`removed ${quoted(gone)}`] : []),
  ];
  return parts.length === 0 ? 'other order' : parts.join(', ');
}
