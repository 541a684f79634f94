import { FACT_CATALOGUE } from '../facts/catalogue.js';
import type { ListsService } from '../facts/lists/lists-service.js';
import { proveCases } from '../rehearsal/prove-cases.js';
import type { RunCases } from '../rules/publish/proving.js';
import type { RuleVersionStore } from '../rules/version-store.js';
import type { World } from '../world/world.js';

/** Runs golden cases over what this service has: other rule sets as they are active at all sites, else their newest version. */
export function caseRunner({
  world,
  store,
  lists,
}: {
  readonly world: World;
  readonly store: RuleVersionStore;
  readonly lists: Pick<ListsService, 'types'>;
}): RunCases {
  return proveCases({
    catalogue: FACT_CATALOGUE,
    lists: () => lists.types(),
    async document(ruleSet) {
      const active = (await store.stagesOf(ruleSet)).find(
        ({ stage, scope }) => stage === 'active' && scope === 'all',
      );
      const stored = active && (await store.get(ruleSet, active.version));
      return (stored ?? (await store.versions(ruleSet, 1, undefined))[0])?.document;
    },
    pause: () => new Promise((resolve) => world.timers.soon(resolve)),
  });
}
