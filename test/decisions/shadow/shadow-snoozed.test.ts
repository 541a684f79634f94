import { afterEach, beforeEach, expect, it } from 'vitest';
import { SnoozeIndex } from '../../../src/decisions/evaluate/snoozes.js';
import { ShadowQueue } from '../../../src/decisions/shadow/shadow-queue.js';
import type { ShadowBatch } from '../../../src/decisions/shadow/shadow-store.js';
import type { DecisionRecord } from '../../../src/decisions/record.js';
import { FACT_CATALOGUE } from '../../../src/facts/catalogue.js';
import { paymentOf } from '../../../src/rehearsal/payment-form.js';
import { setStage, type Stage } from '../../../src/rehearsal/stage.js';
import type { Condition, Rule } from '../../../src/rules/document/document.js';
import type { Snooze } from '../../../src/rules/exceptions/snooze.js';
import type { RuleSetVersion } from '../../../src/rules/program.js';
import { allActive, arrange } from '../../../src/rules/publish/arrangement.js';

const NOW = Date.UTC(2026, 2, 2, 12);
const PAID = { fact: 'payment.amountMinor', operator: 'greaterThan', value: 0 };
const LISTED = { fact: 'list', params: { list: 'sanctions' }, operator: 'equal', value: true };

const ruleOf = (name: string, type: Rule['event']['type'], ...more: readonly Condition[]): Rule => ({
  name,
  conditions: { any: [PAID, ...more] },
  event: { type, params: { reason: name } },
});
const versionOf = (version: number, ...rules: readonly Rule[]): RuleSetVersion => ({
  ruleSet: 'strict',
  version,
  hash: '',
  document: { id: 'strict', description: 'd', owner: 'o', rules: [...rules] },
});
const LIVE = versionOf(1, ruleOf('stop', 'reject'));
const snoozeOf = (rule: string): Snooze => ({
  id: 's-1',
  ruleSet: 'strict',
  rule,
  scope: 'all',
  from: NOW,
  until: NOW + 1000,
  reason: 'a sale',
  actor: 'ann',
  at: NOW,
});

let stage: Stage;
let queue: ShadowQueue;
let snoozes: SnoozeIndex;
let batches: ShadowBatch[];
/** The next slices of shadow work. */
let slices: (() => void)[];
let requests = 0;

beforeEach(() => {
  batches = [];
  slices = [];
  const isEmbargo = (list: string): boolean => list === 'sanctions';
  snoozes = new SnoozeIndex(() => 0, isEmbargo);
  queue = new ShadowQueue({
    isEmbargo,
    store: { add: async (batch) => void batches.push(batch), trim: async () => undefined },
    world: {
      clock: { now: () => stage.world.clock.now(), monotonicUs: () => 0 },
      timers: {
        after(ms, callback) {
          if (ms < 100) slices.push(callback);
          return () => undefined;
        },
        soon: () => undefined,
      },
      randomBytes: (length) => new Uint8Array(length),
    },
    observer: { shadowCompared: () => undefined, shadowDropped: () => undefined },
    failed: (error) => {
      throw error;
    },
    room: 10,
    differences: 10,
  });
  stage = setStage({
    versions: [LIVE],
    catalogue: FACT_CATALOGUE,
    lists: [{ id: 'sanctions', type: 'email', entries: [] } as never],
    fixtures: { cases: [] },
    more: undefined,
    snoozes,
    shadowing: queue,
  });
  stage.world.setTime(NOW);
});
afterEach(() => stage.pipeline.close());

function startShadow(...rules: readonly Rule[]): void {
  const version = versionOf(2, ...rules);
  const staged = {
    ruleSet: 'strict',
    scope: 'all',
    version: 2,
    stage: 'shadow',
    since: 2,
    sinceAt: 0,
  } as const;
  const inForce = [...allActive([LIVE]), { staged, version }];
  stage.pipeline.switchTo(stage.pipeline.prepare(arrange(inForce, () => '')));
}

async function screen(): Promise<DecisionRecord> {
  const payment = paymentOf({ card: { fingerprint: 'c' } }, stage.world.clock.now());
  const input = { requestId: `r-${++requests}`, payment, raw: new Uint8Array([1]) };
  return (await stage.pipeline.screen(input, undefined)).record;
}

/** What live and shadow said of the payments on which they differed. */
async function differing(): Promise<readonly (readonly [live: string, shadow: string])[]> {
  for (let slice = slices.shift(); slice !== undefined; slice = slices.shift()) slice();
  await queue.close(0);
  const differences = batches.flatMap(({ additions }) => additions.flatMap((one) => one.differences));
  return differences.map(({ live, shadow }) => [live.outcome, shadow.outcome]);
}

it('is not asked what somebody snoozed: it says what the payer would have got', async () => {
  startShadow(ruleOf('stop', 'block'), ruleOf('also', 'review'));
  snoozes.replace([snoozeOf('stop')]);
  expect(await screen()).toMatchObject({ outcome: 'accept', snoozed: [{ rule: 'stop' }] });
  expect(await differing()).toEqual([['accept', 'review']]);
});

it('agrees where the rules that differ are snoozed', async () => {
  startShadow(ruleOf('stop', 'block'));
  snoozes.replace([snoozeOf('stop')]);
  await screen();
  expect(await differing()).toEqual([]);
  const [bucket] = batches.flatMap(({ additions }) => additions.flatMap((one) => one.buckets));
  expect(bucket?.tally).toMatchObject({ compared: 1, changed: { count: 0 } });
});

it('is covered by a snooze that changes nothing of what decides', async () => {
  startShadow(ruleOf('stop', 'reject'), ruleOf('also', 'block'));
  snoozes.replace([snoozeOf('also')]);
  const record = await screen();
  expect([record.outcome, record.snoozed]).toEqual(['reject', undefined]);
  // The rule hit in the shadow alone: told, though nothing came of it.
  expect(await differing()).toEqual([['reject', 'reject']]);
});

it('hears a rule that reads an embargo list in its version only', async () => {
  startShadow(ruleOf('stop', 'block', LISTED));
  snoozes.replace([snoozeOf('stop')]);
  expect(await screen()).toMatchObject({ outcome: 'accept' });
  expect(await differing()).toEqual([['accept', 'block']]);
});

it('goes by the snoozes at the moment of the decision, however long it waits', async () => {
  startShadow(ruleOf('stop', 'block'));
  snoozes.replace([snoozeOf('stop')]);
  stage.world.setTime(NOW + 999);
  expect(await screen()).toMatchObject({ outcome: 'accept' });
  stage.world.setTime(NOW + 1000);
  expect(await screen()).toMatchObject({ outcome: 'reject' });
  snoozes.replace([]);
  expect(await differing()).toEqual([['reject', 'block']]);
});
