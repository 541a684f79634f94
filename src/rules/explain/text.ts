import type { Operator } from '../document/operators.js';
import type { ConditionExplanation } from './explanation.js';
import type { Read, TestNode } from '../document/resolve.js';

type Result = ConditionExplanation['result'];

const MAX_TEXT = 400;

/** `velocity count of payments by card in 1h: 3, needs at least 5: false, 2 short`. */
export function testText(
  test: TestNode,
  result: Result,
  actual: unknown,
  expected: unknown,
  failure: string,
): string {
  const subject = readText(test.read);
  const need = needText(test.operator, expectedText(test, expected));
  if (result === 'skipped') return cut(`${subject} ${need}: not needed`);
  const detail = result === 'error' ? ` (${failure})` : gapText(test.operator, result, actual, expected);
  return cut(`${subject}: ${valueText(actual)}, ${need}: ${result}${detail}`);
}

/** What a group came to, in terms of the children that settled it. */
export function groupText(
  kind: 'all' | 'any',
  result: Result,
  children: readonly ConditionExplanation[],
): string {
  if (children.length === 0) return `an empty "${kind}" is true`;
  const those = children.filter((child) => child.result === result);
  const first = those[0]?.text ?? '';
  switch (result) {
    case 'true':
      return cut(
        kind === 'all'
          ? `all of ${children.length}: ${texts(those)}`
          : `any of ${children.length}: ${texts(those)}`,
      );
    case 'false':
      return cut(
        kind === 'all'
          ? `not all of ${children.length}: ${texts(those)}`
          : `none of ${children.length}: ${texts(those)}`,
      );
    case 'unknown':
      return cut(`cannot tell: ${texts(those)}`);
    case 'error':
      return cut(`failed: ${first}`);
    default:
      return 'not needed';
  }
}

/** The negation of a condition's text. */
export function notText(result: Result, child: ConditionExplanation): string {
  return result === 'skipped' ? 'not needed' : cut(`not (${child.text}): ${result}`);
}

/** A named condition and what it came to. */
export function namedText(name: string, child: ConditionExplanation): string {
  return cut(`${name}: ${child.text}`);
}

/** A fact for people: `velocity count of payments by card in 1h`, else name and parameters. */
export function readText({ fact, params, path }: Read): string {
  const place = path.length > 1 ? fact + path.slice(1) : fact;
  if (params === undefined) return place;
  const { fn, of, by, window, events, ...rest } = params;
  if (typeof fn !== 'string' || by === undefined || window === undefined) {
    return `${place} (${pairs(params)})`;
  }
  const more = Object.keys(rest).length === 0 ? '' : ` (${pairs(rest)})`;
  const what = fn === 'ratio' && Array.isArray(of) ? of.map(partText).join(' to ') : overText(of, events);
  return `${place} ${fn} of ${what} by ${wordText(by)} in ${wordText(window)}${more}`;
}

/** What is looked at: `payments`, `declined`, `card over declined`. */
function overText(of: unknown, events: unknown): string {
  const what = [of, events].filter((part) => part !== undefined).map(wordText);
  return what.length === 0 ? 'payments' : what.join(' over ');
}

/** One part of a ratio: `(count of declined, clock payment)`. */
function partText(part: unknown): string {
  if (typeof part !== 'object' || part === null) return wordText(part);
  const { fn, of, events, ...rest } = part as Readonly<Record<string, unknown>>;
  const more = Object.keys(rest).length === 0 ? '' : `, ${pairs(rest)}`;
  return `(${wordText(fn)} of ${overText(of, events)}${more})`;
}

/** A value for people, short. */
export function valueText(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return value.length > 80 ? `${value.slice(0, 77)}...` : value;
  if (Array.isArray(value)) {
    const shown = value.slice(0, 8).map(valueText).join(', ');
    return value.length > 8 ? `[${shown}, … ${value.length} in all]` : `[${shown}]`;
  }
  if (typeof value === 'number') return String(value);
  try {
    return cut(JSON.stringify(value) ?? typeof value);
  } catch {
    return 'an object';
  }
}

function texts(children: readonly ConditionExplanation[]): string {
  const shown = children.slice(0, 3).map((child) => child.text);
  return children.length > 3 ? `${shown.join('; ')}; and ${children.length - 3} more` : shown.join('; ');
}

function pairs(params: { readonly [name: string]: unknown }): string {
  return Object.entries(params)
    .map(([name, value]) => `${name} ${wordText(value)}`)
    .join(', ');
}

function wordText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(wordText).join('+');
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${wordText(inner)}`)
    .join(' ');
}

/** What a test compares with, for people. */
export function expectedText(test: TestNode, expected: unknown): string {
  return 'read' in test.right ? `${readText(test.right.read)} (${valueText(expected)})` : valueText(expected);
}

/** What a test asks for: `needs at least 5`. */
export function needText({ decorators, base }: Operator, expected: string): string {
  const [first, second] = decorators;
  if (decorators.length === 1 && (first === 'someFact' || first === 'everyFact'))
    return `needs ${first === 'someFact' ? 'some' : 'every'} entry to be ${PHRASES[base]}${expected}`;
  if (decorators.length === 2 && first === 'not' && second === 'someFact')
    return `needs no entry to be ${PHRASES[base]}${expected}`;
  const content = base === 'contains' ? 'doesNotContain' : base === 'doesNotContain' ? 'contains' : undefined;
  if (decorators.length === 1 && first === 'not' && content !== undefined)
    return `needs ${PHRASES[content]}${expected}`;
  if (decorators.length === 1 && first === 'not') return `must not be ${PHRASES[base]}${expected}`;
  if (decorators.length > 0) return `needs ${[...decorators, base].join(':')} ${expected}`;
  return `needs ${PHRASES[base]}${expected}`;
}

const PHRASES: Readonly<Record<Operator['base'], string>> = {
  equal: '',
  notEqual: 'anything but ',
  in: 'one of ',
  notIn: 'none of ',
  contains: 'an entry ',
  doesNotContain: 'no entry ',
  lessThan: 'less than ',
  lessThanInclusive: 'at most ',
  greaterThan: 'more than ',
  greaterThanInclusive: 'at least ',
};

/** By how much a number misses what is asked. */
function gapText({ decorators, base }: Operator, result: Result, actual: unknown, expected: unknown): string {
  if (result !== 'false' || decorators.length > 0) return '';
  if (typeof actual !== 'number' || typeof expected !== 'number') return '';
  const gap = Number(Math.abs(expected - actual).toPrecision(12));
  if (base === 'greaterThan' || base === 'greaterThanInclusive') return `, ${gap} short`;
  if (base === 'lessThan' || base === 'lessThanInclusive') return `, ${gap} over`;
  return '';
}

/** Long texts are cut. */
export function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 3)}...` : text;
}
