import {
  addShadowTally,
  createRuleTally,
  createShadowTally,
  type ShadowTally,
} from '../../../rules/publish/shadow-tally.js';

/** The increments that add a tally: paths below `t`. Names of rules have no dots and no dollar signs. */
export function increments(tally: ShadowTally): Record<string, number> {
  const found: Record<string, number> = {};
  const walk = (path: string, value: unknown): void => {
    if (typeof value === 'number') {
      if (value !== 0) found[path] = value;
    } else if (typeof value === 'object' && value !== null)
      for (const [name, part] of Object.entries(value)) walk(`${path}.${name}`, part);
  };
  walk('t', tally);
  return found;
}

/** The tally of such counters. */
export function tallyOf(counters: unknown): ShadowTally {
  const tally = createShadowTally();
  const { rules = {}, ...others } = (counters ?? {}) as Partial<ShadowTally>;
  const all = Object.entries(rules).map(([name, counted]) => [name, filled(createRuleTally(), counted)]);
  addShadowTally(tally, filled(createShadowTally(), { ...others, rules: Object.fromEntries(all) as object }));
  return tally;
}

/** A shape of zeros with what is known put in. */
function filled<T extends object>(shape: T, known: object): T {
  for (const [name, value] of Object.entries(known)) {
    const there: unknown = shape[name as keyof T];
    if (typeof value === 'object' && value !== null && typeof there === 'object' && there !== null)
      filled(there, value as object);
    else (shape as Record<string, unknown>)[name] = value;
  }
  return shape;
}
