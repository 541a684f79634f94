import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Journal, JournalQuery } from '../../../src/decisions/ports.js';
import { createReadSide, type ReadSide } from '../../../src/decisions/read-side/read-side.js';
import type { DecisionRecord } from '../../../src/decisions/record.js';
import { FACT_CATALOGUE } from '../../../src/facts/catalogue.js';
import type { PaymentForm } from '../../../src/rehearsal/case-file.js';
import { paymentOf } from '../../../src/rehearsal/payment-form.js';
import { setStage, type Stage } from '../../../src/rehearsal/stage.js';
import type { RuleSetDocument } from '../../../src/rules/document/document.js';
import type { RuleVersionStore } from '../../../src/rules/version-store.js';

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

function readSide(journal: Journal = stage.journal): ReadSide {
  const versions: Pick<RuleVersionStore, 'get' | 'layout'> = {
    get: async () => ({ ...VERSION, author: '', comment: '', createdAt: 0 }),
    layout: async () => stage.layout,
  };
  return createReadSide({
    journal,
    versions: versions as RuleVersionStore,
    provenance: async () => undefined,
    catalogue: FACT_CATALOGUE,
    attributeOf: () => 0,
  });
}

const SHORT = { allRules: false, nearMisses: 10 };
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
    const { summary } = await readSide().explain({ id }, SHORT);
    expect(summary.slice(0, 3)).toEqual([
      'reject: strict.all, three-ds.no-card',
      '3-D Secure cannot run: paid with no card',
      'strict/all would ask for a review; where 3-D Secure cannot run its set has reject instead',
    ]);
  });

  it('says nothing of it where 3-D Secure can run', async () => {
    const { id } = await decide(CARD);
    const { summary } = await readSide().explain({ id }, SHORT);
    expect(summary.join('\n')).not.toContain('cannot run');
  });
});

it('a decision is read without what came to other logs: that is for whoever decides', async () => {
  const { id } = await decide(CARD);
  const asked: JournalQuery[] = [];
  const { journal } = stage;
  const listening: Journal = {
    ...journal,
    query: (query) => {
      asked.push(query);
      return journal.query(query);
    },
  };
  await readSide(listening).get({ id });
  expect(asked).toEqual([{ ids: [id], ranges: [], seen: undefined }]);
});

describe('a caller that goes away', () => {
  it.each(['explain', 'replay'] as const)('ends what is read for %s', async (method) => {
    const { id } = await decide(CARD);
    const gone = { deadline: undefined, cancelled: true };
    const reading =
      method === 'replay' ? readSide().replay({ id }, gone) : readSide().explain({ id }, SHORT, gone);
    await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
