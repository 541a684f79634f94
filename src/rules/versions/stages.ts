import type { RuleVersionStore } from '../version-store.js';

/** A version of a rule set. */
export interface VersionRef {
  readonly ruleSet: string;
  readonly version: number;
}

/** A version, and where on its way it stands. */
export interface StagedVersion extends VersionRef {
  /** active; latest: the newest one, where that is another. */
  readonly stage: string;
  /** What it reads has to be there. */
  readonly inForce: boolean;
}

/** Where the versions of all rule sets stand, as far as others have to know. */
export interface Stages {
  now(): Promise<readonly StagedVersion[]>;
  /** Versions that decide or have decided, the last ones of each rule set: at most `limit` of each. */
  everInForce(limit: number): Promise<readonly VersionRef[]>;
}

/** The stages that a store of versions tells of. */
export function stagesOf(store: Pick<RuleVersionStore, 'activations' | 'ruleSets' | 'publications'>): Stages {
  return {
    async now() {
      const [activations, ruleSets] = [await store.activations(), await store.ruleSets()];
      const active = new Map(activations.map(({ ruleSet, version }) => [ruleSet, version]));
      return ruleSets.flatMap(({ ruleSet, latest }) => {
        const version = active.get(ruleSet) ?? 0;
        const found: StagedVersion[] = [];
        if (version > 0) found.push({ ruleSet, version, stage: 'active', inForce: true });
        if (latest !== version) found.push({ ruleSet, version: latest, stage: 'latest', inForce: false });
        return found;
      });
    },
    async everInForce(limit) {
      const sets = (await store.ruleSets()).map(async ({ ruleSet }) => {
        const publications = await store.publications(ruleSet, limit, undefined);
        const versions = new Set(publications.map(({ to }) => to).filter((version) => version > 0));
        return [...versions].map((version) => ({ ruleSet, version }));
      });
      return (await Promise.all(sets)).flat();
    },
  };
}
