import type { ControlGroup } from '../../rules/exceptions/control-group.js';
import { scopesOf, type ScopedSite } from '../../rules/publish/scope.js';

/** The control groups that run now, for synchronous look-up. */
export interface ControlLookup {
  /** Whether none runs anywhere, as is usual. */
  readonly empty: boolean;
  /** That of the most specific scope at processing time (epoch ms). */
  groupOf(ruleSet: string, rule: string, site: ScopedSite, at: number): ControlGroup | undefined;
  /** Whether what is on a list must never be let go. */
  readonly isBarred: (list: string) => boolean;
}

/** For where nothing is let go. */
export const NO_CONTROLS: ControlLookup = { empty: true, groupOf: () => undefined, isBarred: () => true };

/** Control groups in memory, by rule. */
export class ControlIndex implements ControlLookup {
  readonly isBarred: (list: string) => boolean;
  #groups: ReadonlyMap<string, readonly ControlGroup[]> = new Map();

  constructor(isBarred: (list: string) => boolean) {
    this.isBarred = isBarred;
  }

  get empty(): boolean {
    return this.#groups.size === 0;
  }

  /** Puts these in the place of all that were known. */
  replace(groups: readonly ControlGroup[]): void {
    const byRule = new Map<string, ControlGroup[]>();
    for (const group of groups) {
      const name = `${group.ruleSet}/${group.rule}`;
      byRule.set(name, [...(byRule.get(name) ?? []), group]);
    }
    this.#groups = byRule;
  }

  groupOf(ruleSet: string, rule: string, site: ScopedSite, at: number): ControlGroup | undefined {
    const groups = this.#groups.get(`${ruleSet}/${rule}`)?.filter(({ until }) => at < until);
    if (groups === undefined || groups.length === 0) return undefined;
    for (const scope of scopesOf(site)) {
      const found = groups.find((group) => group.scope === scope);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
