import { durationFromMs, timestampFromMs, type Timestamp } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Outcome, RuleState, ThreeDsDemand } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { ListKind, ListType } from '../../src/gen/tollgate/v1/list_service_pb.js';
import { PayerAttribute } from '../../src/gen/tollgate/v1/snooze_service_pb.js';
import {
  failure,
  onBothStores,
  onMongo,
  payment,
  prove,
  range,
  rule,
  ruleSet,
  until,
  type Instance,
  type PaymentInit,
  type Place,
} from './harness.js';

const ALWAYS = [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 0 }];
const LISTED = [{ fact: 'list', params: { list: 'sanctions' }, operator: 'equal', value: true }];
const HOUR = 3_600_000;

/** Stops everybody; whoever is on the embargo list by another rule. */
const STRICT = ruleSet(
  'strict',
  [
    rule('stop', ALWAYS, 'reject', { threeDs: 'mandate' }),
    rule('noisy', ALWAYS, 'review', { threeDs: 'challenge' }),
    rule('lawful', LISTED, 'block'),
  ],
  {
    limits: [
      {
        name: 'daily',
        when: { all: ALWAYS },
        by: ['card'],
        period: 'day',
        cap: { minor: 1500, currency: 'EUR' },
        reason: 'limit.daily',
      },
    ],
  },
);

const later = () => timestampFromMs(Date.now() + HOUR);
const BECAUSE = { reason: 'a known buyer, case 12', actor: 'ann' };
const withEmail = (email: string, card: string): PaymentInit => payment({ card, customer: { email } });

