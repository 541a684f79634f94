import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { StoredEntry } from '../../../src/decisions/ports.js';
import { createAttributeHash } from '../../../src/facts/attributes/values.js';
import { FACT_CATALOGUE } from '../../../src/facts/catalogue.js';
import { createKeyHash } from '../../../src/facts/attributes/key-hash.js';
import { createPhoneReader } from '../../../src/facts/normalise/phone.js';
import { allActive, arrange } from '../../../src/rules/publish/arrangement.js';
import { setStage, type Stage, type StageBounds } from '../../../src/rehearsal/stage.js';
import type { CumulativeLimit, FactParams } from '../../../src/rules/document/document.js';
import type { RuleSetVersion } from '../../../src/rules/program.js';
import type { Layout } from '../../../src/rules/version-store.js';
import { EFFORT, runs } from '../../support/runs.js';
import { Callers, pick } from './callers.js';
import { checkAnswers, checkHolds, checkOrder, checkRecount, type Story } from './checks.js';
import { SlowStore } from './slow-store.js';

const NOW = Date.UTC(2026, 2, 2, 12);
const HOUR = 3_600_000;
const CALLERS = 4;

type Asked = readonly [fact: string, params: FactParams];

const LIMIT: CumulativeLimit = {
  name: 'card-month',
  when: { all: [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 0 }] },
  by: ['card'],
  period: 'month',
  cap: { minor: 40_000, currency: 'USD' },
  reason: 'limit.card',
};

/** Rules that ask of the past and do nothing about it. */
function versionOf(version: number, asked: readonly Asked[]): RuleSetVersion {
  const rules = asked.map(([fact, params], index) => ({
    name: `asks-${index}`,
    conditions: { all: [{ fact, params, operator: 'greaterThan', value: 1e12 }] },
    event: { type: 'block' as const, params: { reason: 'asked' } },
  }));
  const policy = { onUnknown: 'accept' as const };
  return {
    ruleSet: 'asks',
    version,
    hash: '',
    document: { id: 'asks', description: 'd', owner: 'o', policy, rules, limits: [LIMIT] },
  };
}

const VERSIONS = [
  versionOf(1, [
    ['velocity', { fn: 'count', by: 'card', window: '24h' }],
    ['velocity', { fn: 'count', by: ['card', 'email'], window: '30d' }],
    ['velocity', { fn: 'sum', by: 'email', window: '10d' }],
    ['velocity', { fn: 'count', by: 'card', window: '3h', events: 'declined' }],
    ['history', { by: 'email', what: 'paidOrders', window: '20d' }],
  ]),
  versionOf(2, [
    ['velocity', { fn: 'count', by: 'card', window: '1h' }],
    ['velocity', { fn: 'distinct', of: 'email', by: 'card', window: '48h' }],
    // Asks what was decided before: those that come after wait for what the limits say.
    ['velocity', { fn: 'count', by: 'card', window: '24h', filter: { outcome: 'reject' } }],
    ['habit', { by: 'email', what: 'mean', window: '30d' }],
    ['history', { by: 'card', what: 'declinesInRow', window: '24h' }],
  ]),
  // Of cards and of cards with addresses the same as the first.
  versionOf(3, [
    ['velocity', { fn: 'count', by: 'email', window: '24h', filter: { outcome: 'reject' } }],
    ['velocity', { fn: 'count', by: ['card', 'email'], window: '30d' }],
    ['velocity', { fn: 'count', by: 'card', window: '3h', events: 'declined' }],
    ['velocity', { fn: 'count', by: 'card', window: '24h' }],
  ]),
];

