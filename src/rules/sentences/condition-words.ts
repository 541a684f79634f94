import type { FactCatalogue } from '../catalogue.js';
import { isGroup, readsOf, type ConditionNode, type Read, type TestNode } from '../document/resolve.js';
import type { OperatorName } from '../document/operators.js';
import { listWords, readWords, unitOf } from './read-words.js';

/** A condition in words: a sentence, and what it is made of. */
export interface Sentence {
  readonly text: string;
  readonly parts: readonly Sentence[];
}

/** A condition as sentences. `not` of a test is said in the test. */
export function sentenceOf(node: ConditionNode, catalogue: FactCatalogue): Sentence {
  switch (node.kind) {
    case 'test':
      return { text: testWords(node, false, catalogue), parts: [] };
    case 'not':
      if (node.child.kind === 'test') return { text: testWords(node.child, true, catalogue), parts: [] };
      return { text: 'none of this is so:', parts: [sentenceOf(node.child, catalogue)] };
    case 'condition': {
      const inner = sentenceOf(node.child, catalogue);
      return { text: `${node.name}: ${inner.text}`, parts: inner.parts };
    }
    default: {
      const parts = node.children.map((child) => sentenceOf(child, catalogue));
      const [only] = parts;
      if (only !== undefined && parts.length === 1) return only;
      if (parts.length === 0) return { text: 'always', parts };
      return { text: node.kind === 'all' ? 'all of this is so:' : 'at least one of this is so:', parts };
    }
  }
}

/** The reads of a condition, each once, in their order. */
export function readsIn(node: ConditionNode, found = new Map<string, Read>()): ReadonlyMap<string, Read> {
  if (node.kind === 'test') for (const read of readsOf(node)) found.set(read.key, read);
  else if (isGroup(node)) for (const child of node.children) readsIn(child, found);
  else readsIn(node.child, found);
  return found;
}

function testWords(test: TestNode, negated: boolean, catalogue: FactCatalogue): string {
  const { decorators, base } = test.operator;
  const nots = decorators.filter((name) => name === 'not').length + (negated ? 1 : 0);
  const no = nots % 2 === 1;
  const others = decorators.filter((name) => name !== 'not');
  const special = others.length === 0 ? shortWords(test, no) : undefined;
  if (special !== undefined) return special;
  const subject = readWords(test.read);
  const value = valueWords(test, catalogue);
  const [only] = others;
  if (others.length === 1 && decorators.at(-1) === only && (only === 'someFact' || only === 'everyFact')) {
    const entry = only === 'someFact' ? (no ? 'no' : 'some') : no ? 'not every' : 'every';
    return `${entry} entry of ${subject} ${PLAIN[base]} ${value}`;
  }
  // Where other decorators stand beside `not`, their order matters: they are said as they are written.
  if (others.length > 0) {
    const said = `${subject} ${test.condition.operator} ${value}`;
    return negated ? `not: ${said}` : said;
  }
  return `${subject} ${(no ? NEGATED : PLAIN)[base]} ${value}`;
}

/** `the payment has a card`; `its email is on the list blocked`. */
function shortWords({ read, operator, right }: TestNode, no: boolean): string | undefined {
  if (!('literal' in right) || typeof right.literal !== 'boolean') return undefined;
  if (operator.base !== 'equal' && operator.base !== 'notEqual') return undefined;
  const yes = (operator.base === 'equal') === right.literal ? !no : no;
  const { fact, params = {} } = read;
  if (fact === 'has') return `the payment ${yes ? 'has' : 'lacks'}: ${listWords([params['of']])}`;
  if (fact === 'list') {
    const what = params['of'] === undefined ? 'the payment' : `its ${listWords([params['of']])}`;
    return `${what} is ${yes ? '' : 'not '}on the list ${listWords([params['list']])}`;
  }
  if (fact === 'geo.mismatch')
    return `the countries of ${listWords([params['a']])} and ${listWords([params['b']])} ${yes ? 'differ' : 'are the same'}`;
  return undefined;
}

function valueWords({ read, right }: TestNode, catalogue: FactCatalogue): string {
  if ('read' in right) return readWords(right.read);
  const { literal } = right;
  const unit = literal === 1 ? unitOf(read, catalogue).replace(/^days$/, 'day') : unitOf(read, catalogue);
  if (typeof literal === 'number')
    return unit === '' ? listWords([literal]) : `${listWords([literal])} ${unit}`;
  return Array.isArray(literal) ? listWords(literal as readonly unknown[]) : listWords([literal]);
}

const PLAIN: Readonly<Record<OperatorName, string>> = {
  equal: 'is',
  notEqual: 'is not',
  in: 'is one of',
  notIn: 'is none of',
  contains: 'has the entry',
  doesNotContain: 'does not have the entry',
  lessThan: 'is less than',
  lessThanInclusive: 'is at most',
  greaterThan: 'is more than',
  greaterThanInclusive: 'is at least',
};

const NEGATED: Readonly<Record<OperatorName, string>> = {
  equal: 'is not',
  notEqual: 'is',
  in: 'is none of',
  notIn: 'is one of',
  contains: 'does not have the entry',
  doesNotContain: 'has the entry',
  lessThan: 'is at least',
  lessThanInclusive: 'is more than',
  greaterThan: 'is at most',
  greaterThanInclusive: 'is less than',
};
