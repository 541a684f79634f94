/** json-rules-engine's operators. */
export const OPERATORS = [
  'equal',
  'notEqual',
  'in',
  'notIn',
  'contains',
  'doesNotContain',
  'lessThan',
  'lessThanInclusive',
  'greaterThan',
  'greaterThanInclusive',
] as const;
export type OperatorName = (typeof OPERATORS)[number];

/** Its decorators: `someFact:greaterThan`, `not:in`, also several in a row. */
export const DECORATORS = ['someFact', 'someValue', 'everyFact', 'everyValue', 'swap', 'not'] as const;
export type DecoratorName = (typeof DECORATORS)[number];

/** The most decorators in a row that a rule may use. */
export const MAX_DECORATORS = 4;

/** An operator as written, taken apart; decorators outermost first. */
export interface Operator {
  readonly decorators: readonly DecoratorName[];
  readonly base: OperatorName;
}

/** Compares a fact's value (left) with the rule's value (right). Throws where json-rules-engine would. */
export type Comparison = (left: unknown, right: unknown) => boolean;

/** Takes `not:someFact:equal` apart; otherwise names the part that is no operator or decorator. */
export function parseOperator(
  text: string,
): { readonly operator: Operator } | { readonly unknown: string; readonly kind: 'operator' | 'decorator' } {
  const parts = text.split(':');
  const base = parts.pop() ?? '';
  const decorators: DecoratorName[] = [];
  for (const part of parts) {
    const decorator = DECORATORS.find((name) => name === part);
    if (decorator === undefined) return { unknown: part, kind: 'decorator' };
    decorators.push(decorator);
  }
  const operator = OPERATORS.find((name) => name === base);
  if (operator === undefined) return { unknown: base, kind: 'operator' };
  return { operator: { decorators, base: operator } };
}

/** The comparison an operator stands for, corner by corner as json-rules-engine 7.3.1 makes it. */
export function comparisonOf({ decorators, base }: Operator): Comparison {
  return decorators.reduceRight<Comparison>((next, name) => decorate(name, next), BASE[base]);
}

/** Its validator lets numeric strings pass, and `10abc`, which then compares as a string does. */
function looksNumeric(value: unknown): boolean {
  return typeof value === 'number' ? value === value : !Number.isNaN(Number.parseFloat(value as string));
}

// The casts keep JavaScript's own coercions and throws, which are what is being reproduced.
const BASE: Readonly<Record<OperatorName, Comparison>> = {
  equal: (a, b) => a === b,
  notEqual: (a, b) => a !== b,
  in: (a, b) => (b as unknown[]).indexOf(a) > -1,
  notIn: (a, b) => (b as unknown[]).indexOf(a) === -1,
  contains: (a, b) => Array.isArray(a) && a.indexOf(b) > -1,
  doesNotContain: (a, b) => Array.isArray(a) && a.indexOf(b) === -1,
  lessThan: (a, b) => looksNumeric(a) && (a as number) < (b as number),
  lessThanInclusive: (a, b) => looksNumeric(a) && (a as number) <= (b as number),
  greaterThan: (a, b) => looksNumeric(a) && (a as number) > (b as number),
  greaterThanInclusive: (a, b) => looksNumeric(a) && (a as number) >= (b as number),
};

function decorate(name: DecoratorName, next: Comparison): Comparison {
  switch (name) {
    case 'someFact':
      return (a, b) => Array.isArray(a) && a.some((item) => next(item, b));
    case 'everyFact':
      return (a, b) => Array.isArray(a) && a.every((item) => next(item, b));
    case 'someValue':
      return (a, b) => (b as unknown[]).some((item) => next(a, item));
    case 'everyValue':
      return (a, b) => (b as unknown[]).every((item) => next(a, item));
    case 'swap':
      return (a, b) => next(b, a);
    default:
      return (a, b) => !next(a, b);
  }
}
