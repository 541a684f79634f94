import { quoted } from '../check/findings.js';
import { canonicalJson } from '../document/canonical.js';
import type { Condition, FactReference, Json } from '../document/document.js';
import { isPlainObject } from '../document/json-limits.js';
import { parseOperator, type OperatorName } from '../document/operators.js';
import { readText } from '../explain/text.js';

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

/** `at least`; decorators stand before it as they are written. */
export function operatorWords(text: string): string {
  const parsed = parseOperator(text);
  if (!('operator' in parsed)) return text;
  const { decorators, base } = parsed.operator;
  return [...decorators, OPERATOR_WORDS[base]].join(' ');
}

function valueWords(value: Json | FactReference): string {
  return isPlainObject(value) && typeof value['fact'] === 'string'
    ? readWords(value as unknown as FactReference)
    : quoted(value);
}

/** A condition in one line; of a group only how much it holds. */
export function conditionText(condition: Condition): string {
  if ('fact' in condition)
    return `${readWords(condition)}, ${operatorWords(condition.operator)} ${valueWords(condition.value)}`;
  if ('condition' in condition) return condition.condition;
  if ('not' in condition) return `not (${conditionText(condition.not)})`;
  return 'all' in condition ? `all of ${condition.all.length}` : `any of ${condition.any.length}`;
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
