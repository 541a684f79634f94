import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../../src/rules/publish/evidence.js';
import type { StagedVersion } from '../../../src/rules/publish/stage.js';
import type { Publication, StoredVersion } from '../../../src/rules/version-store.js';
import { provenanceFrom } from '../../../src/rules/versions/provenance.js';

const VERSION: StoredVersion = {
  ruleSet: 'shop',
  version: 2,
  hash: 'h',
  document: { id: 'shop', description: 'd', owner: 'o', rules: [] },
  author: 'ana',
  comment: 'tighter',
  createdAt: 5,
};

/** A store whose log holds these targets, the oldest first, one every ten ms; it hands out pages of any size asked for. */
function storeOf(targets: readonly number[], evidence: readonly Evidence[] = []) {
  return storeWith(
    targets.map((to, at) => ({ scope: 'all', from: targets[at - 1] ?? 0, to })),
    evidence,
  );
}

type Said = Pick<Publication, 'scope' | 'from' | 'to'> & Partial<Publication>;

function storeWith(said: readonly Said[], evidence: readonly Evidence[] = []) {
  const log = said
    .map((one, at): Publication => ({
      ruleSet: 'shop',
      revision: at + 1,
      version: one.to,
      actor: `actor-${at + 1}`,
      reason: 'why',
      at: (at + 1) * 10,
      step: 'activate',
      ...one,
    }))
    .toReversed();
  let pages = 0;
  return {
    pages: () => pages,
    stagesOf: async (): Promise<readonly StagedVersion[]> =>
      log.map(({ scope, version }) => ({
        ruleSet: 'shop',
        scope,
        version,
        stage: 'archived',
        since: 1,
        sinceAt: 0,
      })),
    evidence: async (): Promise<readonly Evidence[]> => evidence,
    get: async (_: string, version: number) => (version === 2 ? VERSION : undefined),
    publications: async (_: string, limit: number, before: number | undefined) => {
      pages += 1;
      return log.filter(({ revision }) => revision < (before ?? Infinity)).slice(0, limit);
    },
  };
}

const cameFrom = (store: ReturnType<typeof storeOf>, version: number, at: number, more: object = {}) =>
  provenanceFrom(store, (site) => (site === 'es' ? 'eu' : ''))({
    ruleSet: 'shop',
    version,
    site: 'es',
    at,
    ...more,
  });

describe('where a version came from', () => {
  it.each([
    ['the one publication before', [1, 2], 25, 2],
    ['of several the last before it decided', [2, 1, 2, 1, 2], 39, 3],
    ['at the very moment', [2, 1, 2], 30, 3],
    ['the first one, where all are later by the clock of who published', [1, 2, 1, 2], 15, 2],
  ])('%s made it active', async (_, targets, decidedAt, revision) => {
    const found = await cameFrom(storeOf(targets), 2, decidedAt);
    expect(found).toMatchObject({
      author: 'ana',
      comment: 'tighter',
      createdAt: 5,
      approvals: [],
      activation: {
        revision,
        actor: `actor-${revision}`,
        step: 'activate',
        reason: 'why',
        at: revision * 10,
      },
    });
  });

  it('tells who approved it, but not who wrote it', async () => {
    const approval = (actor: string, number: number): Evidence => ({
      ruleSet: 'shop',
      version: 2,
      number,
      hash: 'h',
      actor,
      at: number,
      comment: 'seen',
      kind: 'approval',
    });
    const found = await cameFrom(storeOf([2], [approval('ana', 1), approval('ben', 2)]), 2, 20);
    expect(found?.approvals).toMatchObject([{ actor: 'ben', comment: 'seen', at: 2 }]);
  });

  it('is looked for however long the log is, and no further than it takes', async () => {
    const store = storeOf([2, ...Array.from({ length: 250 }, () => 1)]);
    expect((await cameFrom(store, 2, 99_999))?.activation?.revision).toBe(1);
    expect(store.pages()).toBe(3);
    const near = storeOf([...Array.from({ length: 250 }, () => 1), 2]);
    await cameFrom(near, 2, 99_999);
    expect(near.pages()).toBe(1);
  });

  it('is not known of a version that the log does not name, or that is not there', async () => {
    expect((await cameFrom(storeOf([1]), 2, 50))?.activation).toBeUndefined();
    expect((await cameFrom(storeOf([]), 2, 50))?.author).toBe('ana');
    expect(await cameFrom(storeOf([1]), 1, 50)).toBeUndefined();
  });

  it('is what the scope says that decided for the site', async () => {
    const store = storeWith([
      { scope: 'all', from: 0, to: 2 },
      { scope: 'site:es', from: 0, to: 2 },
      { scope: 'site:mx', from: 0, to: 2 },
      { scope: 'all', from: 2, to: 1 },
      { scope: 'group:eu', from: 0, to: 2 },
      { scope: 'site:es', from: 2, to: 0 },
      { scope: 'all', from: 1, to: 2 },
      { scope: 'group:us', from: 0, to: 2 },
    ]);
    const revision = async (at: number, site: string) =>
      (await cameFrom(store, 2, at, { site }))?.activation?.revision;
    expect(await Promise.all([15, 25, 35, 55, 65, 95].map((at) => revision(at, 'es')))).toEqual([
      1, 2, 2, 2, 5, 5,
    ]);
    expect(await Promise.all([25, 35, 95].map((at) => revision(at, 'mx')))).toEqual([1, 3, 3]);
    expect(await Promise.all([25, 35, 95].map((at) => revision(at, 'jp')))).toEqual([1, 1, 7]);
  });

  it('is what began the canary that it decided as', async () => {
    const canary = { scope: 'all', step: 'start-canary', from: 1, to: 1 } as const;
    const store = storeWith([
      { scope: 'all', from: 0, to: 1 },
      { ...canary, version: 2 },
      { ...canary, version: 2 },
      { scope: 'all', from: 1, to: 2 },
    ]);
    expect((await cameFrom(store, 2, 45, { since: 2 }))?.activation).toMatchObject({ revision: 2 });
    expect((await cameFrom(store, 2, 35))?.activation?.revision).toBe(3);
  });
});
