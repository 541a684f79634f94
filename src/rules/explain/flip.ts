import type { TestNode } from '../document/resolve.js';

/**
 * A list with one entry more, or without some, for which a test of its entries comes to the wanted truth; undefined: for
 * this operator or value none is known.
 */
export function flippedBy(
  { operator, compare }: Pick<TestNode, 'operator' | 'compare'>,
  wanted: boolean,
  from: unknown,
  expected: unknown,
): readonly unknown[] | undefined {
  if (from !== undefined && !Array.isArray(from)) return undefined;
  if (!asksEntries(operator)) return undefined;
  const list: readonly unknown[] = from ?? [];
  const asked: readonly unknown[] = Array.isArray(expected) ? expected : [expected];
  const [entry] = asked;
  return [
    ...(entry === undefined ? [] : [[...list, entry]]),
    list.filter((item) => !asked.includes(item)),
    list.filter((item) => asked.includes(item)),
    ...(entry === undefined ? [] : [[entry]]),
  ].find((candidate) => {
    try {
      return compare(candidate, expected) === wanted;
    } catch {
      return false;
    }
  });
}

/** Whether a fact is asked as a list, and its entries for being some value. */
function asksEntries({ base, decorators }: TestNode['operator']): boolean {
  const others = decorators.filter((name) => name !== 'not');
  if (base === 'contains' || base === 'doesNotContain') return others.length === 0;
  const [only, ...more] = others;
  if (more.length > 0 || (only !== 'someFact' && only !== 'everyFact')) return false;
  return base === 'equal' || base === 'notEqual' || base === 'in' || base === 'notIn';
}
