import type { RuleSetVersion } from '../program.js';
import type { InForce } from '../rule-set-info.js';
import { partsOfScope, scopesOf, type ScopedSite } from './scope.js';
import type { StagedVersion } from './stage.js';

/** A version that stands beside the stable ones, and all versions that decide where it takes its rule set's place. */
export interface Variation {
  readonly staged: StagedVersion;
  readonly versions: readonly RuleSetVersion[];
}

/** What decides the payments of some sites. Versions are in the order of their rule sets' names. */
export interface SiteRules {
  readonly stable: readonly RuleSetVersion[];
  /** In the order in which they began. */
  readonly canaries: readonly Variation[];
  readonly shadows: readonly InForce[];
}

/** What decides where. */
export interface Arrangement {
  /** Every different answer of `at`. */
  readonly all: readonly SiteRules[];
  at(site: ScopedSite): SiteRules;
}

/**
 * Which versions decide for which site: of each rule set the active one of the most specific scope. A canary takes part
 * where its scope is at least as specific as that. A shadow takes part wherever its scope reaches.
 *
 * Sites that a scope names belong to the group that `groupOf` says, until the next arrangement: nothing decides that was
 * not prepared.
 */
export function arrange(inForce: readonly InForce[], groupOf: (site: string) => string): Arrangement {
  const named = namesIn(inForce);
  const sites = new Map<string, SiteRules>();
  const groups = new Map<string, SiteRules>();
  const known = new Map<string, SiteRules>();
  const rulesOf = (site: ScopedSite): SiteRules => {
    const rules = siteRules(inForce, site);
    const name = nameOf(rules);
    const same = known.get(name);
    if (same === undefined) known.set(name, rules);
    return same ?? rules;
  };
  for (const id of named.sites) sites.set(id, rulesOf({ id, group: groupOf(id) }));
  for (const group of named.groups) groups.set(group, rulesOf({ id: '', group }));
  const others = rulesOf({ id: '', group: '' });
  const plain = sites.size === 0 && groups.size === 0;
  return {
    all: [...known.values()],
    at: ({ id, group }) => (plain ? others : (sites.get(id) ?? groups.get(group) ?? others)),
  };
}

function siteRules(inForce: readonly InForce[], site: ScopedSite): SiteRules {
  const scopes = scopesOf(site);
  const here = inForce.filter(({ staged }) => scopes.includes(staged.scope));
  const nearest = (stage: StagedVersion['stage'], ruleSet: string): InForce | undefined =>
    here
      .filter(({ staged }) => staged.stage === stage && staged.ruleSet === ruleSet)
      .toSorted((a, b) => scopes.indexOf(a.staged.scope) - scopes.indexOf(b.staged.scope))[0];
  const stable: RuleSetVersion[] = [];
  const canaries: InForce[] = [];
  for (const ruleSet of [...new Set(here.map(({ staged }) => staged.ruleSet))].toSorted()) {
    const active = nearest('active', ruleSet);
    const canary = nearest('canary', ruleSet);
    if (active !== undefined) stable.push(active.version);
    if (canary === undefined) continue;
    const reach = active === undefined ? Infinity : scopes.indexOf(active.staged.scope);
    if (scopes.indexOf(canary.staged.scope) <= reach) canaries.push(canary);
  }
  const began = (a: InForce, b: InForce): number =>
    a.staged.sinceAt - b.staged.sinceAt || (a.staged.ruleSet < b.staged.ruleSet ? -1 : 1);
  return {
    stable,
    canaries: canaries
      .toSorted(began)
      .map(({ staged, version }) => ({ staged, versions: withVersion(stable, version) })),
    shadows: here.filter(({ staged }) => staged.stage === 'shadow').toSorted(began),
  };
}

/** The versions with one in the place of its rule set's, or beside them. */
export function withVersion(
  versions: readonly RuleSetVersion[],
  version: RuleSetVersion,
): readonly RuleSetVersion[] {
  const others = versions.filter(({ ruleSet }) => ruleSet !== version.ruleSet);
  return [...others, version].toSorted((a, b) => (a.ruleSet < b.ruleSet ? -1 : 1));
}

function namesIn(inForce: readonly InForce[]): {
  readonly sites: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
} {
  const parts = inForce.map(({ staged }) => partsOfScope(staged.scope));
  const of = (kind: string) => new Set(parts.filter((part) => part.kind === kind).map(({ id }) => id));
  return { sites: of('site'), groups: of('group') };
}

function nameOf({ stable, canaries, shadows }: SiteRules): string {
  const versions = stable.map(({ ruleSet, version }) => `${ruleSet} ${version}`);
  const runs = [...canaries, ...shadows].map(
    ({ staged }) => `${staged.stage} ${staged.ruleSet} ${staged.version} ${staged.scope} ${staged.since}`,
  );
  return [...versions, '', ...runs].join('\n');
}

/** Everything active at all sites: for rehearsals and tests. */
export function allActive(versions: readonly RuleSetVersion[]): readonly InForce[] {
  return versions.map((version) => ({
    staged: {
      ruleSet: version.ruleSet,
      scope: 'all',
      version: version.version,
      stage: 'active',
      since: 1,
      sinceAt: 0,
    },
    version,
  }));
}
