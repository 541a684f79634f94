import { afterEach, beforeEach, expect, it } from 'vitest';
import { FACT_CATALOGUE } from '../../../src/facts/catalogue.js';
import { LINGER_MS } from '../../../src/facts/velocity/keys/lingering.js';
import { paymentOf } from '../../../src/rehearsal/payment-form.js';
import { setStage, type Stage } from '../../../src/rehearsal/stage.js';
import { allActive, arrange } from '../../../src/rules/publish/arrangement.js';
import type { RuleSetVersion } from '../../../src/rules/program.js';

const NOW = Date.UTC(2026, 2, 2, 12);
const MANY = 5;

/** Blocks a card that has paid so often; each version looks back as many days. */
function versionOf(version: number): RuleSetVersion {
  const params = { fn: 'count', by: 'card', window: `${String(version)}d` };
  const test = { fact: 'velocity', params, operator: 'greaterThanInclusive', value: MANY };
  const rules = [
    {
      name: 'often',
      conditions: { all: [test] },
      event: { type: 'block' as const, params: { reason: 'often' } },
    },
  ];
  return {
    ruleSet: 'often',
    version,
    hash: '',
    document: { id: 'often', description: 'd', owner: 'o', rules },
  };
}

let stage: Stage;
/** Windows that were read from the store. */
let read = 0;
let count = 0;

beforeEach(() => {
  stage = setStage({
    versions: [versionOf(1)],
    catalogue: FACT_CATALOGUE,
    lists: [],
    fixtures: { cases: [] },
    more: undefined,
  });
  stage.world.setTime(NOW);
  const query = stage.journal.query.bind(stage.journal);
  stage.journal.query = (asked) => {
    read += asked.ranges.length;
    return query(asked);
  };
});
afterEach(() => stage.pipeline.close());

function decideBy(version: number): void {
  stage.pipeline.switchTo(stage.pipeline.prepare(arrange(allActive([versionOf(version)]), () => '')));
}

/** What is decided, and how many windows were read for it. */
async function screen(card: string): Promise<readonly [string, number]> {
  read = 0;
  const requestId = `r-${String(count++)}`;
  const payment = paymentOf({ card: { fingerprint: card } }, stage.world.clock.now());
  const limits = { deadline: undefined, cancelled: false };
  const { record } = await stage.pipeline.screen({ requestId, payment, raw: new Uint8Array([1]) }, limits);
  return [record.outcome, read];
}

it('a version that went back finds its windows in memory, up to date', async () => {
  for (let paid = 0; paid < 3; paid++) await screen('a');
  decideBy(2);
  expect(await screen('a')).toEqual(['accept', 1]);
  expect(await screen('a')).toEqual(['accept', 0]);
  // A card that the version before has never seen.
  expect(await screen('b')).toEqual(['accept', 1]);
  decideBy(1);
  expect(await screen('a')).toEqual(['block', 0]);
  expect(await screen('b')).toEqual(['accept', 1]);
});

it('after a quarter of an hour it reads them anew', async () => {
  await screen('a');
  decideBy(2);
  for (let paid = 0; paid < MANY; paid++) await screen('a');
  stage.world.setTime(NOW + LINGER_MS);
  await screen('b');
  decideBy(1);
  expect(await screen('a')).toEqual(['block', 1]);
});
