import type { CanaryCounts } from '../decisions/canary/canary-counts.js';
import type { DecisionService } from '../decisions/decision-service.js';
import { listsRead } from '../facts/lists/lists-read.js';
import { arrange } from '../rules/publish/arrangement.js';
import { partsOfScope } from '../rules/publish/scope.js';
import type { InForce } from '../rules/rule-set-info.js';
import type { RuleSets } from '../rules/rule-sets.js';

/**
 * Brings the running program up to what stands in the store. Where `ready` is given, rules that read a list of which it
 * is false are left for a later step; false: that was so.
 */
export type FollowRules = (ready?: (list: string) => boolean) => Promise<boolean>;

/**
 * Gives back a step that follows the rules. Steps that overlap wait for each other, so that an older program never takes
 * the place of a newer one. `groupOf`: of a site. `canaries`: what counts their decisions.
 */
export function followRules(
  ruleSets: () => Pick<RuleSets, 'inForce'>,
  decisions: Pick<DecisionService, 'useRules'>,
  groupOf: (site: string) => string,
  canaries: Pick<CanaryCounts, 'begin' | 'settle'>,
): FollowRules {
  let running: string | undefined;
  let last: Promise<unknown> = Promise.resolve();
  return (ready) => {
    const step = last
      .catch(() => undefined)
      .then(async () => {
        const { versions, revision } = await ruleSets().inForce();
        const wanted = [revision, ...groupsOf(versions, groupOf)].join('\n');
        if (wanted === running) return true;
        if (ready !== undefined && !listsOf(versions).every(ready)) return false;
        const trials = versions.map(({ staged }) => staged).filter(({ stage }) => stage === 'canary');
        canaries.begin(trials);
        await decisions.useRules(arrange(versions, groupOf));
        canaries.settle(trials);
        running = wanted;
        return true;
      });
    last = step;
    return step;
  };
}

/** The lists that rules read. */
function listsOf(versions: readonly InForce[]): readonly string[] {
  return [...new Set(versions.flatMap(({ version }) => [...listsRead(version.document).keys()]))];
}

/** The groups of the sites that scopes name: the rules of these change with them. */
function groupsOf(versions: readonly InForce[], groupOf: (site: string) => string): string[] {
  const sites = versions
    .map(({ staged }) => partsOfScope(staged.scope))
    .filter(({ kind }) => kind === 'site');
  return [...new Set(sites.map(({ id }) => `${id} ${groupOf(id)}`))].toSorted();
}
