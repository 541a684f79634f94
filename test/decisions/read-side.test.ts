import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Journal, StoredEntry } from '../../src/decisions/ports.js';
import { createReadSide, type ReadSide } from '../../src/decisions/read-side.js';
import type { DecisionRecord } from '../../src/decisions/record.js';
import { FACT_CATALOGUE } from '../../src/facts/catalogue.js';
import type { PaymentForm } from '../../src/rehearsal/case-file.js';
import { paymentOf } from '../../src/rehearsal/payment-form.js';
import { setStage, type Stage } from '../../src/rehearsal/stage.js';
import type { RuleSetDocument } from '../../src/rules/document.js';
import type { RuleVersionStore } from '../../src/rules/version-store.js';

const NOW = Date.UTC(2026, 2, 2, 12);
/** Reviews and challenges every payment, reads nothing that tells what is paid with, and allows one amount. */
const DOCUMENT: RuleSetDocument = {
  id: 'strict',
  description: 'd',
  owner: 'o',
  policy: { withoutThreeDs: 'reject' },
  rules: [
    {
      name: 'all',
      conditions: { all: [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 0 }] },
      event: { type: 'review', params: { reason: 'strict.all', threeDs: 'challenge' } },
    },
    {
      name: 'allowed',
      conditions: { all: [{ fact: 'payment.amountMinor', operator: 'equal', value: 700 }] },
      event: { type: 'allow', params: { reason: 'strict.allowed' } },
    },
  ],
};
const VERSION = { ruleSet: 'strict', version: 1, hash: '', document: DOCUMENT };

let stage: Stage;
beforeEach(() => {
  stage = setStage({
    versions: [VERSION],
    catalogue: FACT_CATALOGUE,
    lists: [],
    fixtures: { cases: [] },
    more: undefined,
  });
  stage.world.setTime(NOW);
});
afterEach(() => stage.pipeline.close());

async function decide(form: PaymentForm): Promise<DecisionRecord> {
  const input = { requestId: 'r-1', payment: paymentOf(form, NOW), raw: new Uint8Array([1]) };
  const { record } = await stage.pipeline.screen(input, undefined);
  return record;
}

/** The read side of the stage; `alter` changes records on their way from the journal. */
function readSide(alter: (record: DecisionRecord) => object = (record) => record): ReadSide {
  const altered = (entry: StoredEntry | undefined): StoredEntry | undefined => {
    if (entry?.decision === undefined) return entry;
    const record = JSON.stringify(alter(JSON.parse(entry.decision.record) as DecisionRecord));
    return { ...entry, decision: { ...entry.decision, record } };
  };
  const journal: Journal = {
    ...stage.journal,
    query: async (query) => {
      const answer = await stage.journal.query(query);
      return { ...answer, entries: answer.entries.map(altered) };
    },
  };
  const versions: Pick<RuleVersionStore, 'get' | 'layout'> = {
    get: async () => ({ ...VERSION, author: '', comment: '', createdAt: 0 }),
    layout: async () => stage.layout,
  };
  return createReadSide({
    journal,
    seen: () => new Map(),
    versions: versions as RuleVersionStore,
    catalogue: FACT_CATALOGUE,
    attributeOf: () => 0,
  });
}

const VOUCHER: PaymentForm = { voucher: { method: 'oxxo' } };
const CARD: PaymentForm = { card: { fingerprint: 'f' } };

describe('a decision where 3-D Secure cannot run', () => {
  it.each([
    ['a voucher', VOUCHER, 'no-card', 'reject', 'none'],
    ['a local method', { localMethod: { method: 'ideal' } }, 'no-card', 'reject', 'none'],
    [
      'a card without its payer',
      { ...CARD, kind: 'merchant-initiated' },
      'merchant-initiated',
      'reject',
      'none',
    ],
    ['a card', CARD, 'possible', 'review', 'challenge'],
    ['a card that is only checked', { ...CARD, kind: 'card-check' }, 'possible', 'review', 'challenge'],
  ] as const)('%s: the record tells, and replays', async (_, form, authentication, outcome, threeDs) => {
    const record = await decide(form);
    expect(record).toMatchObject({ authentication, outcome, threeDs });
    const { identical, replayed } = await readSide().replay({ id: record.id });
    expect([identical, replayed]).toEqual([true, record]);
  });

  it('is explained: why it cannot run, and which review became what', async () => {
    const { id } = await decide(VOUCHER);
    const { summary } = await readSide().explain({ id }, false);
    expect(summary.slice(0, 3)).toEqual([
      'reject: strict.all, three-ds.no-card',
      '3-D Secure cannot run: paid with no card',
      'strict/all would ask for a review; where 3-D Secure cannot run its set has reject instead',
    ]);
  });

  it('says nothing of it where 3-D Secure can run', async () => {
    const { id } = await decide(CARD);
    const { summary } = await readSide().explain({ id }, false);
    expect(summary.join('\n')).not.toContain('cannot run');
  });
});

describe('a record from before it was kept whether 3-D Secure can run', () => {
  const asBefore =
    (then: Partial<DecisionRecord>) =>
    ({ authentication: _unknown, ...record }: DecisionRecord) => ({ ...record, ...then });

  it('replays as it was decided: a voucher was challenged', async () => {
    const { id, hits } = await decide(VOUCHER);
    const old = asBefore({
      outcome: 'review',
      threeDs: 'challenge',
      reasons: ['strict.all'],
      hits: hits.map((hit) => ({ ...hit, outcome: 'review' as const })),
    });
    expect(await readSide(old).replay({ id })).toMatchObject({ identical: true, differences: [] });
    expect((await readSide(old).explain({ id }, false)).summary[1]).toBe('3-D Secure: challenge');
  });

  it('replays as it was decided: an allow left the challenge', async () => {
    const now = await decide({ ...CARD, amount: '7.00 USD' });
    expect(now).toMatchObject({ outcome: 'allow', threeDs: 'none' });
    const { id } = now;
    const reasons = ['strict.allowed', 'strict.all'];
    expect(await readSide(asBefore({ threeDs: 'challenge', reasons })).replay({ id })).toMatchObject({
      identical: true,
    });
    expect((await readSide(asBefore({ reasons })).replay({ id })).differences).toHaveLength(1);
  });
});

it('a record from before, with the reasons of those who were overruled, replays as it was', async () => {
  const { id, reasons } = await decide({ ...CARD, amount: '7.00 USD' });
  expect(reasons).toEqual(['strict.allowed']);
  const then = async (change: Partial<DecisionRecord>) =>
    (await readSide((record) => ({ ...record, ...change })).replay({ id })).differences;
  const more = ['strict.allowed', 'strict.all'];
  expect(await then({ schema: 1, reasons: more })).toEqual([]);
  expect(await then({ schema: 2, reasons: more })).toHaveLength(1);
  expect(await then({ schema: 1, reasons: ['strict.all'] })).toHaveLength(1);
});
