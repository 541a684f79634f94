import { afterEach, describe, expect, it } from 'vitest';
import { ControlIndex } from '../../../src/decisions/control/control-index.js';
import { createReadSide } from '../../../src/decisions/read-side/read-side.js';
import type { DecisionRecord } from '../../../src/decisions/record.js';
import { FACT_CATALOGUE } from '../../../src/facts/catalogue.js';
import type { PaymentForm } from '../../../src/rehearsal/case-file.js';
import { paymentOf } from '../../../src/rehearsal/payment-form.js';
import { setStage, type Stage } from '../../../src/rehearsal/stage.js';
import type { Rule, RuleSetDocument } from '../../../src/rules/document/document.js';
import type { ControlGroup } from '../../../src/rules/exceptions/control-group.js';
import type { RuleVersionStore } from '../../../src/rules/version-store.js';

const NOW = Date.UTC(2026, 2, 2, 12);
const DAY = 86_400_000;

const above = (name: string, value: number, type: Rule['event']['type'], more: object = {}): Rule => ({
  name,
  conditions: { all: [{ fact: 'payment.amountMinor', operator: 'greaterThan', value }] },
  event: { type, params: { reason: `test.${name}`, ...more } },
});
const DOCUMENT: RuleSetDocument = {
  id: 'strict',
  description: 'd',
  owner: 'o',
  rules: [above('stop', 0, 'reject', { threeDs: 'request' }), above('dear', 50_000, 'block')],
  limits: [
    {
      name: 'monthly',
      when: { all: [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 0 }] },
      by: ['customer'],
      period: 'month',
      cap: { minor: 100_000, currency: 'EUR' },
      reason: 'limit.monthly',
    },
  ],
};
const VERSION = { ruleSet: 'strict', version: 1, hash: '', document: DOCUMENT };
const GROUP: ControlGroup = {
  ruleSet: 'strict',
  rule: 'stop',
  scope: 'all',
  share: 0.1,
  letGoTo: 'three-ds',
  by: 'card',
  periodMs: 30 * DAY,
  maxCount: 1000,
  maxAmount: { minor: 100_000_000, currency: 'EUR' },
  until: NOW + 40 * DAY,
  reason: 'to see',
  actor: 'ann',
  at: NOW,
};

let stage: Stage;
let requests = 0;
afterEach(() => stage.pipeline.close());

function set(groups: readonly ControlGroup[], isBarred = (list: string): boolean => list === 'barred'): void {
  const controls = new ControlIndex(isBarred);
  controls.replace(groups);
  stage = setStage({
    versions: [VERSION],
    catalogue: FACT_CATALOGUE,
    lists: [],
    fixtures: { cases: [] },
    more: undefined,
    controls,
    bounds: { inFlight: 1000 },
  });
  stage.world.setTime(NOW);
}

async function decide(form: PaymentForm): Promise<DecisionRecord> {
  const now = stage.world.clock.now();
  const input = { requestId: `r-${++requests}`, payment: paymentOf(form, now), raw: new Uint8Array([1]) };
  return (await stage.pipeline.screen(input, undefined)).record;
}
const card = (fingerprint: string, amount = '10.00 EUR'): PaymentForm => ({
  card: { fingerprint },
  customer: `c-${fingerprint}`,
  amount,
});
const all = (count: number, form: (index: number) => PaymentForm): Promise<DecisionRecord[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => decide(form(index))));
/** Cards that are drawn. */
async function drawnCards(count: number): Promise<string[]> {
  const records = await all(900, (index) => card(`card-${index}`));
  const drawn = records.flatMap(({ control }, index) => (control?.drawn === true ? [`card-${index}`] : []));
  expect(drawn.length).toBeGreaterThan(count);
  return drawn.slice(0, count);
}

