import type { Growth } from '../catalogue.js';
import { intersect, isEmpty, type Domain } from './domains.js';
import type { Form, FormTest } from './forms.js';
import { besides } from './growing.js';

/** Steps that may still be taken; at none, nothing more is found. */
export interface Steps {
  left: number;
}

/**
 * Whether one condition is never truer than another, whatever the facts: false where the other is false, true only where
 * the other is true, unknown only where the other is unknown or true. Sound, and not complete: what it does not see, or has
 * no steps left for, is said not to hold.
 */
export function implies(a: Form, b: Form, steps: Steps): boolean {
  if (--steps.left < 0) return false;
  if (a.kind === 'never' || b.kind === 'always') return true;
  if (a.kind === 'always' || b.kind === 'never') return false;
  if (b.kind === 'all') return b.children.every((child) => implies(a, child, steps));
  if (a.kind === 'any') return a.children.every((child) => implies(child, b, steps));
  const given = flat(a, 'all');
  const wanted = flat(b, 'any');
  steps.left -= given.length + wanted.length;
  if (given.some(({ kind }) => kind === 'never') || wanted.some(({ kind }) => kind === 'always')) return true;
  if (byTests(given.filter(isTest), wanted.filter(isTest), steps)) return true;
  const groups = wanted.filter((form) => form.kind === 'all');
  if (groups.some((group) => implies(a, group, steps))) return true;
  const choice = given.find((form) => form.kind === 'any');
  if (choice?.kind !== 'any') return false;
  const rest = given.filter((form) => form !== choice);
  return choice.children.every((child) => implies({ kind: 'all', children: [...rest, child] }, b, steps));
}

/** Whether the tests that all hold leave a fact no value for which all of the wanted tests about it are false. */
function byTests(given: readonly FormTest[], wanted: readonly FormTest[], steps: Steps): boolean {
  const ids = new Set(given.map(({ id }) => id));
  if (wanted.some(({ id }) => ids.has(id))) return true;
  const known = together(given, 'yes', steps);
  const looked = wanted.filter(
    ({ key, growth }) => growth !== undefined || (key !== undefined && known.has(key)),
  );
  for (const [key, { values, growth }] of together(looked, 'no', steps)) {
    const left = leftOf(key, growth, known, steps);
    if (left !== undefined && isEmpty(intersect(left, values))) return true;
  }
  return false;
}

/** Values of one fact. */
interface Values {
  readonly values: Domain;
  readonly growth: Growth | undefined;
}

/** By key, the values for which all tests of it are true, or are false. */
function together(
  tests: readonly FormTest[],
  truth: 'yes' | 'no',
  steps: Steps,
): ReadonlyMap<string, Values> {
  const all = new Map<string, Values>();
  for (const { key, growth, [truth]: own } of tests) {
    if (key === undefined) continue;
    const before = all.get(key)?.values;
    steps.left -= sizeOf(own);
    all.set(key, { values: before === undefined ? own : intersect(before, own), growth });
  }
  return all;
}

/** What a fact can be by what is known of it, and of the same over other windows; undefined: nothing is known. */
function leftOf(
  key: string,
  growth: Growth | undefined,
  known: ReadonlyMap<string, Values>,
  steps: Steps,
): Domain | undefined {
  let left = known.get(key)?.values;
  if (growth === undefined) return left;
  steps.left -= known.size;
  for (const { values, growth: its } of known.values()) {
    const bounds = its === undefined ? undefined : besides(values, its, growth);
    if (bounds !== undefined) left = left === undefined ? bounds : intersect(left, bounds);
  }
  return left;
}

function flat(form: Form, kind: 'all' | 'any'): readonly Form[] {
  return form.kind === kind ? form.children.flatMap((child) => flat(child, kind)) : [form];
}

function isTest(form: Form): form is FormTest {
  return form.kind === 'test';
}

function sizeOf({ numbers, texts }: Domain): number {
  return numbers.length + texts.values.size;
}

/** What a condition that is implied by another has to share with it. */
export function keysOf(form: Form): ReadonlySet<string> {
  const keys = new Set<string>();
  const visit = (one: Form): void => {
    if (one.kind === 'test') keys.add(sharedKey(one));
    else if (one.kind === 'all' || one.kind === 'any') one.children.forEach(visit);
  };
  visit(form);
  return keys;
}

/** Of these every condition that implies the form has to ask too. */
export function neededKeys(form: Form): readonly string[] {
  return flat(form, 'all').flatMap((one) => (one.kind === 'test' ? [sharedKey(one)] : []));
}

/** The same for tests of which one may imply the other. */
function sharedKey({ id, key, growth }: FormTest): string {
  return growth?.alike ?? key ?? id;
}
