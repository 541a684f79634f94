import type { DecisionService } from '../decisions/decision-service.js';
import type { RuleSets } from '../rules/rule-sets.js';

/**
 * Gives back a step that brings the running program up to what is active in the store. Steps that overlap wait for each
 * other, so that an older program never takes the place of a newer one.
 */
export function followRules(
  ruleSets: () => Pick<RuleSets, 'active'>,
  decisions: Pick<DecisionService, 'useRules'>,
): () => Promise<void> {
  let running = '';
  let last: Promise<void> = Promise.resolve();
  return () => {
    last = last
      .catch(() => undefined)
      .then(async () => {
        const { versions, revision } = await ruleSets().active();
        if (revision === running) return;
        await decisions.useRules(versions);
        running = revision;
      });
    return last;
  };
}
