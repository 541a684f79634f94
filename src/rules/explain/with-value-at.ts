/**
 * A copy of a fact's value in which a path finds another value. A value that is no object is what any path finds. A list
 * stays one where the entry is there; else it becomes an object with the same entries and length.
 */
export function withValueAt(value: unknown, steps: readonly string[], found: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined || (value !== undefined && (typeof value !== 'object' || value === null)))
    return found;
  const inner: unknown = value !== undefined && Object.hasOwn(value, step) ? Reflect.get(value, step) : {};
  const then = rest.length === 0 ? found : withValueAt(inner, rest, found);
  if (!Array.isArray(value)) return { ...value, [step]: then };
  const at = Number(step);
  return at < value.length
    ? value.with(at, then)
    : Object.assign({}, value, { length: value.length, [step]: then });
}
