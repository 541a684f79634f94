import type { ShadowTally } from '../../../rules/publish/shadow-tally.js';

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
