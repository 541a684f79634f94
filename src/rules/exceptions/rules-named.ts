import { TollgateError } from '../../errors/errors.js';
import type { Rule } from '../document/document.js';
import { newestVersion } from '../known-versions.js';
import type { RuleSetVersion } from '../program.js';
import type { RuleVersionStore } from '../version-store.js';

/** A rule in one version of its set. */
export interface NamedRule {
  readonly rule: Rule;
  readonly version: RuleSetVersion;
}

/**
 * The rules of a set with a name ('' for all), in every version that stands somewhere and in the newest: what an exception
 * may meet. Throws RULE_SET_NOT_FOUND, RULE_NOT_FOUND.
 */
export async function rulesNamed(
  store: Pick<RuleVersionStore, 'staged' | 'get' | 'versions'>,
  ruleSet: string,
  name: string,
): Promise<readonly NamedRule[]> {
  const newest = await newestVersion(store as RuleVersionStore, ruleSet);
  const staged = (await store.staged()).filter((one) => one.ruleSet === ruleSet);
  const numbers = new Set(staged.map(({ version }) => version));
  numbers.delete(newest.version);
  const others = await Promise.all([...numbers].map((version) => store.get(ruleSet, version)));
  const versions = [newest, ...others.filter((version) => version !== undefined)];
  const found = versions.flatMap((version) =>
    version.document.rules.flatMap((rule) => (name === '' || rule.name === name ? [{ rule, version }] : [])),
  );
  if (found.length === 0)
    throw new TollgateError(
      'RULE_NOT_FOUND',
      `no version of ${ruleSet} that stands anywhere has a rule ${name}`,
    );
  return found;
}
