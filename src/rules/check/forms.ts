import type { FactCatalogue, Growth } from '../catalogue.js';
import { canonicalJson } from '../document/canonical.js';
import type { ConditionNode, MissingPolicy, TestNode } from '../document/resolve.js';
import type { Domain } from './domains.js';
import { testSets, type TestSets } from './test-sets.js';
import { unswapped } from './unswapped.js';

/** A condition without `not` and names: what is left is groups, and tests as sets of the values that make them true. */
export type Form =
  | { readonly kind: 'always' }
  | { readonly kind: 'never' }
  | FormTest
  | { readonly kind: 'all' | 'any'; readonly children: readonly Form[] };

/** A test. */
export interface FormTest {
  readonly kind: 'test';
  /** Of tests with one key the sets can be compared; undefined: with nothing but the same test. */
  readonly key: string | undefined;
  /** The values for which it is true, and those for which it is false. */
  readonly yes: Domain;
  readonly no: Domain;
  /** The same test has the same one. */
  readonly id: string;
  /** How far back what is read looks, where it can only grow with that. */
  readonly growth: Growth | undefined;
}

/** Makes forms of the conditions of one rule set. */
export interface FormMaker {
  /** undefined: a test in it can fail, or it is too large. */
  of(node: ConditionNode): Form | undefined;
}

const MOST_NODES = 2_000;

/**
 * Makes forms. `not` is moved to the tests, which changes nothing in three-valued logic: what is unknown stays unknown. A
 * condition with a test that can fail has no form, since a failure is neither true, false nor unknown.
 */
export function formMaker(policy: MissingPolicy, catalogue: FactCatalogue): FormMaker {
  const known = new Map<TestNode, TestSets>();
  const ids = new Map<TestNode, number>();
  const byText = new Map<string, number>();
  let left = 0;

  /** Written out once: a named condition with a long list may stand in every rule. */
  function idOf(test: TestNode): number {
    let id = ids.get(test);
    if (id === undefined) {
      const { operator, value } = test.condition;
      const text = canonicalJson([test.read.key, test.read.path, operator, value]);
      id = byText.get(text) ?? byText.size;
      byText.set(text, id);
      ids.set(test, id);
    }
    return id;
  }

  function setsOf(test: TestNode): TestSets {
    let found = known.get(test);
    if (found === undefined) known.set(test, (found = testSets(test, policy, catalogue)));
    return found;
  }

  function make(node: ConditionNode, wanted: boolean): Form | undefined {
    if (--left < 0) return undefined;
    switch (node.kind) {
      case 'test':
        return makeTest(node, wanted);
      case 'not':
        return make(node.child, !wanted);
      case 'condition':
        return make(node.child, wanted);
      default: {
        if (node.children.length === 0) return { kind: wanted ? 'always' : 'never' };
        const children: Form[] = [];
        for (const child of node.children) {
          const form = make(child, wanted);
          if (form === undefined) return undefined;
          children.push(form);
        }
        return { kind: (node.kind === 'all') === wanted ? 'all' : 'any', children };
      }
    }
  }

  function makeTest(test: TestNode, wanted: boolean): Form | undefined {
    const { key, yes, no, exact, growth } = setsOf(test);
    if (canFail(unswapped(test, catalogue), exact)) return undefined;
    const id = `${wanted ? '' : 'not '}${idOf(test)}`;
    const sets = wanted ? { yes, no } : { yes: no, no: yes };
    return { kind: 'test', key: exact ? key : undefined, ...sets, id, growth };
  }

  return {
    of(node) {
      left = MOST_NODES;
      return make(node, true);
    },
  };
}

/** Operators fail over what is no list, comparisons over objects that cannot be read as a number. */
function canFail({ operator, right }: TestNode, exact: boolean): boolean {
  const { base, decorators } = operator;
  if (decorators.some((name) => name === 'someValue' || name === 'everyValue' || name === 'swap'))
    return true;
  if (base === 'equal' || base === 'notEqual' || base === 'contains' || base === 'doesNotContain')
    return false;
  if (base === 'in' || base === 'notIn') return !('literal' in right) || !Array.isArray(right.literal);
  return !exact || !('literal' in right) || decorators.some((name) => name !== 'not');
}

/** A text that is equal for forms of the same tests and groups, in whatever order. */
export function shapeOf(form: Form): string {
  if (form.kind === 'test') return form.id;
  if (form.kind !== 'all' && form.kind !== 'any') return form.kind;
  const [first, ...others] = [...new Set(form.children.map(shapeOf))].toSorted();
  // A group of one is that one.
  return others.length === 0 ? (first ?? '') : `${form.kind}(${[first, ...others].join(',')})`;
}