describe('a control group', () => {
  it('is off by default', async () => {
    set([]);
    const records = await all(50, (index) => card(`card-${index}`));
    expect(records.every(({ outcome, control }) => outcome === 'reject' && control === undefined)).toBe(true);
  });

  it('lets a share go on, logs the propensity of all, and its sum is what was let go', async () => {
    set([GROUP]);
    const records = await all(900, (index) => card(`card-${index}`));
    expect(records.every(({ control }) => control?.share === 0.1 && control.drawn === control.letGo)).toBe(
      true,
    );
    const letGo = records.filter(({ control }) => control?.letGo === true);
    const expected = records.reduce((sum, { control }) => sum + (control?.share ?? 0), 0);
    // Within four standard deviations of the binomial.
    expect(Math.abs(letGo.length - expected)).toBeLessThan(4 * Math.sqrt(900 * 0.1 * 0.9));
    for (const record of letGo)
      expect(record).toMatchObject({
        outcome: 'review',
        threeDs: 'challenge',
        reasons: ['control.let-go'],
        hits: [{ rule: 'stop', state: 'hit', outcome: 'reject' }],
      });
    const kept = records.filter(({ control }) => control?.drawn === false);
    expect(kept.every(({ outcome, reasons }) => outcome === 'reject' && reasons[0] === 'test.stop')).toBe(
      true,
    );
  });

  it('draws the same for a card that tries again, whatever else it changes, until the period is over', async () => {
    set([GROUP]);
    const [first] = await drawnCards(1);
    const draw = (await decide(card(first!))).control?.draw;
    const tries = await all(5, (index) => ({
      ...card(first!, `${index + 1}.00 EUR`),
      customer: `new-${index}`,
      order: `o-${index}`,
    }));
    expect(tries.every(({ control }) => control?.draw === draw && control?.letGo === true)).toBe(true);
    stage.world.setTime(NOW + 30 * DAY);
    expect((await decide(card(first!))).control?.draw).not.toBe(draw);
  });

  it('ends by itself', async () => {
    set([GROUP]);
    const [first] = await drawnCards(1);
    stage.world.setTime(GROUP.until - 30 * DAY);
    expect((await decide(card(first!))).control).toBeDefined();
    stage.world.setTime(GROUP.until);
    expect((await decide(card(first!))).control).toBeUndefined();
  });

  it('takes no part where another rule stops the payment too, or another one alone', async () => {
    set([GROUP, { ...GROUP, rule: 'dear' }]);
    const [first] = await drawnCards(1);
    const both = await decide(card(first!, '600.00 EUR'));
    expect(both).toMatchObject({ outcome: 'block' });
    expect(both.control).toBeUndefined();
  });

  it('goes by the most specific scope', async () => {
    set([GROUP, { ...GROUP, scope: 'site:special', share: 0.05 }]);
    const at = async (site: string): Promise<number | undefined> =>
      (await decide({ ...card('x'), site })).control?.share;
    expect([await at('special'), await at('other')]).toEqual([0.05, 0.1]);
  });

  it('takes no part without 3-D Secure, unless payments may just go on', async () => {
    const voucher = (index: number): PaymentForm => ({
      voucher: { method: 'oxxo' },
      customer: `c-${index}`,
    });
    set([GROUP]);
    expect((await all(30, voucher)).every(({ control }) => control === undefined)).toBe(true);
    await stage.pipeline.close();
    set([{ ...GROUP, letGoTo: 'accept' }]);
    const records = await all(300, voucher);
    const letGo = records.filter(({ control }) => control?.letGo === true);
    expect(letGo.length).toBeGreaterThan(0);
    expect(letGo.every(({ outcome }) => outcome === 'accept')).toBe(true);
  });

  it('leaves out who is known by nothing but an order', async () => {
    set([{ ...GROUP, letGoTo: 'accept' }]);
    const guest = (index: number): PaymentForm => ({
      voucher: { method: 'oxxo' },
      order: `o-${index}`,
    });
    expect((await all(30, guest)).every(({ control }) => control === undefined)).toBe(true);
  });

  it('takes no part where the rule has come to read a block or embargo list', async () => {
    const reading = { ...DOCUMENT.rules[0]!, conditions: { any: [...stopsOr('bad')] } };
    const version = { ...VERSION, document: { ...DOCUMENT, rules: [reading] } };
    for (const barred of [true, false]) {
      const controls = new ControlIndex(() => barred);
      controls.replace([GROUP]);
      const lists = [{ id: 'bad', type: 'email', entries: [] } as never];
      const more = { catalogue: FACT_CATALOGUE, lists, fixtures: { cases: [] }, more: undefined };
      stage = setStage({ versions: [version], ...more, controls });
      stage.world.setTime(NOW);
      expect((await decide(card('x'))).control === undefined).toBe(barred);
      if (barred) await stage.pipeline.close();
    }
  });

  it.each([
    ['in count', { maxCount: 7 }, 7],
    ['in money', { maxAmount: { minor: 5_500, currency: 'EUR' } }, 5],
  ] as const)(
    'stops at its cap %s, whatever is asked at once, until the day is over',
    async (_, cap, most) => {
      set([GROUP]);
      const cards = await drawnCards(64);
      await stage.pipeline.close();
      set([{ ...GROUP, ...cap }]);
      const records = await all(64, (index) => card(cards[index]!));
      const letGo = records.filter(({ control }) => control?.letGo === true);
      expect(letGo).toHaveLength(most);
      const full = records.filter(({ control }) => control?.cap === 'full');
      expect(full).toHaveLength(64 - most);
      expect(full.every(({ outcome, control }) => outcome === 'reject' && control?.drawn === true)).toBe(
        true,
      );
      // What was let go and lapsed does not make room the same day.
      await stage.limits.expire(NOW + 3_600_000);
      stage.world.setTime(NOW + 3_600_000);
      expect((await decide(card(cards[63]!))).control?.cap).toBe('full');
      stage.world.setTime(NOW + DAY);
      expect((await decide(card(cards[63]!))).control?.letGo).toBe(true);
    },
  );

  it('makes no room for an instance whose clock is behind, where another has begun the next day', async () => {
    set([GROUP]);
    const cards = await drawnCards(9);
    await stage.pipeline.close();
    set([{ ...GROUP, maxCount: 3 }]);
    const midnight = NOW + DAY / 2;
    stage.world.setTime(midnight - 5_000);
    const letGo = async (): Promise<number> =>
      (await all(9, (index) => card(cards[index]!))).filter(({ control }) => control?.letGo === true).length;
    expect(await letGo()).toBe(3);
    await stage.limits.expire(midnight + 1_000);
    expect(await letGo()).toBe(0);
    stage.world.setTime(midnight);
    expect(await letGo()).toBe(3);
  });

  it('passes no cumulative limit', async () => {
    set([GROUP]);
    const [first] = await drawnCards(1);
    await stage.pipeline.close();
    set([GROUP]);
    const records = await all(5, () => card(first!, '300.00 EUR'));
    expect(records.map(({ outcome }) => outcome)).toEqual(['review', 'review', 'review', 'reject', 'reject']);
    expect(records[3]).toMatchObject({ reasons: ['limit.monthly'], control: { letGo: true } });
  });

  it('replays, drawn, not drawn or over a cap, and says so', async () => {
    set([{ ...GROUP, maxCount: 3 }]);
    const records = await all(120, (index) => card(`card-${index}`));
    const versions: Pick<RuleVersionStore, 'get' | 'layout'> = {
      get: async () => ({ ...VERSION, author: '', comment: '', createdAt: 0 }),
      layout: async () => stage.layout,
    };
    const { journal } = stage;
    const reads = createReadSide({
      journal,
      versions: versions as RuleVersionStore,
      provenance: async () => undefined,
      catalogue: FACT_CATALOGUE,
      attributeOf: () => 0,
    });
    const texts = new Set<string>();
    for (const { id, control } of records) {
      const { identical, differences } = await reads.replay({ id });
      expect([identical, differences]).toEqual([true, []]);
      const { summary } = await reads.explain({ id }, { allRules: false, nearMisses: 0 });
      texts.add(summary.find((line) => line.includes('control group')) ?? '');
      expect(control).toBeDefined();
    }
    const alone = 'strict/stop alone stops it, and has a control group of 10 %:';
    expect([...texts].toSorted()).toEqual([
      `${alone} drawn, but the caps of the day are full`,
      `${alone} drawn, so let go to a review and 3-D Secure`,
      `${alone} not drawn`,
    ]);
  });
});

function stopsOr(list: string) {
  return [
    { fact: 'payment.amountMinor', operator: 'greaterThan', value: 0 },
    { fact: 'list', params: { list }, operator: 'equal', value: true },
  ];
}
