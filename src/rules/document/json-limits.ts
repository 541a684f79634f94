/** How large a rule-set document may be. */
export const LIMITS = {
  bytes: 1 << 20,
  rules: 2_000,
  limits: 200,
  namedConditions: 1_000,
  /** Nested conditions, with named ones followed. */
  depth: 16,
  /** Entries of a list that a test compares with. */
  listOperand: 10_000,
  /** Tests of one rule, and of the whole set, with named conditions written out. */
  testsPerRule: 10_000,
  tests: 100_000,
  /** Different facts, each with its parameters: every decision computes all of them. */
  facts: 2_000,
} as const;

/** Nested JSON of any kind; far more than 16 conditions with parameters need. */
const MAX_JSON_DEPTH = 80;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Says what is wrong with a value that should be a JSON document of at most 1 MiB, or undefined. Walks without
 * recursion and stops at the limits, so that deep, huge, circular or non-JSON values do no harm.
 */
export function jsonProblem(document: unknown): string | undefined {
  let bytes = 0;
  const stack: { readonly value: unknown; readonly depth: number }[] = [{ value: document, depth: 0 }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { value, depth } = next;
    if (depth > MAX_JSON_DEPTH) return `is nested more than ${MAX_JSON_DEPTH} levels deep`;
    if (typeof value === 'string') {
      if (LONE_SURROGATE.test(value)) return 'holds text that is not well-formed Unicode';
      bytes += value.length > LIMITS.bytes ? value.length : Buffer.byteLength(value) + 2;
    } else if (typeof value === 'number') {
      if (!Number.isFinite(value)) return 'holds a number that JSON cannot express';
      bytes += String(value).length;
    } else if (typeof value === 'boolean' || value === null) {
      bytes += 4;
    } else if (Array.isArray(value)) {
      bytes += 2 + value.length;
      if (bytes > LIMITS.bytes) break;
      for (const item of value as readonly unknown[]) stack.push({ value: item, depth: depth + 1 });
    } else if (isPlainObject(value)) {
      const keys = Object.keys(value);
      bytes += 2;
      for (const key of keys) {
        if (key === '__proto__') return 'holds a property named __proto__';
        if (LONE_SURROGATE.test(key)) return 'holds text that is not well-formed Unicode';
        bytes += Buffer.byteLength(key) + 4;
        if (bytes > LIMITS.bytes) break;
        stack.push({ value: value[key], depth: depth + 1 });
      }
    } else {
      return `holds a value that is no JSON (${typeof value})`;
    }
    if (bytes > LIMITS.bytes) break;
  }
  return bytes > LIMITS.bytes ? 'is larger than 1 MiB' : undefined;
}

/** Whether a value is an object such as JSON.parse makes. */
export function isPlainObject(value: unknown): value is { readonly [name: string]: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
