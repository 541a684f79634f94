import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Explanation } from '../../../src/decisions/explanation.js';
import {
  createReadSide,
  type MembershipOf,
  type MembershipQuery,
} from '../../../src/decisions/read-side/read-side.js';
import type { DecisionRecord, DecisionTrace } from '../../../src/decisions/record.js';
import type { Journal } from '../../../src/decisions/ports.js';
import { FACT_CATALOGUE } from '../../../src/facts/catalogue.js';
import type { PaymentForm } from '../../../src/rehearsal/case-file.js';
import { paymentOf } from '../../../src/rehearsal/payment-form.js';
import { setStage, type Stage } from '../../../src/rehearsal/stage.js';
import type { Condition, RuleSetDocument } from '../../../src/rules/document/document.js';
import type { Layout, RuleVersionStore, StoredVersion } from '../../../src/rules/version-store.js';
import { layoutOf, listsRead } from '../../../src/rules/versions/layout.js';
import { provenanceFrom } from '../../../src/rules/versions/provenance.js';

const NOW = Date.UTC(2026, 2, 2, 12);
const DAY = 86_400_000;

const times = (value: number): Condition => ({
  fact: 'velocity',
  params: { fn: 'count', by: 'card', window: '1h' },
  operator: 'greaterThanInclusive',
  value,
});
const amount = (value: number): Condition => ({ fact: 'payment.amountBase', operator: 'greaterThan', value });
const country = (value: readonly string[]): Condition => ({ fact: 'ip.country', operator: 'in', value });

/** One rule of every kind that an explanation has to tell of; a payment of 20.00 from Germany comes near to some. */
const DOCUMENT: RuleSetDocument = {
  id: 'shop',
  description: 'd',
  owner: 'o',
  thresholds: [
    { score: 40, outcome: 'accept', threeDs: 'request', reason: 'shop.odd' },
    { score: 70, outcome: 'review', reason: 'shop.very-odd' },
  ],
  rules: [
    {
      name: 'large',
      description: 'Not small.',
      conditions: { all: [amount(1000)] },
      event: { type: 'score', params: { reason: 'shop.large', score: 62 } },
    },
    {
      name: 'burst',
      conditions: { all: [times(4)] },
      event: { type: 'reject', params: { reason: 'shop.burst' } },
    },
    {
      name: 'larger',
      conditions: { all: [amount(2100)] },
      event: { type: 'score', params: { reason: 'shop.larger', score: 5 } },
    },
    {
      name: 'far-away',
      conditions: { all: [amount(1000), country(['BR', 'MX'])] },
      event: { type: 'review', params: { reason: 'shop.far-away' } },
    },
    {
      name: 'far-away-for-nothing',
      conditions: { all: [amount(1000), country(['FR'])] },
      event: { type: 'accept', params: { reason: 'shop.far-away' } },
    },
    {
      name: 'huge',
      conditions: { all: [amount(100_000)] },
      event: { type: 'block', params: { reason: 'shop.huge' } },
    },
    {
      name: 'listed',
      conditions: { all: [{ fact: 'list', params: { list: 'bad' }, operator: 'equal', value: true }] },
      event: { type: 'block', params: { reason: 'shop.listed' } },
    },
    {
      name: 'off',
      enabled: false,
      conditions: { all: [amount(2100)] },
      event: { type: 'block', params: { reason: 'shop.off' } },
    },
  ],
  limits: [
    {
      name: 'card-day',
      when: { all: [amount(0)] },
      by: ['card'],
      period: 'day',
      cap: { minor: 9_000, currency: 'USD' },
      reason: 'shop.limit',
    },
  ],
};
const STORED: StoredVersion = {
  ruleSet: 'shop',
  version: 3,
  hash: 'f'.repeat(64),
  document: DOCUMENT,
  author: 'ana',
  comment: 'tighter',
  createdAt: NOW - 2 * DAY,
};
const PUBLICATION = {
  ruleSet: 'shop',
  scope: 'all',
  version: 3,
  from: 2,
  to: 3,
  actor: 'bob',
  reason: 'fraud',
  step: 'activate',
} as const;

