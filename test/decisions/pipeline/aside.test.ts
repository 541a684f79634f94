import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Journal, JournalAnswer, JournalQuery } from '../../../src/decisions/ports.js';
import { FACT_CATALOGUE } from '../../../src/facts/catalogue.js';
import type { StreamEvent } from '../../../src/facts/stream.js';
import { paymentOf } from '../../../src/rehearsal/payment-form.js';
import { setStage, type Stage } from '../../../src/rehearsal/stage.js';
import { allActive, arrange } from '../../../src/rules/publish/arrangement.js';
import type { Rule } from '../../../src/rules/document/document.js';
import type { RuleSetVersion } from '../../../src/rules/program.js';

const NOW = Date.UTC(2026, 2, 2, 12);
const MANY = 10;
/** Blocks a card that has paid so often. Every version looks further back beside it, so that its windows are its own. */
const versionOf = (version: number): RuleSetVersion => ({
  ruleSet: 'often',
  version,
  hash: '',
  document: {
    id: 'often',
    description: 'd',
    owner: 'o',
    rules: [ruleOf('often', '1h', MANY), ruleOf('other', `${60 + version}m`, 1e6)],
  },
});

function ruleOf(name: string, window: string, value: number): Rule {
  const params = { fn: 'count', by: 'card', window };
  const test = { fact: 'velocity', params, operator: 'greaterThanInclusive', value };
  return { name, conditions: { all: [test] }, event: { type: 'block', params: { reason: name } } };
}

/** A reading aside: its events, handed over as they are wanted. */
interface Reading {
  readonly events: readonly StreamEvent[];
  part(from: number, to: number): void;
  end(from: number): Promise<void>;
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};

let stage: Stage;
let readings: Reading[];
let count = 0;
let version = 1;

beforeEach(async () => {
  stage = setStage({
    versions: [versionOf(version)],
    catalogue: FACT_CATALOGUE,
    lists: [],
    fixtures: { cases: [] },
    more: undefined,
  });
  stage.world.setTime(NOW);
  readings = [];
  for (const card of ['a', 'b', 'c']) for (let paid = 0; paid < MANY; paid++) await screen(card);
  const query = stage.journal.query.bind(stage.journal);
  Object.assign(stage.journal, {
    query: async (asked: JournalQuery) => {
      const answer = await query(asked);
      return asked.longest === undefined ? readAside(asked, answer) : withoutLong(answer);
    },
  } satisfies Partial<Journal>);
  renewRules();
});
afterEach(() => stage.pipeline.close());

async function screen(card: string): Promise<string> {
  const requestId = `r-${String(count++)}`;
  const payment = paymentOf({ card: { fingerprint: card } }, NOW);
  const limits = { deadline: undefined, cancelled: false };
  const { record } = await stage.pipeline.screen({ requestId, payment, raw: new Uint8Array([1]) }, limits);
  return record.outcome;
}

function renewRules(): void {
  stage.pipeline.switchTo(stage.pipeline.prepare(arrange(allActive([versionOf(++version)]), () => '')));
}

function withoutLong(answer: JournalAnswer): JournalAnswer {
  const ranges = answer.ranges.map((events) => ((events?.length ?? 0) < MANY ? events : undefined));
  return { ...answer, ranges };
}

function readAside({ onEvents }: JournalQuery, answer: JournalAnswer): Promise<JournalAnswer> {
  const events = answer.ranges[0] ?? [];
  return new Promise((resolve) => {
    readings.push({
      events,
      part: (from, to) => onEvents?.(0, events.slice(from, to)),
      async end(from) {
        resolve({ ...answer, ranges: [events.slice(from)] });
        await turns();
      },
    });
  });
}

it('a range that waited to be read while the rules changed is read for whoever asks by now, from its first part', async () => {
  const [a, b, c] = [screen('a'), screen('b'), screen('c')];
  await turns();
  // Two are read at a time.
  expect(readings).toHaveLength(2);
  renewRules();
  expect(await screen('another')).toBe('accept');
  await readings[0]?.end(0);
  const reading = readings.at(-1);
  reading?.part(0, 6);
  const late = screen('c');
  await turns();
  await reading?.end(6);
  for (let next = 1; next < readings.length; next++) await readings[next]?.end(0);
  expect(await Promise.all([a, b, c, late])).toEqual(['block', 'block', 'block', 'block']);
});