const caller = fc.nat(CALLERS - 1);
/** Some are hot, with ranges too long for a round. */
const card = fc.constantFrom('a', 'a', 'a', 'b', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
const email = fc.constantFrom('', 'e1', 'e1', 'e2', 'e3');
const ago = fc.constantFrom(0, 0, 0, HOUR / 4, 12 * HOUR, 72 * HOUR, 480 * HOUR);
const kind = fc.constantFrom('authorised', 'captured', 'declined', 'cancelled', 'refunded', 'chargeback');
const of = <const T extends string>(name: T) => fc.constant(name);

const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: of('pay'), caller, card, email, ago, alone: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: of('burst'), caller, card }) },
  { weight: 5, arbitrary: fc.record({ do: of('report'), caller, of: fc.nat(), kind, ago }) },
  { weight: 2, arbitrary: fc.record({ do: of('again'), caller, which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: of('leave'), caller }) },
  {
    weight: 30,
    arbitrary: fc.record({
      do: of('store'),
      which: fc.nat(),
      how: fc.constantFrom('part', 'part', 'then', 'then', 'then', 'now', 'now', 'now'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: of('store'), which: fc.nat(), how: of('fail') }) },
  { weight: 12, arbitrary: fc.record({ do: of('append'), ending: of('stored') }) },
  { weight: 2, arbitrary: fc.record({ do: of('append'), ending: fc.constantFrom('lost', 'unsure') }) },
  { weight: 2, arbitrary: fc.record({ do: of('rules'), index: fc.nat(VERSIONS.length - 1) }) },
  { weight: 3, arbitrary: fc.record({ do: of('elsewhere'), which: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: of('later'), ms: fc.constantFrom(HOUR / 3, 2 * HOUR, 30 * HOUR) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const bounds: fc.Arbitrary<StageBounds> = fc.record({
  inFlight: fc.constant(10_000),
  windowBytes: fc.constantFrom(1, 3000, 1 << 24),
  longestRange: fc.constantFrom(3, 10, 40),
  appendsInFlight: fc.constantFrom(1, 2),
});

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** Payments and reports on their way through a pipeline whose store does what it is told. */
class Scene {
  readonly stage: Stage;
  readonly store: SlowStore;
  readonly layouts = new Map<string, Layout>();
  readonly #callers: Callers;
  #time = NOW;

  constructor(given: StageBounds) {
    const versions = VERSIONS.slice(0, 1);
    const fixtures = { cases: [] };
    const rest = { catalogue: FACT_CATALOGUE, lists: [], fixtures, more: undefined, bounds: given };
    this.stage = setStage({ versions, ...rest });
    this.layouts.set(this.stage.layout.id, this.stage.layout);
    this.store = new SlowStore(this.stage);
    this.#callers = new Callers(this.stage, CALLERS);
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const one of steps) {
      this.#pass(1);
      await this.#do(one);
      if (one.do !== 'pay' || one.alone) await turns();
    }
  }

  /** Ends all that is under way, and sends again what failed until all of it is stored. */
  async end(): Promise<Story> {
    this.#pass(1);
    this.store.hurry();
    await this.#callers.answered();
    this.#pass(1);
    this.#callers.insist();
    await this.#callers.answered();
    await this.stage.pipeline.close();
    const { journal } = this.stage;
    const { failures, askedAt } = this.store;
    return { log: journal.log, sent: this.#callers.sent, stored: await this.#stored(), failures, askedAt };
  }

  async #do(one: Step): Promise<void> {
    const { stage, store } = this;
    const callers = this.#callers;
    switch (one.do) {
      case 'pay':
        return callers.pay(one.caller, formOf(one.card, one.email), one.ago);
      case 'burst':
        for (let index = 0; index < 70; index++)
          callers.pay(
            (one.caller + (index % 2)) % CALLERS,
            formOf(one.card, index % 3 === 0 ? 'e1' : ''),
            index % 9 === 0 ? 2 * HOUR : 0,
          );
        return;
      case 'report':
        return callers.report(one.caller, one.of, one.kind, one.ago);
      case 'again':
        return callers.again(one.caller, one.which);
      case 'leave':
        return callers.leave(one.caller);
      case 'store': {
        const question = pick(store.questions, one.which);
        if (one.how === 'part') question?.part();
        else if (one.how === 'fail') question?.fail();
        else question?.answer(one.how);
        return;
      }
      case 'append':
        return store.appends.shift()?.(one.ending);
      case 'rules': {
        const versions = allActive(VERSIONS.slice(one.index, one.index + 1));
        const rules = stage.pipeline.prepare(arrange(versions, () => ''));
        for (const layout of rules.layouts) this.layouts.set(layout.id, layout);
        return stage.pipeline.switchTo(rules);
      }
      case 'elsewhere': {
        // Best of what is being asked about.
        const keys = store.questions.flatMap((question) => question.keys);
        const stored = (await this.#stored()).filter(({ decision }) => decision !== undefined);
        const asked = stored.filter((entry) => entry.keys.some((key) => keys.includes(key)));
        const like = pick(asked.length > 0 ? asked : stored, one.which);
        return like === undefined ? undefined : store.admitElsewhere(like);
      }
      case 'later':
        return this.#pass(one.ms);
    }
  }

  #pass(ms: number): void {
    this.#time += ms;
    this.stage.world.setTime(this.#time);
  }

  async #stored(): Promise<StoredEntry[]> {
    const stored: StoredEntry[] = [];
    for await (const part of this.stage.journal.scan(new Map(), 1000)) stored.push(...part);
    return stored;
  }
}

function formOf(fingerprint: string, name: string) {
  return { card: { fingerprint }, ...(name === '' ? {} : { email: `${name}@example.com` }) };
}

it(
  'whatever comes, waits, fails and changes in whatever order, each decision saw what was admitted before it',
  { timeout: 120_000 * EFFORT },
  async () => {
    const done = { compared: 0, holds: 0, asides: 0, lost: 0, unsure: 0 };
    const steps = fc.array(step, { minLength: 20, maxLength: 120, size: 'max' });
    await fc.assert(
      fc.asyncProperty(bounds, steps, async (given, all) => {
        const scene = new Scene(given);
        await scene.play(all);
        const story = await scene.end();
        const { journal, troubles } = scene.stage;
        expect(troubles).toEqual([]);
        checkAnswers(story);
        checkOrder(story);
        const hash = createAttributeHash(createKeyHash(journal.hashKey), createPhoneReader());
        done.compared += checkRecount(story, scene.layouts, hash);
        done.holds += checkHolds(story);
        done.asides += scene.store.asides;
        for (const { ending } of story.failures) done[ending] += 1;
      }),
      { ...runs(100), endOnFailure: true },
    );
    // A run in which next to nothing of it happened would prove nothing.
    for (const count of Object.values(done)) expect(count).toBeGreaterThan(50);
  },
);
