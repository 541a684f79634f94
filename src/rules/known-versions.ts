import { TollgateError } from '../errors/errors.js';
import type { StagedVersion } from './publish/stage.js';
import type { RuleVersionStore, StoredVersion } from './version-store.js';

/** Where the versions of one rule set stand. */
export interface Standings {
  readonly ruleSet: string;
  /** 0 before the first publication. */
  readonly revision: number;
  readonly stages: readonly StagedVersion[];
}

/** A stored version. Throws RULE_SET_NOT_FOUND, VERSION_NOT_FOUND. */
export async function knownVersion(
  store: RuleVersionStore,
  ruleSet: string,
  version: number,
): Promise<StoredVersion> {
  const stored = version === 0 ? undefined : await store.get(ruleSet, version);
  if (stored !== undefined) return stored;
  await newestVersion(store, ruleSet);
  const what = version === 0 ? 'no active version' : `no version ${version}`;
  throw new TollgateError('VERSION_NOT_FOUND', `rule set ${ruleSet} has ${what}`);
}

/** The newest version of a rule set. Throws RULE_SET_NOT_FOUND. */
export async function newestVersion(
  store: Pick<RuleVersionStore, 'versions'>,
  ruleSet: string,
): Promise<StoredVersion> {
  const [newest] = await store.versions(ruleSet, 1, undefined);
  if (newest === undefined) throw new TollgateError('RULE_SET_NOT_FOUND', `no rule set is named ${ruleSet}`);
  return newest;
}

/**
 * Where the versions of a rule set stand. The revision is read first: what changes in between makes it stale, and is
 * found out by whoever publishes on it.
 */
export async function standingsOf(store: RuleVersionStore, ruleSet: string): Promise<Standings> {
  const [latest] = await store.publications(ruleSet, 1, undefined);
  return { ruleSet, revision: latest?.revision ?? 0, stages: await store.stagesOf(ruleSet) };
}

/** The version that is active at all sites; 0: none. */
export function activeEverywhere(stages: readonly StagedVersion[]): number {
  return stages.find(({ stage, scope }) => stage === 'active' && scope === 'all')?.version ?? 0;
}
