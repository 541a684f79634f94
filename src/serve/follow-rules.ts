import type { CanaryCounts } from '../decisions/canary/canary-counts.js';
import type { DecisionService } from '../decisions/decision-service.js';
import { arrange } from '../rules/publish/arrangement.js';
import { partsOfScope } from '../rules/publish/scope.js';
import type { InForce } from '../rules/rule-set-info.js';
import type { RuleSets } from '../rules/rule-sets.js';

/**
 * Gives back a step that brings the running program up to what stands in the store. Steps that overlap wait for each
 * other, so that an older program never takes the place of a newer one. `groupOf`: of a site. `canaries`: what counts
 * their decisions.
 */
export function followRules(
  ruleSets: () => Pick<RuleSets, 'inForce'>,
  decisions: Pick<DecisionService, 'useRules'>,
  groupOf: (site: string) => string,
  canaries: Pick<CanaryCounts, 'begin' | 'settle'>,
): () => Promise<void> {
  let running: string | undefined;
  let last: Promise<void> = Promise.resolve();
  return () => {
    last = last
      .catch(() => undefined)
      .then(async () => {
        const { versions, revision } = await ruleSets().inForce();
        const wanted = [revision, ...groupsOf(versions, groupOf)].join('\n');
        if (wanted === running) return;
        const trials = versions.map(({ staged }) => staged).filter(({ stage }) => stage === 'canary');
        canaries.begin(trials);
        await decisions.useRules(arrange(versions, groupOf));
        canaries.settle(trials);
        running = wanted;
      });
    return last;
  };
}

/** The groups of the sites that scopes name: the rules of these change with them. */
function groupsOf(versions: readonly InForce[], groupOf: (site: string) => string): string[] {
  const sites = versions
    .map(({ staged }) => partsOfScope(staged.scope))
    .filter(({ kind }) => kind === 'site');
  return [...new Set(sites.map(({ id }) => `${id} ${groupOf(id)}`))].toSorted();
}
