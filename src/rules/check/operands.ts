import type { FactDefinition, FactType, TextForm } from '../catalogue.js';
import type { DecoratorName, Operator, OperatorName } from '../document/operators.js';
import { quoted } from './findings.js';

/** What is known of one side of a test: its type and, where written in the rule, its value. */
export interface Operand {
  /** `any`: cannot be known before it is read (a path into a fact). */
  readonly type: 'boolean' | 'number' | 'string' | 'list' | 'object' | 'null' | 'any';
  /** What the entries of a list are; empty: nothing is known, or there are none. */
  readonly items: readonly Operand[];
  /** The only values a text can have. */
  readonly values?: readonly string[];
  /** How a text is written. */
  readonly form?: TextForm;
  readonly literal?: unknown;
  /** For messages. */
  readonly name: string;
}

/** What is wrong with a test's operands; `part-of-text` only may be. */
export interface OperandProblem {
  readonly code: 'wrong-type' | 'unknown-value' | 'part-of-text';
  readonly message: string;
  /** A value that there is not, and those there are. */
  readonly misspelt?: { readonly name: string; readonly known: readonly string[] };
}

const NUMERIC: readonly OperatorName[] = [
  'lessThan',
  'lessThanInclusive',
  'greaterThan',
  'greaterThanInclusive',
];

/** The side of a fact: what the catalogue says, or anything below a path. */
export function factOperand(definition: FactDefinition, type: FactType, path: string | undefined): Operand {
  const name = definition.name;
  if (path !== undefined && path !== '$') return { type: 'any', items: [], name: name + path.slice(1) };
  const values = {
    ...(definition.values === undefined ? {} : { values: definition.values }),
    ...(definition.form === undefined ? {} : { form: definition.form }),
  };
  if (type === 'string-list') {
    return {
      type: 'list',
      items: [{ type: 'string', items: [], name: `entries of ${name}`, ...values }],
      name,
    };
  }
  return { type, items: [], name, ...values };
}

/** The side that is written in the rule. */
export function literalOperand(value: unknown): Operand {
  const name = quoted(value);
  if (value === null) return { type: 'null', items: [], literal: value, name };
  if (Array.isArray(value)) return { type: 'list', items: value.map(literalOperand), literal: value, name };
  const type = typeof value;
  if (type === 'boolean' || type === 'number' || type === 'string') {
    return { type, items: [], literal: value, name };
  }
  return { type: 'object', items: [], literal: value, name };
}

/** Whether an operator makes sense for its operands: `"10" > 3` does not. Undefined: it does, or nobody can know. */
export function operandProblem(
  operator: Operator,
  left: Operand,
  right: Operand,
): OperandProblem | undefined {
  return through(operator.decorators, operator.base, left, right);
}

function through(
  decorators: readonly DecoratorName[],
  base: OperatorName,
  left: Operand,
  right: Operand,
): OperandProblem | undefined {
  const [first, ...rest] = decorators;
  if (first === undefined) return compare(base, left, right);
  switch (first) {
    case 'not':
      return through(rest, base, left, right);
    case 'swap':
      return through(rest, base, right, left);
    case 'someFact':
    case 'everyFact':
      return overItems(first, left, (item) => through(rest, base, item, right));
    default:
      return overItems(first, right, (item) => through(rest, base, left, item));
  }
}

function overItems(
  name: string,
  side: Operand,
  check: (item: Operand) => OperandProblem | undefined,
): OperandProblem | undefined {
  if (side.type === 'any') return check({ type: 'any', items: [], name: `entries of ${side.name}` });
  if (side.type !== 'list') return wrong(`${name} needs a list, ${side.name} is ${said(side)}`);
  return first(side.items, check);
}

function compare(base: OperatorName, left: Operand, right: Operand): OperandProblem | undefined {
  if (NUMERIC.includes(base)) {
    const side = [left, right].find(({ type }) => type !== 'number' && type !== 'any');
    return side === undefined ? undefined : wrong(`${base} needs numbers, ${side.name} is ${said(side)}`);
  }
  if (base === 'equal' || base === 'notEqual') return same(base, left, right);
  const [list, item] = base === 'in' || base === 'notIn' ? [right, left] : [left, right];
  if (list.type !== 'list' && list.type !== 'any') {
    return wrong(`${base} needs a list, ${list.name} is ${said(list)}`);
  }
  if (list.items.length === 0) return scalar(base, item) ?? partOfText(base, list);
  return scalar(base, item) ?? first(list.items, (entry) => same(base, item, entry));
}

/** `in` and `notIn` take a text for its letters, as in JavaScript; `contains` does not. */
function partOfText(base: OperatorName, list: Operand): OperandProblem | undefined {
  if (list.type !== 'any' || (base !== 'in' && base !== 'notIn')) return undefined;
  const message = `if ${list.name} is a text and no list, ${base} looks for a part of it: "b" is in "abc"; equal compares the whole`;
  return { code: 'part-of-text', message };
}

/** Only values of one type can be equal, and lists and objects never are. */
function same(base: OperatorName, left: Operand, right: Operand): OperandProblem | undefined {
  const odd = scalar(base, left) ?? scalar(base, right);
  if (odd !== undefined) return odd;
  if (left.type !== 'any' && right.type !== 'any' && left.type !== right.type) {
    const hint = left.type === 'null' || right.type === 'null' ? '; a missing fact is not null' : '';
    return wrong(`${left.name} is ${said(left)}, ${right.name} is ${said(right)}: never equal${hint}`);
  }
  return unknownValue(left, right) ?? unknownValue(right, left);
}

function scalar(base: OperatorName, side: Operand): OperandProblem | undefined {
  if (side.type !== 'list' && side.type !== 'object') return undefined;
  return wrong(`${base} compares single values, ${side.name} is ${said(side)}`);
}

function unknownValue(side: Operand, other: Operand): OperandProblem | undefined {
  const { values, form } = side;
  if (
    form !== undefined &&
    typeof other.literal === 'string' &&
    !new RegExp(form.pattern, 'u').test(other.literal)
  ) {
    return { code: 'unknown-value', message: `${side.name} is never ${other.name}: it is ${form.says}` };
  }
  if (values === undefined || typeof other.literal !== 'string' || values.includes(other.literal)) {
    return undefined;
  }
  const known = values.length > 12 ? '' : `: it is one of ${values.join(', ')}`;
  return {
    code: 'unknown-value',
    message: `${side.name} is never ${other.name}${known}`,
    misspelt: { name: other.literal, known: values },
  };
}

function first(
  items: readonly Operand[],
  check: (item: Operand) => OperandProblem | undefined,
): OperandProblem | undefined {
  for (const item of items) {
    const problem = check(item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function wrong(message: string): OperandProblem {
  return { code: 'wrong-type', message };
}

function said({ type }: Operand): string {
  return (
    { string: 'text', list: 'a list', object: 'an object', number: 'a number', boolean: 'a boolean' }[
      type as string
    ] ?? type
  );
}
