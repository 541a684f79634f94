import { TollgateError } from '../errors/errors.js';
import { documentHash } from './document/canonical.js';
import type { RuleSetVersion } from './program.js';
import type { InForce } from './rule-set-info.js';
import type { RuleVersionStore } from './version-store.js';

/** All that is in shadow, canary or active, and a text that changes whenever that does. */
export interface AllInForce {
  readonly versions: readonly InForce[];
  readonly revision: string;
}

/**
 * A version never changes, and its hash is what was proven and approved: it must not decide with other content. Throws
 * RULE_SET_INVALID.
 */
export function mustBeAsCommitted({ ruleSet, version, hash, document }: RuleSetVersion): void {
  if (documentHash(document) !== hash)
    throw new TollgateError(
      'RULE_SET_INVALID',
      `version ${version} of ${ruleSet} is not as it was committed: what is stored has another hash`,
    );
}

/** Gives back what reads it. It is asked again and again: what was in force at the last time is not read anew. */
export function inForceOf(store: Pick<RuleVersionStore, 'staged' | 'get'>): () => Promise<AllInForce> {
  let known: ReadonlyMap<string, RuleSetVersion> = new Map();

  async function read(ruleSet: string, version: number, stage: string): Promise<RuleSetVersion> {
    const stored = known.get(nameOf(ruleSet, version)) ?? (await store.get(ruleSet, version));
    // To go on without it would let through what it refuses.
    if (stored === undefined) throw new Error(`version ${version} of ${ruleSet} is ${stage}, but not stored`);
    if (!known.has(nameOf(ruleSet, version))) mustBeAsCommitted(stored);
    return stored;
  }

  return async () => {
    const staged = await store.staged();
    const versions = await Promise.all(
      staged.map(async (one): Promise<InForce> => ({
        staged: one,
        version: await read(one.ruleSet, one.version, one.stage),
      })),
    );
    known = new Map(versions.map(({ version }) => [nameOf(version.ruleSet, version.version), version]));
    const names = staged.map((one) => `${one.ruleSet}/${one.scope}/${one.version}:${one.stage}:${one.since}`);
    return { versions, revision: names.toSorted().join(' ') };
  };
}

function nameOf(ruleSet: string, version: number): string {
  return `${ruleSet} ${version}`;
}
