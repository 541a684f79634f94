import type { Stage } from '../publish/stage.js';
import type { RuleVersionStore } from '../version-store.js';

/** A version of a rule set. */
export interface VersionRef {
  readonly ruleSet: string;
  readonly version: number;
}

/** A version, and where on its way it stands. */
export interface VersionStage extends VersionRef {
  /** latest: the newest one, where it stands nowhere. */
  readonly stage: Stage | 'latest';
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
  return {
    async now() {
      const [staged, ruleSets] = [await store.staged(), await store.ruleSets()];
      const found = new Map<string, VersionStage>();
      for (const { ruleSet, version, stage } of staged)
        found.set(`${ruleSet} ${version} ${stage}`, { ruleSet, version, stage, inForce: true });
      for (const { ruleSet, latest: version } of ruleSets)
        if (!staged.some((one) => one.ruleSet === ruleSet && one.version === version))
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