let stage: Stage;
beforeEach(() => {
  stage = setStage({
    versions: [STORED],
    catalogue: FACT_CATALOGUE,
    lists: [{ id: 'bad', type: 'card', entries: ['f-bad'] }],
    fixtures: { cases: [], ipCountries: { '198.51.100.7': 'DE' } },
    more: undefined,
  });
  stage.world.setTime(NOW);
});
afterEach(() => stage.pipeline.close());

let payments = 0;
async function decide(form: PaymentForm = {}): Promise<string> {
  const usual: PaymentForm = { card: { fingerprint: 'f' }, ip: '198.51.100.7', amount: '20.00 USD' };
  const input = {
    requestId: `r-${++payments}`,
    payment: paymentOf({ ...usual, ...form }, NOW),
    raw: new Uint8Array([1]),
  };
  const { record } = await stage.pipeline.screen(input, undefined);
  return record.id;
}

interface Kept {
  /** What is stored of the rules; default: all. */
  readonly stored?: StoredVersion | undefined;
  readonly layout?: Layout;
  readonly change?: (parts: { record: DecisionRecord; trace: DecisionTrace }) => {
    record: DecisionRecord;
    trace: DecisionTrace;
  };
  readonly all?: boolean;
  readonly nearMisses?: number;
  readonly membership?: MembershipOf;
}

async function explain(id: string, kept: Kept = {}): Promise<Explanation> {
  const { change = (parts) => parts, all: allRules = false, nearMisses = 10, layout = stage.layout } = kept;
  const stored = 'stored' in kept ? kept.stored : STORED;
  const journal: Journal = {
    ...stage.journal,
    query: async (query) => {
      const answer = await stage.journal.query(query);
      const entries = answer.entries.map((entry) => {
        if (entry?.decision === undefined) return entry;
        const record = JSON.parse(entry.decision.record) as DecisionRecord;
        const trace = JSON.parse(entry.decision.trace) as DecisionTrace;
        const changed = change({ record, trace });
        const decision = {
          ...entry.decision,
          record: JSON.stringify(changed.record),
          trace: JSON.stringify(changed.trace),
        };
        return { ...entry, decision };
      });
      return { ...answer, entries };
    },
  };
  const versions: Pick<RuleVersionStore, 'get' | 'layout' | 'publications' | 'stagesOf' | 'evidence'> = {
    get: async () => stored,
    layout: async () => layout,
    evidence: async () => [],
    stagesOf: async () => [{ ...PUBLICATION, stage: 'active', since: 4, sinceAt: NOW - DAY }],
    publications: async () => [{ ...PUBLICATION, revision: 4, at: NOW - DAY }],
  };
  const reads = createReadSide({
    journal,
    versions: versions as RuleVersionStore,
    provenance: provenanceFrom(versions, () => ''),
    catalogue: FACT_CATALOGUE,
    attributeOf: () => 0,
    ...(kept.membership === undefined ? {} : { membership: kept.membership }),
  });
  return reads.explain({ id }, { allRules, nearMisses });
}

describe('what nearly happened', () => {
  it('is told nearest first, with what the decision would have been', async () => {
    for (let before = 0; before < 3; before++) await decide();
    const { nearMisses } = await explain(await decide());
    expect(nearMisses.map(({ rule, instead, held }) => [rule, instead?.outcome, held])).toEqual([
      ['larger', 'accept', 0],
      ['burst', 'reject', 0],
      ['far-away', 'review', 1],
    ]);
    expect(nearMisses.map(({ text }) => text)).toEqual([
      'shop/larger (5 points) nearly hit: payment.amountBase was 2000, needs more than 2100: 101 more; the decision would have been the same',
      'shop/burst (reject) nearly hit: velocity count of payments by card in 1h was 3, needs at least 4: 1 more; then reject, not accept',
      'shop/far-away (review) nearly hit: ip.country was DE, needs one of [BR, MX]; then review, not accept',
    ]);
  });

  it('is bounded', async () => {
    const { nearMisses } = await explain(await decide(), { nearMisses: 1 });
    expect(nearMisses.map(({ rule }) => rule)).toEqual(['larger']);
  });

  it('counts the threshold that its points would have reached', async () => {
    const { nearMisses } = await explain(await decide({ amount: '10.00 USD' }));
    expect(nearMisses[0]).toMatchObject({ rule: 'large', score: 62, instead: { threeDs: 'request' } });
  });

  it('tells of what was not known', async () => {
    const { nearMisses, rules } = await explain(await decide({ ip: null }));
    expect(rules.map(({ rule, state }) => [rule, state])).toContainEqual(['far-away', 'unknown']);
    expect(nearMisses.find(({ rule }) => rule === 'far-away')).toMatchObject({
      state: 'unknown',
      changes: [{ kind: 'missing', text: 'ip.country was not known, needs one of [BR, MX]' }],
    });
  });
});

