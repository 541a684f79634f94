import type { Operator } from '../document/operators.js';
import type { Read } from '../document/resolve.js';
import { cut, expectedText, needText, readText, valueText } from './text.js';
import type { Gap, WantedTest } from './ways.js';

/** How a value would have had to be: `velocity count of payments by card in 1h was 4, needs at least 5: 1 more`. */
export function changeText(read: Read, gap: Gap, tests: readonly WantedTest[]): string {
  const was = gap.from === undefined ? 'was not known' : `was ${valueText(gap.from)}`;
  const needs = [...new Set(tests.map(needOf))].join(' and ');
  return cut(`${readText(read)} ${was}, ${needs}${farText(gap)}`);
}

function needOf({ test, wanted, expected }: WantedTest): string {
  const operator = wanted ? test.operator : negated(test.operator);
  return needText(operator, expectedText(test, expected));
}

function negated({ base, decorators }: Operator): Operator {
  const [first, ...rest] = decorators;
  return first === 'not' ? { base, decorators: rest } : { base, decorators: ['not', ...decorators] };
}

function farText({ kind, from, to, by }: Gap): string {
  if (kind !== 'number') return '';
  const more = Number(to) > Number(from);
  const amount = Number(by.toPrecision(6));
  if (amount < 1e-9) return `: just ${more ? 'more' : 'less'}`;
  return `: ${String(amount)} ${more ? 'more' : 'less'}`;
}
