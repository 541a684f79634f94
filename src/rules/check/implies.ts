import { complement, intersect, isEmpty, type Domain } from './domains.js';
import type { Form, FormTest } from './forms.js';

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

/** Whether the tests that all hold leave a fact no value but such as one of the wanted tests takes. */
function byTests(given: readonly FormTest[], wanted: readonly FormTest[], steps: Steps): boolean {
  const ids = new Set(given.map(({ id }) => id));
  if (wanted.some(({ id }) => ids.has(id))) return true;
  const known = new Map<string, Domain>();
  for (const { key, yes } of given) {
    if (key === undefined) continue;
    const before = known.get(key);
    steps.left -= sizeOf(yes);
    known.set(key, before === undefined ? yes : intersect(before, yes));
  }
  const taken = new Map<string, Domain>();
  for (const { key, yes } of wanted) {
    if (key === undefined || !known.has(key)) continue;
    const before = taken.get(key);
    steps.left -= sizeOf(yes);
    taken.set(key, before === undefined ? yes : union(before, yes));
  }
  for (const [key, domain] of taken) {
    const left = known.get(key);
    if (left !== undefined && isEmpty(intersect(left, complement(domain)))) return true;
  }
  return false;
}

function flat(form: Form, kind: 'all' | 'any'): readonly Form[] {
  return form.kind === kind ? form.children.flatMap((child) => flat(child, kind)) : [form];
}

function isTest(form: Form): form is FormTest {
  return form.kind === 'test';
}

function union(a: Domain, b: Domain): Domain {
  return complement(intersect(complement(a), complement(b)));
}

function sizeOf({ numbers, texts }: Domain): number {
  return numbers.length + texts.values.size;
}

/** What a condition that is implied by another has to share with it. */
export function keysOf(form: Form): ReadonlySet<string> {
  const keys = new Set<string>();
  const visit = (one: Form): void => {
    if (one.kind === 'test') keys.add(one.key ?? one.id);
    else if (one.kind === 'all' || one.kind === 'any') one.children.forEach(visit);
  };
  visit(form);
  return keys;
}

/** Of these every condition that implies the form has to ask too. */
export function neededKeys(form: Form): readonly string[] {
  return flat(form, 'all').flatMap((one) => (one.kind === 'test' ? [one.key ?? one.id] : []));
}
