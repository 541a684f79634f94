import type { OperatorName } from '../document/operators.js';
import { quoted } from './findings.js';

/** What other languages call our operators. */
const ELSEWHERE: Readonly<Record<string, OperatorName>> = {
  '=': 'equal',
  '==': 'equal',
  '===': 'equal',
  eq: 'equal',
  is: 'equal',
  '!=': 'notEqual',
  '!==': 'notEqual',
  '<>': 'notEqual',
  ne: 'notEqual',
  '<': 'lessThan',
  lt: 'lessThan',
  '<=': 'lessThanInclusive',
  lte: 'lessThanInclusive',
  lessthanorequal: 'lessThanInclusive',
  lessthanorequalto: 'lessThanInclusive',
  '>': 'greaterThan',
  gt: 'greaterThan',
  '>=': 'greaterThanInclusive',
  gte: 'greaterThanInclusive',
  greaterthanorequal: 'greaterThanInclusive',
  greaterthanorequalto: 'greaterThanInclusive',
  includes: 'contains',
};

/** Which operator of ours is meant by the name of another language's, as the end of a sentence; '' when none is. */
export function meantOperator(name: string): string {
  const known = name.toLowerCase().replaceAll(/[_-]/g, '');
  return Object.hasOwn(ELSEWHERE, known) ? `; did you mean ${quoted(ELSEWHERE[known])}?` : '';
}
