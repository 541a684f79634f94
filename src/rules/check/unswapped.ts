import type { FactCatalogue } from '../catalogue.js';
import type { OperatorName } from '../document/operators.js';
import type { Read, TestNode } from '../document/resolve.js';
import { typeOf } from './conditions.js';

/** What operators are with their sides exchanged. */
const TURNED: Readonly<Partial<Record<OperatorName, OperatorName>>> = {
  equal: 'equal',
  notEqual: 'notEqual',
  lessThan: 'greaterThan',
  lessThanInclusive: 'greaterThanInclusive',
  greaterThan: 'lessThan',
  greaterThanInclusive: 'lessThanInclusive',
};

/** The same test without `swap`, as far as its operator can be turned round: of numbers, and of what is the same or not. */
export function unswapped(test: TestNode, catalogue: FactCatalogue): TestNode {
  const { read, right, operator } = test;
  const { base, decorators } = operator;
  const swaps = decorators.filter((name) => name === 'swap').length;
  const nots = decorators.filter((name) => name === 'not');
  const turned = TURNED[base];
  if (swaps === 0 || swaps + nots.length < decorators.length || turned === undefined) return test;
  const areNumbers =
    isNumber(read, catalogue) &&
    ('read' in right ? isNumber(right.read, catalogue) : typeof right.literal === 'number');
  if (turned !== base && !areNumbers) return test;
  return { ...test, operator: { base: swaps % 2 === 0 ? base : turned, decorators: nots } };
}

function isNumber({ fact, params = {}, steps }: Read, catalogue: FactCatalogue): boolean {
  const definition = catalogue.get(fact);
  return definition !== undefined && steps === undefined && typeOf(definition, params) === 'number';
}