it('tells the score, what it reached and what is next', async () => {
  const { scores, summary } = await explain(await decide());
  expect(scores).toMatchObject([
    { ruleSet: 'shop', score: 62, unknown: 0, thresholds: [{ reached: true }, { reached: false }] },
  ]);
  expect(summary).toContain(
    'score of shop: 62; 40 for accept with 3DS request was reached; 8 short of 70 for review',
  );
});

describe('limits', () => {
  it('tell the room left after the payment', async () => {
    const { limits } = await explain(await decide());
    expect(limits).toMatchObject([{ use: { state: 'held' }, roomLeft: 7_000, asks: undefined }]);
    expect(limits[0]?.text).toBe(
      'limit shop/card-day: 0.00 of 90.00 USD used before, held; 70.00 USD left after this payment',
    );
  });

  it('tell by how much a payment was over', async () => {
    await decide({ amount: '80.00 USD' });
    const { headline, limits } = await explain(await decide());
    expect(headline[0]).toBe('reject: shop.limit');
    expect(limits).toMatchObject([{ use: { state: 'refused' }, roomLeft: -1_000, asks: 'reject' }]);
    expect(limits[0]?.text).toContain('no room; 10.00 USD too much');
  });
});

describe('facts', () => {
  it('have source and age', async () => {
    const { facts, sources } = await explain(await decide(), { all: true });
    const fact = (name: string) => facts.find((one) => one.fact === name);
    expect(fact('velocity')).toMatchObject({
      value: 0,
      source: 'velocity',
      sources: [{ origin: 'journal' }],
      asOf: NOW,
      age: 0,
      readBy: ['shop/burst'],
      text: 'velocity count of payments by card in 1h: 0; from journal, as of the decision',
    });
    expect(fact('list')).toMatchObject({ sources: [{ origin: 'list', id: 'bad' }, { origin: 'request' }] });
    expect(fact('payment.amountBase')?.readBy).toContain('shop/card-day');
    expect(sources.map(({ origin }) => origin)).toEqual(['request', 'journal', 'list', 'geography', 'rates']);
    expect(sources.find(({ origin }) => origin === 'journal')?.text).toBe(
      'payments and events up to 2026-03-02T12:00:00Z: 1 velocity over log 1 before 1',
    );
  });

  it('of a table are as old as the table, and of a list as old as what was known of it', async () => {
    const id = await decide();
    const references = [
      { source: 'rates', id: '2026-02', asOf: NOW - 30 * DAY },
      { source: 'geography', id: 'abc', asOf: NOW - 100 * DAY },
    ] as const;
    const layout: Layout = { ...stage.layout, references };
    const change: NonNullable<Kept['change']> = ({ record, trace }) => ({
      record: { ...record, rateId: '2026-02' },
      trace: { ...trace, sources: [2, 0, 1500, 7], seen: [[2, 9]] },
    });
    const { facts, sources } = await explain(id, { all: true, layout, change });
    expect(sources).toMatchObject([
      { origin: 'request' },
      { origin: 'journal', text: expect.stringContaining('log 2 up to 9') as string },
      { origin: 'list', id: 'bad', revision: 7, asOf: NOW - 1500, age: 1500 },
      { origin: 'geography', id: 'abc', asOf: NOW - 100 * DAY, age: 100 * DAY },
      { origin: 'rates', id: '2026-02', age: 30 * DAY },
    ]);
    expect(facts.find(({ fact }) => fact === 'ip.country')?.text).toBe(
      'ip.country: DE; from geography, 100 days old',
    );
  });

  it('of a list tell how the payment came to be on it, where that is known', async () => {
    const id = await decide({ card: { fingerprint: 'f-bad' } });
    const asked: MembershipQuery[] = [];
    const since = NOW - DAY;
    const membership: MembershipOf = async (query) => {
      asked.push(query);
      return { since, until: undefined, actor: 'eve', reason: 'ring', source: 'manual' };
    };
    const list = ({ facts }: Explanation) => facts.find(({ fact }) => fact === 'list');
    expect(list(await explain(id, { membership }))).toMatchObject({
      value: true,
      membership: { since, actor: 'eve' },
      text: 'list (list bad): true; from list bad, request, as of the decision; on it since 2026-03-01T12:00:00Z, by eve (ring)',
    });
    expect(asked).toMatchObject([{ list: 'bad', of: undefined, decidedAt: NOW }]);
    expect(list(await explain(id, { membership: async () => undefined }))?.membership).toBeUndefined();
    await explain(await decide(), { membership, all: true });
    expect(asked).toHaveLength(1);
  });

  it('of a record made before that was kept say so', async () => {
    const id = await decide();
    const change: NonNullable<Kept['change']> = ({ record, trace }) => {
      const older = { ...trace };
      delete older.sources;
      return { record, trace: older };
    };
    const { sources, facts, rules } = await explain(id, { change, all: true });
    expect(rules).toHaveLength(DOCUMENT.rules.length);
    expect(facts.length).toBeGreaterThan(3);
    expect(sources.find(({ origin }) => origin === 'list')).toEqual({
      origin: 'list',
      id: 'bad',
      revision: undefined,
      asOf: undefined,
      age: undefined,
      text: 'list bad: which revision was not kept',
    });
    expect(sources.find(({ origin }) => origin === 'geography')?.text).toBe(
      'countries of addresses: which was not kept',
    );
  });
});

