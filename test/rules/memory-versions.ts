import type { Evidence } from '../../src/rules/publish/evidence.js';
import { wouldClash, type StagedVersion } from '../../src/rules/publish/stage.js';
import type { Draft, Publication, RuleVersionStore, StoredVersion } from '../../src/rules/version-store.js';

/** A store of rule versions in memory, and what it holds. */
export function memoryVersions() {
  const versions: StoredVersion[] = [];
  const log: Publication[] = [];
  const evidence: Evidence[] = [];
  const drafts = new Map<string, Draft>();
  const draftRevisions = new Map<string, number>();
  let stages: StagedVersion[] = [];
  const newest = <T>(all: readonly T[], number: (one: T) => number, limit: number, before = Infinity): T[] =>
    all
      .filter((one) => number(one) < before)
      .toSorted((a, b) => number(b) - number(a))
      .slice(0, limit);
  const ofSet = <T extends { readonly ruleSet: string }>(all: readonly T[], ruleSet: string): T[] =>
    all.filter((one) => one.ruleSet === ruleSet);
  const store: RuleVersionStore = {
    async create(version, expectedLatest) {
      if ((await store.versions(version.ruleSet, 1, undefined))[0]?.version !== (expectedLatest || undefined))
        return 'stale';
      versions.push(version);
      return 'created';
    },
    get: async (ruleSet, number) => ofSet(versions, ruleSet).find(({ version }) => version === number),
    versions: async (ruleSet, limit, before) =>
      newest(ofSet(versions, ruleSet), ({ version }) => version, limit, before),
    ruleSets: async () =>
      [...new Set(versions.map(({ ruleSet }) => ruleSet))].toSorted().map((ruleSet) => ({
        ruleSet,
        latest: Math.max(...ofSet(versions, ruleSet).map(({ version }) => version)),
      })),
    heads: async () =>
      [...new Set(log.map(({ ruleSet }) => ruleSet))].toSorted().map((ruleSet) => ({
        ruleSet,
        revision: ofSet(log, ruleSet).length,
      })),
    staged: async () => stages.filter(({ stage }) => stage !== 'archived'),
    stagesOf: async (ruleSet) => ofSet(stages, ruleSet),
    async publish(publication, changes) {
      if (publication.revision !== ofSet(log, publication.ruleSet).length + 1) return 'stale';
      if (wouldClash(stages, changes)) return 'stale';
      log.push(publication);
      const gone = ({ ruleSet, scope, version }: StagedVersion): boolean =>
        changes.some((one) => one.ruleSet === ruleSet && one.scope === scope && one.version === version);
      stages = [...stages.filter((one) => !gone(one)), ...changes];
      return 'published';
    },
    publications: async (ruleSet, limit, before) =>
      newest(ofSet(log, ruleSet), ({ revision }) => revision, limit, before),
    async addEvidence(piece) {
      const there = await store.evidence(piece.ruleSet, piece.version);
      if (there.length !== piece.number - 1) return 'stale';
      evidence.push(piece);
      return 'added';
    },
    evidence: async (ruleSet, number) => ofSet(evidence, ruleSet).filter(({ version }) => version === number),
    async putDraft(draft, before) {
      const { ruleSet } = draft;
      if ((drafts.get(ruleSet)?.revision ?? 0) !== before) return 'stale';
      const revision = (draftRevisions.get(ruleSet) ?? 0) + 1;
      draftRevisions.set(ruleSet, revision);
      drafts.set(ruleSet, { ...draft, revision });
      return revision;
    },
    draft: async (ruleSet) => drafts.get(ruleSet),
    drafts: async () => [...drafts.values()],
    async removeDraft(ruleSet, revision) {
      if (drafts.get(ruleSet)?.revision !== revision) return 'stale';
      drafts.delete(ruleSet);
      return 'removed';
    },
    putLayout: async () => undefined,
    layout: async () => undefined,
  };
  return { store, versions, log, evidence };
}
