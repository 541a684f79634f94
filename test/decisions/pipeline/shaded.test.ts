import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Journal } from '../../../src/decisions/ports.js';
import type { ShadowWork } from '../../../src/decisions/shadow/shadowing.js';
import { FACT_CATALOGUE } from '../../../src/facts/catalogue.js';
import { paymentOf } from '../../../src/rehearsal/payment-form.js';
import { setStage, type Stage } from '../../../src/rehearsal/stage.js';
import { allActive, arrange } from '../../../src/rules/publish/arrangement.js';
import type { Rule } from '../../../src/rules/document/document.js';
import type { RuleSetVersion } from '../../../src/rules/program.js';
import { storeUnavailable } from '../../../src/errors/store-unavailable.js';

const NOW = Date.UTC(2026, 2, 2, 12);
/** Longer than a round waits for. */
const MANY = 10;

const counting = (by: string): Rule => ({
  name: by,
  conditions: {
    all: [
      { fact: 'velocity', params: { fn: 'count', by, window: '1h' }, operator: 'greaterThan', value: 1e6 },
    ],
  },
  event: { type: 'block', params: { reason: by } },
});
const versionOf = (version: number, ...rules: readonly Rule[]): RuleSetVersion => ({
  ruleSet: 'often',
  version,
  hash: '',
  document: { id: 'often', description: 'd', owner: 'o', rules: [...rules] },
});
const LIVE = versionOf(1, counting('card'));
const SHADOW = versionOf(2, counting('card'), counting('device'));

let stage: Stage;
let offered: ShadowWork[];
let payments = 0;

beforeEach(() => {
  offered = [];
  stage = setStage({
    versions: [LIVE],
    catalogue: FACT_CATALOGUE,
    lists: [],
    fixtures: { cases: [] },
    more: undefined,
    bounds: { longestRange: MANY },
    shadowing: { offer: (work) => void offered.push(work) },
  });
  stage.world.setTime(NOW);
});
afterEach(() => stage.pipeline.close());

function startShadow(): void {
  const staged = {
    ruleSet: 'often',
    scope: 'all',
    version: 2,
    stage: 'shadow',
    since: 2,
    sinceAt: 0,
  } as const;
  const inForce = [...allActive([LIVE]), { staged, version: SHADOW }];
  stage.pipeline.switchTo(stage.pipeline.prepare(arrange(inForce, () => '')));
}

async function screen(device: string, requestId = `r-${String(payments++)}`): Promise<string> {
  const card = { fingerprint: `card-${String(payments)}` };
  const payment = { ...paymentOf({ card }, NOW), device: { id: device } };
  const caller = { deadline: undefined, cancelled: false };
  const { record } = await stage.pipeline.screen(
    { requestId, payment: payment as never, raw: new Uint8Array([1]) },
    caller,
  );
  return record.id;
}

/** What was read beyond the decision, of each piece of work. */
const asked = (): unknown => offered.map(({ more }) => more);

it('is handed what only shadow asks, as of the decision, once for each that was stored', async () => {
  startShadow();
  const first = await screen('d-1', 'same');
  await screen('d-1', 'same');
  await screen('d-1');
  await screen('d-2');
  expect(offered[0]?.record.id).toBe(first);
  expect(asked()).toEqual([[0], [1], [0]]);
  expect(offered[0]?.plan.values(offered[0].evaluation.values, [7])).toEqual([0, 7]);
});

it('is handed nothing of a decision that could not be stored', async () => {
  startShadow();
  await screen('d-1');
  const append = stage.journal.append.bind(stage.journal);
  const away: Partial<Journal> = { append: () => Promise.reject(storeUnavailable('it is away')) };
  Object.assign(stage.journal, away);
  await expect(screen('d-1')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  Object.assign(stage.journal, { append });
  await screen('d-1');
  expect(asked()).toEqual([[0], [1]]);
});

it('is told that a window is cold where it is too long to wait for, and has it soon after', async () => {
  for (let index = 0; index <= MANY; index++) await screen('busy');
  startShadow();
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const query = stage.journal.query.bind(stage.journal);
  Object.assign(stage.journal, {
    query: async (wanted) => {
      if (wanted.longest === undefined) await held;
      return query(wanted);
    },
  } satisfies Partial<Journal>);
  // Decided all the same while the long range is held up.
  await screen('busy');
  await screen('busy');
  await screen('quiet');
  expect(asked()).toEqual([undefined, undefined, [0]]);
  release();
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  await screen('busy');
  expect(offered.at(-1)?.more).toEqual([MANY + 3]);
});