onBothStores('snoozes', (createPlace) => {
  let place: Place;
  let tollgate: Instance;

  beforeAll(async () => {
    place = createPlace();
    tollgate = await place.start();
    const list = { id: 'sanctions', type: ListType.EMAIL, kind: ListKind.EMBARGO, owner: 'legal' };
    await tollgate.lists.createList({ list });
    const entry = { value: 'bad@example.com', reason: 'listed', source: 'test', actor: 'test' };
    await tollgate.lists.addEntries({ list: 'sanctions', entries: [entry] });
    await tollgate.activate(STRICT);
  });
  afterAll(() => place.remove());

  it('except a payer from a rule until they end, and stand in every decision that they changed', async () => {
    const before = await tollgate.screen('a-1', withEmail('jo@example.com', 'a'));
    expect(before).toMatchObject({ outcome: Outcome.REJECT, snoozed: [] });
    const { snooze } = await tollgate.snoozes.createSnooze({
      ruleSet: 'strict',
      rule: 'stop',
      payer: { attribute: PayerAttribute.EMAIL, value: 'Jo@Example.com' },
      until: later(),
      ...BECAUSE,
    });
    expect(snooze?.payer?.value).toBe('J…@E…');
    const id = snooze?.id ?? '';

    const during = await tollgate.screen('a-2', withEmail('jo@example.com', 'a'));
    // The other rule and the mandate stay.
    expect(during).toMatchObject({ outcome: Outcome.REVIEW, threeDs: ThreeDsDemand.MANDATE });
    expect(during.hits.map((hit) => hit.rule)).toEqual(['noisy']);
    expect(during.snoozed).toMatchObject([
      {
        ruleSet: 'strict',
        rule: 'stop',
        state: RuleState.HIT,
        outcome: Outcome.REJECT,
        snooze: id,
        ...BECAUSE,
      },
    ]);
    const other = await tollgate.screen('a-3', withEmail('al@example.com', 'b'));
    expect(other).toMatchObject({ outcome: Outcome.REJECT, snoozed: [] });

    await tollgate.snoozes.endSnooze({ id, reason: 'case closed', actor: 'bob' });
    const after = await tollgate.screen('a-4', withEmail('jo@example.com', 'a'));
    expect(after).toMatchObject({ outcome: Outcome.REJECT, snoozed: [] });
    // What was decided meanwhile still replays, and says why.
    const replayed = await tollgate.decisions.replayDecision({ id: during.id });
    expect(replayed).toMatchObject({ identical: true, differences: [] });
    const { summary, rules } = await tollgate.decisions.explainDecision({ id: during.id });
    expect(summary.join('\n')).toMatch(
      /strict\/stop would have asked for reject; snoozed until .* by ann because: a known buyer, case 12/,
    );
    expect(rules.find((one) => one.rule === 'stop')?.state).toBe(RuleState.HIT);
    const { snoozes } = await tollgate.snoozes.listSnoozes({ ruleSet: 'strict', over: true });
    expect(snoozes).toMatchObject([{ id, endedBy: 'bob', endReason: 'case closed' }]);
    expect((await tollgate.snoozes.listSnoozes({})).snoozes).toEqual([]);
  });

  it('of a whole set for a payer leave embargo lists and limits in force', async () => {
    const email = 'bad@example.com';
    const payer = { attribute: PayerAttribute.EMAIL, value: email };
    const made = await tollgate.snoozes.createSnooze({
      ruleSet: 'strict',
      payer,
      until: later(),
      ...BECAUSE,
    });
    expect(made.heardStill).toEqual(['lawful']);
    const listed = await tollgate.screen('b-1', withEmail(email, 'c'));
    expect(listed).toMatchObject({ outcome: Outcome.BLOCK });
    expect(listed.snoozed.map((one) => one.rule)).toEqual(['stop', 'noisy']);

    const good = { attribute: PayerAttribute.CARD, value: 'd' };
    await tollgate.snoozes.createSnooze({ ruleSet: 'strict', payer: good, until: later(), ...BECAUSE });
    const first = await tollgate.screen('b-2', withEmail('al@example.com', 'd'));
    expect(first).toMatchObject({ outcome: Outcome.ACCEPT, hits: [] });
    const second = await tollgate.screen('b-3', withEmail('al@example.com', 'd'));
    expect(second).toMatchObject({ outcome: Outcome.REJECT, reasons: ['limit.daily'] });
    expect((await tollgate.decisions.replayDecision({ id: second.id })).identical).toBe(true);
  });

  it('hold at the sites of their scope only, also after a restart', async () => {
    await tollgate.snoozes.createSnooze({
      ruleSet: 'strict',
      rule: 'stop',
      scope: 'site:elsewhere',
      until: later(),
      ...BECAUSE,
    });
    expect(await tollgate.screen('c-1', payment({ card: 'e' }))).toMatchObject({ outcome: Outcome.REJECT });
    await tollgate.close();
    tollgate = await place.start();
    const there = await tollgate.screen('c-2', payment({ card: 'f', site: 'elsewhere' }));
    expect(there.outcome).toBe(Outcome.REVIEW);
    expect(await tollgate.screen('c-3', payment({ card: 'e' }))).toMatchObject({ outcome: Outcome.REJECT });
  });

  it('go by the name of the rule, whichever version decides', async () => {
    const canary = [
      rule('stop', ALWAYS, 'block'),
      rule('canary', ALWAYS, 'accept'),
      rule('lawful', LISTED, 'block'),
    ];
    const documentJson = JSON.stringify(ruleSet('strict', canary));
    const { version } = await tollgate.rules.createVersion({ documentJson, author: 'test' });
    const number = version?.version ?? 0;
    await prove(tollgate.rules, 'strict', number);
    const settings = { share: 0.5 };
    const published = { ruleSet: 'strict', version: number, actor: 'ann', reason: 'test' };
    await tollgate.rules.startCanary({ ...published, settings });
    const site = 'elsewhere';
    const decisions = await Promise.all(
      range(24).map((n) => tollgate.screen(`d-${n}`, { ...withEmail('al@example.com', `v-${n}`), site })),
    );
    const versions = new Set(decisions.flatMap(({ ruleSets }) => ruleSets.map((set) => set.version)));
    expect(versions.size).toBe(2);
    expect(decisions.every(({ snoozed }) => snoozed[0]?.rule === 'stop')).toBe(true);
    const outcomes = new Set(decisions.map(({ outcome }) => outcome));
    expect(outcomes).toEqual(new Set([Outcome.REVIEW, Outcome.ACCEPT]));
    await tollgate.rules.stopCanary({ ruleSet: 'strict', actor: 'ann', reason: 'test' });
  });

  it('are refused without end, reason or anything to snooze, and for embargo lists', async () => {
    const good = { ruleSet: 'strict', rule: 'stop', until: later(), ...BECAUSE };
    const create = tollgate.snoozes.createSnooze;
    const { until: _, ...endless } = good;
    expect(await failure(create(endless))).toBe('INVALID_REQUEST');
    for (const days of [-1, 0, 32])
      expect(await failure(create({ ...endless, lasts: durationFromMs(days * 86_400_000) }))).toBe(
        'INVALID_REQUEST',
      );
    expect(await failure(create({ ...good, lasts: durationFromMs(1000) }))).toBe('INVALID_REQUEST');
    const { snooze } = await create({ ...endless, lasts: durationFromMs(31 * 86_400_000) });
    const seconds = (time?: Timestamp): number => Number(time?.seconds);
    expect(seconds(snooze?.until) - seconds(snooze?.from)).toBe(31 * 86_400);
    await tollgate.snoozes.endSnooze({ id: snooze?.id ?? '', reason: 'r', actor: 'a' });
    expect(await failure(create({ ...good, reason: ' ' }))).toBe('INVALID_REQUEST');
    expect(await failure(create({ ...good, rule: '' }))).toBe('INVALID_REQUEST');
    expect(await failure(create({ ...good, scope: 'shop' }))).toBe('INVALID_REQUEST');
    const nobody = { attribute: PayerAttribute.EMAIL, value: 'nobody' };
    expect(await failure(create({ ...good, payer: nobody }))).toBe('INVALID_REQUEST');
    expect(await failure(create({ ...good, rule: 'lawful' }))).toBe('NOT_EXCEPTABLE');
    expect(await failure(create({ ...good, rule: 'no-such' }))).toBe('RULE_NOT_FOUND');
    const end = tollgate.snoozes.endSnooze({ id: 'ffff', reason: 'r', actor: 'a' });
    expect(await failure(end)).toBe('SNOOZE_NOT_FOUND');
  });
});

onMongo('a snooze with two instances, on MongoDB', (createPlace) => {
  let place: Place;
  afterAll(() => place.remove());

  it('is followed by the other, and so is its end', async () => {
    place = createPlace();
    const [one, two] = await Promise.all([place.start(), place.start()]);
    await one.activate(ruleSet('strict', [rule('stop', ALWAYS, 'reject')]));
    let asked = 0;
    const outcome = async () => (await two.screen(`r-${asked++}`, payment())).outcome;
    await until(async () => (await outcome()) === Outcome.REJECT);
    const request = { ruleSet: 'strict', rule: 'stop', until: later(), ...BECAUSE };
    const { snooze } = await one.snoozes.createSnooze(request);
    await until(async () => (await outcome()) === Outcome.ACCEPT);
    await two.snoozes.endSnooze({ id: snooze?.id ?? '', reason: 'over', actor: 'ann' });
    expect(await outcome()).toBe(Outcome.REJECT);
    await until(async () => (await one.screen(`s-${asked++}`, payment())).outcome === Outcome.REJECT);
  });
});
