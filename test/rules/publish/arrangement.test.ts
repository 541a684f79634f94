import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RuleSetDocument } from '../../../src/rules/document/document.js';
import { arrange } from '../../../src/rules/publish/arrangement.js';
import type { Scope } from '../../../src/rules/publish/scope.js';
import type { Stage } from '../../../src/rules/publish/stage.js';
import type { InForce } from '../../../src/rules/rule-set-info.js';

const SITES = ['a', 'b', 'c', 'unknown'] as const;
const GROUPS: Readonly<Record<string, string>> = { a: 'eu', b: 'eu', c: 'us' };
const groupOf = (site: string): string => GROUPS[site] ?? '';

function standing(ruleSet: string, scope: Scope, version: number, stage: Stage, sinceAt = 0): InForce {
  return {
    staged: { ruleSet, scope, version, stage, since: 1, sinceAt },
    version: { ruleSet, version, hash: `${ruleSet}${version}`, document: {} as RuleSetDocument },
  };
}

const at = (inForce: readonly InForce[], site: string) =>
  arrange(inForce, groupOf).at({ id: site, group: groupOf(site) });
const names = (versions: readonly { readonly ruleSet: string; readonly version: number }[]): string[] =>
  versions.map(({ ruleSet, version }) => `${ruleSet}${version}`);

describe('at a site decides', () => {
  it('of each rule set the active version of the most specific scope', () => {
    const inForce = [
      standing('y', 'all', 1, 'active'),
      standing('y', 'group:eu', 2, 'active'),
      standing('y', 'site:a', 3, 'active'),
      standing('x', 'group:us', 4, 'active'),
    ];
    expect(SITES.map((site) => names(at(inForce, site).stable))).toEqual([
      ['y3'],
      ['y2'],
      ['x4', 'y1'],
      ['y1'],
    ]);
  });

  it('a canary only where nothing more specific than its scope is active', () => {
    const inForce = [
      standing('y', 'all', 1, 'active'),
      standing('y', 'site:a', 2, 'active'),
      standing('y', 'all', 3, 'canary'),
    ];
    expect(at(inForce, 'a').canaries).toEqual([]);
    expect(at(inForce, 'b').canaries.map(({ versions }) => names(versions))).toEqual([['y3']]);
  });

  it('a canary of one site against what is active around it, and one of a rule set that is new', () => {
    const inForce = [
      standing('y', 'all', 1, 'active'),
      standing('y', 'site:a', 2, 'canary', 5),
      standing('x', 'all', 7, 'canary', 3),
    ];
    expect(at(inForce, 'a').canaries.map(({ versions }) => names(versions))).toEqual([['x7', 'y1'], ['y2']]);
    expect(names(at(inForce, 'a').stable)).toEqual(['y1']);
  });

  it('nothing that is in shadow, wherever its scope reaches', () => {
    const inForce = [standing('y', 'all', 1, 'active'), standing('y', 'group:eu', 2, 'shadow')];
    expect(SITES.map((site) => at(inForce, site).shadows.length)).toEqual([1, 1, 0, 0]);
    expect(SITES.every((site) => names(at(inForce, site).stable)[0] === 'y1')).toBe(true);
  });
});

describe('whatever stands where', () => {
  const scope = fc.constantFrom<Scope>('all', 'group:eu', 'group:us', 'site:a', 'site:c', 'site:unknown');
  const inForce = fc
    .array(fc.tuple(fc.constantFrom('x', 'y'), scope, fc.constantFrom<Stage>('active', 'canary')))
    .map((all) => {
      const placed = new Map(all.map((one) => [one.join(' '), one]));
      return [...placed.values()].map(([set, where, stage], index) => standing(set, where, index + 1, stage));
    });
  const reach = (where: Scope, site: string): number =>
    ['all', `group:${groupOf(site)}`, `site:${site}`].indexOf(where);

  it('a naive search finds the same, and all that decides anywhere was prepared', () => {
    fc.assert(
      fc.property(inForce, fc.constantFrom(...SITES), (all, site) => {
        const arrangement = arrange(all, groupOf);
        const rules = arrangement.at({ id: site, group: groupOf(site) });
        expect(arrangement.all).toContain(rules);
        for (const set of ['x', 'y']) {
          const nearest = (stage: Stage): InForce | undefined =>
            all
              .filter(
                ({ staged }) =>
                  staged.ruleSet === set && staged.stage === stage && reach(staged.scope, site) >= 0,
              )
              .toSorted((a, b) => reach(b.staged.scope, site) - reach(a.staged.scope, site))[0];
          const [active, canary] = [nearest('active'), nearest('canary')];
          expect(rules.stable.find(({ ruleSet }) => ruleSet === set)).toBe(active?.version);
          const takesPart =
            canary !== undefined &&
            reach(canary.staged.scope, site) >=
              (active === undefined ? -1 : reach(active.staged.scope, site));
          const found = rules.canaries.find(({ staged }) => staged.ruleSet === set);
          expect(found?.staged).toBe(takesPart ? canary.staged : undefined);
          if (found === undefined) continue;
          // One version of each rule set, and the canary's own in the place of its stable one.
          expect(new Set(found.versions.map(({ ruleSet }) => ruleSet)).size).toBe(found.versions.length);
          const others = rules.stable.filter(({ ruleSet }) => ruleSet !== set);
          expect(found.versions.filter(({ ruleSet }) => ruleSet !== set)).toEqual(others);
          expect(found.versions).toContain(canary?.version);
        }
      }),
    );
  });
});
