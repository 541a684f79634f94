const PATH = /^\$(?:\.[A-Za-z_][A-Za-z0-9_-]{0,63}|\[\d{1,6}\])*$/;
const STEP = /\.([^.[]+)|\[(\d+)\]/g;
/** Names that no step of a path has: every object has parts called so. */
export const FORBIDDEN_STEPS: readonly string[] = ['__proto__', 'constructor', 'prototype'];
/** The most steps of a path. */
export const MAX_PATH_STEPS = 16;

/**
 * The steps of a path: `$` followed by `.name` or `[n]` only, at most 16 steps. Undefined when it is anything else, or
 * names `__proto__`, `constructor` or `prototype`.
 */
export function parsePath(path: string): readonly string[] | undefined {
  if (path.length > 1200 || !PATH.test(path)) return undefined;
  const steps: string[] = [];
  for (const match of path.matchAll(STEP)) {
    const step = match[1] ?? match[2] ?? '';
    if (FORBIDDEN_STEPS.includes(step)) return undefined;
    steps.push(step);
  }
  return steps.length > MAX_PATH_STEPS ? undefined : Object.freeze(steps);
}

/**
 * What a path finds in a fact's value, exactly as json-rules-engine with its default resolver: own properties only;
 * undefined where there is none; a value that is no object is returned as it is.
 */
export function readPath(value: unknown, steps: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  let current: unknown = value;
  for (const step of steps) {
    if (!current || !Object.hasOwn(current as object, step)) return undefined;
    current = (current as { readonly [step: string]: unknown })[step];
  }
  return current;
}
