import type { Stage, StagedVersion } from '../publish/stage.js';
import type { RuleVersionStore } from '../version-store.js';
import { activeChanges, versionBefore } from './roll-back.js';

/** A version of a rule set. */
export interface VersionRef {
  readonly ruleSet: string;
  readonly version: number;
}

/** A version, and where on its way it stands. */
export interface VersionStage extends VersionRef {
  /** previous: a roll-back leads to it. latest: the newest one, where it is none of the others. */
  readonly stage: Stage | 'previous' | 'latest';
  /** What it reads has to be there. */
  readonly inForce: boolean;
}

/** Where the versions of all rule sets stand, as far as others have to know. */
export interface Stages {
  now(): Promise<readonly VersionStage[]>;
  /** Versions that decide or have decided, the last ones of each rule set: at most `limit` of each. */
  everInForce(limit: number): Promise<readonly VersionRef[]>;
}

/** The stages that a store of versions tells of. */
export function stagesOf(store: Pick<RuleVersionStore, 'staged' | 'ruleSets' | 'publications'>): Stages {
  /** Where versions are active, those that were before. What was taken out of service holds on to nothing. */
  async function previous(staged: readonly StagedVersion[]): Promise<readonly VersionStage[]> {
    const found: VersionStage[] = [];
    for (const { ruleSet, scope, version: active, stage } of staged) {
      if (stage !== 'active') continue;
      const version = await versionBefore(active, activeChanges(store, ruleSet, scope));
      if (version) found.push({ ruleSet, version, stage: 'previous', inForce: true });
    }
    return found;
  }

  return {
    async now() {
      const [staged, ruleSets] = [await store.staged(), await store.ruleSets()];
      const found = new Map<string, VersionStage>();
      const standing = staged.map(({ ruleSet, version, stage }) => ({
        ruleSet,
        version,
        stage,
        inForce: true,
      }));
      for (const one of [...standing, ...(await previous(staged))])
        found.set(`${one.ruleSet} ${one.version} ${one.stage}`, one);
      const named = new Set([...found.values()].map(({ ruleSet, version }) => `${ruleSet} ${version}`));
      for (const { ruleSet, latest: version } of ruleSets)
        if (!named.has(`${ruleSet} ${version}`))
          found.set(ruleSet, { ruleSet, version, stage: 'latest', inForce: false });
      return [...found.values()];
    },
    async everInForce(limit) {
      const sets = (await store.ruleSets()).map(async ({ ruleSet }) => {
        const publications = await store.publications(ruleSet, limit, undefined);
        const decided = publications.flatMap(({ step, version, to }) =>
          step === 'start-canary' ? [version, to] : [to],
        );
        const versions = new Set(decided.filter((version) => version > 0));
        return [...versions].map((version) => ({ ruleSet, version }));
      });
      return (await Promise.all(sets)).flat();
    },
  };
}
