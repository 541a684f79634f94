import type { Operator } from '../document/operators.js';

/**
 * A list with one entry more or without one, for which `contains` or `doesNotContain` comes to the wanted truth;
 * undefined: for this operator or value none is known.
 */
export function flippedBy(
  { base, decorators }: Operator,
  wanted: boolean,
  from: unknown,
  expected: unknown,
): readonly unknown[] | undefined {
  if (base !== 'contains' && base !== 'doesNotContain') return undefined;
  if (decorators.some((name) => name !== 'not')) return undefined;
  if (from !== undefined && !Array.isArray(from)) return undefined;
  const list: readonly unknown[] = from ?? [];
  const asked = decorators.length % 2 === 0 ? wanted : !wanted;
  const inIt = (base === 'contains') === asked;
  const others = list.filter((item) => item !== expected);
  return inIt ? [...others, expected] : others;
}
