import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../../src/rules/publish/evidence.js';
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
  const log = targets
    .map((to, at): Publication => ({
      ruleSet: 'shop',
      revision: at + 1,
      scope: 'all',
      version: to,
      from: targets[at - 1] ?? 0,
      to,
      actor: `actor-${at + 1}`,
      reason: 'why',
      at: (at + 1) * 10,
      step: 'activate',
    }))
    .toReversed();
  let pages = 0;
  return {
    pages: () => pages,
    evidence: async (): Promise<readonly Evidence[]> => evidence,
    get: async (_: string, version: number) => (version === 2 ? VERSION : undefined),
    publications: async (_: string, limit: number, before: number | undefined) => {
      pages += 1;
      return log.filter(({ revision }) => revision < (before ?? Infinity)).slice(0, limit);
    },
  };
}

describe('where a version came from', () => {
  it.each([
    ['the one publication before', [1, 2], 25, 2],
    ['of several the last before it decided', [2, 1, 2, 1, 2], 39, 3],
    ['at the very moment', [2, 1, 2], 30, 3],
    ['the first one, where all are later by the clock of who published', [1, 2, 1, 2], 15, 2],
  ])('%s made it active', async (_, targets, decidedAt, revision) => {
    const found = await provenanceFrom(storeOf(targets))('shop', 2, decidedAt);
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
    const found = await provenanceFrom(storeOf([2], [approval('ana', 1), approval('ben', 2)]))('shop', 2, 20);
    expect(found?.approvals).toMatchObject([{ actor: 'ben', comment: 'seen', at: 2 }]);
  });

  it('is looked for however long the log is, and no further than it takes', async () => {
    const store = storeOf([2, ...Array.from({ length: 250 }, () => 1)]);
    expect((await provenanceFrom(store)('shop', 2, 99_999))?.activation?.revision).toBe(1);
    expect(store.pages()).toBe(3);
    const near = storeOf([...Array.from({ length: 250 }, () => 1), 2]);
    await provenanceFrom(near)('shop', 2, 99_999);
    expect(near.pages()).toBe(1);
  });

  it('is not known of a version that the log does not name, or that is not there', async () => {
    expect((await provenanceFrom(storeOf([1]))('shop', 2, 50))?.activation).toBeUndefined();
    expect((await provenanceFrom(storeOf([]))('shop', 2, 50))?.author).toBe('ana');
    expect(await provenanceFrom(storeOf([1]))('shop', 1, 50)).toBeUndefined();
  });
});