describe('versions', () => {
  it('tell author, who made them active, and why', async () => {
    const { versions } = await explain(await decide());
    expect(versions).toMatchObject([
      {
        ruleSet: 'shop',
        version: 3,
        provenance: { author: 'ana', activation: { actor: 'bob' }, approvals: [] },
      },
    ]);
    expect(versions[0]?.text).toBe(
      'shop v3 by ana on 2026-02-28T12:00:00Z (tighter); activated by bob on 2026-03-01T12:00:00Z (fraud); no approval',
    );
  });

  it('that are not stored any more leave what the record tells', async () => {
    const id = await decide();
    for (const stored of [undefined, { ...STORED, hash: 'other' }]) {
      const explained = await explain(id, { stored });
      expect(explained.headline[0]).toBe('accept: shop.odd, shop.large');
      expect(explained.rules).toMatchObject([
        {
          rule: 'large',
          state: 'hit',
          conditions: undefined,
          text: expect.stringContaining('not stored') as string,
        },
      ]);
      expect(explained.versions[0]).toMatchObject({ version: 3, provenance: undefined });
      expect(explained.limits).toMatchObject([{ roomLeft: 7_000 }]);
      expect(explained.nearMisses).toEqual([]);
    }
  });
});

it('layouts of equal programs over other tables are others, and name the lists that are read', () => {
  const { id, ...rest } = stage.layout;
  const program = {
    versions: rest.versions,
    slots: rest.slots,
    rules: [],
    limits: [],
  } as unknown as Parameters<typeof layoutOf>[0];
  const bare = layoutOf(program);
  const named = layoutOf(program, [{ source: 'bins', id: 'x', asOf: null }]);
  expect(named.id).not.toBe(bare.id);
  expect(bare).not.toHaveProperty('references');
  expect(id).not.toBe('');
  expect(listsRead(rest.slots)).toEqual(['bad']);
});
