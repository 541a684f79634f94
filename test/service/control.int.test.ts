import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  LetGoTo,
  Outcome,
  ThreeDsDemand,
  type Decision,
} from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { EventKind, Label } from '../../src/gen/tollgate/v1/event_service_pb.js';
import { ListKind, ListType } from '../../src/gen/tollgate/v1/list_service_pb.js';
import {
  failure,
  onBothStores,
  onMongo,
  payment,
  range,
  rule,
  ruleSet,
  until,
  type Instance,
  type Place,
} from './harness.js';

const DAY = 86_400_000;
const ALWAYS = [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 0 }];
const listed = (list: string) => [{ fact: 'list', params: { list }, operator: 'equal', value: true }];
const STRICT = ruleSet('strict', [rule('stop', ALWAYS, 'reject'), rule('noisy', ALWAYS, 'review')]);
const CARDS = 400;

let requests = 0;
const group = (change: object = {}) => ({
  ruleSet: 'strict',
  rule: 'stop',
  share: 0.1,
  maxCountPerDay: 1000,
  maxAmountPerDay: { minor: 100_000_000n, currency: 'EUR' },
  until: timestampFromMs(Date.now() + 10 * DAY),
  reason: 'how many are good?',
  actor: 'ann',
  ...change,
});
const screen = (tollgate: Instance, card: string): Promise<Decision> =>
  tollgate.screen(`r-${requests++}`, payment({ card }));
/** One decision for each card. */
const screenAll = (tollgate: Instance): Promise<Decision[]> =>
  Promise.all(range(CARDS).map((index) => screen(tollgate, `card-${index}`)));

onBothStores('control groups', (createPlace) => {
  let place: Place;
  let tollgate: Instance;

  beforeAll(async () => {
    place = createPlace();
    tollgate = await place.start();
    await tollgate.activate(STRICT);
  });
  afterAll(() => place.remove());

  it('are off by default', async () => {
    const decision = await screen(tollgate, 'card-1');
    expect(decision).toMatchObject({ outcome: Outcome.REJECT });
    expect(decision.control).toBeUndefined();
  });

  it('let a share go to a challenge, tell the propensity, and find how precise the rule is', async () => {
    await tollgate.controls.setControlGroup({ group: group() });
    const decisions = await screenAll(tollgate);
    expect(decisions.every(({ control }) => control?.share === 0.1)).toBe(true);
    const letGo = decisions.filter(({ control }) => control?.letGo);
    expect(letGo.length).toBeGreaterThan(15);
    expect(letGo.length).toBeLessThan(70);
    for (const decision of letGo)
      expect(decision).toMatchObject({
        outcome: Outcome.REVIEW,
        threeDs: ThreeDsDemand.CHALLENGE,
        control: { drawn: true, letGoTo: LetGoTo.THREE_DS },
      });
    const { identical } = await tollgate.decisions.replayDecision({ id: letGo[0]!.id });
    expect(identical).toBe(true);

    // A third was good, as somebody labels; a chargeback tells of the next; of the last nothing is known yet.
    const [good, bad] = [
      letGo.filter((_, index) => index % 3 === 0),
      letGo.filter((_, index) => index % 3 === 1),
    ];
    const at = { site: 'shop', eventTime: timestampFromMs(Date.now()) };
    const results = await tollgate.record(
      ...good.map(({ id }, index) => ({
        eventId: `good-${index}`,
        decisionId: id,
        kind: EventKind.LABEL,
        label: Label.GOOD,
        ...at,
      })),
      ...bad.map(({ id }, index) => ({
        eventId: `bad-${index}`,
        decisionId: id,
        kind: EventKind.CHARGEBACK,
        ...at,
      })),
    );
    expect(results.every(({ error }) => error === undefined)).toBe(true);
    const asked = { ruleSet: 'strict', rule: 'stop' };
    const report = await tollgate.controls.getRulePrecision(asked);
    const open = letGo.length - good.length - bad.length;
    expect(report).toMatchObject({
      hits: BigInt(CARDS + 1),
      stopped: BigInt(CARDS + 1),
      eligible: BigInt(CARDS),
      drawn: BigInt(letGo.length),
      letGo: BigInt(letGo.length),
      capFull: 0n,
      good: BigInt(good.length),
      bad: BigInt(bad.length),
      open: BigInt(open),
      unread: 0n,
    });
    const share = bad.length / (good.length + bad.length);
    expect(report.precision).toBeCloseTo(share, 6);
    expect(report.low).toBeLessThan(share);
    expect(report.high).toBeGreaterThan(share);
    // With no time to wait, what nothing is known of was good.
    const ripe = await tollgate.controls.getRulePrecision({ ...asked, maturity: durationFromMs(0) });
    expect(ripe).toMatchObject({ open: 0n, good: BigInt(good.length + open) });
    const before = { ...asked, to: timestampFromMs(Date.now() - DAY) };
    expect(await tollgate.controls.getRulePrecision(before)).toMatchObject({ hits: 0n });
  });

  it('tell no precision of a rule that there never was', async () => {
    const ofRule = (ruleSet: string, rule: string): Promise<string> =>
      failure(tollgate.controls.getRulePrecision({ ruleSet, rule }));
    expect(await ofRule('strict', 'stopp')).toBe('RULE_NOT_FOUND');
    expect(await ofRule('strickt', 'stop')).toBe('RULE_SET_NOT_FOUND');
  });

  it('tell the precision of a rule that is in no version any more', async () => {
    await tollgate.activate(ruleSet('changing', [rule('going', ALWAYS, 'reject')]));
    await screen(tollgate, 'card-of-a-rule-that-goes');
    await tollgate.activate(ruleSet('changing', [rule('staying', ALWAYS, 'review')]));
    const report = await tollgate.controls.getRulePrecision({ ruleSet: 'changing', rule: 'going' });
    expect(report.hits).toBe(1n);
    await tollgate.rules.deactivateRuleSet({ ruleSet: 'changing', actor: 'test' });
  });

  it('draw the same when a payer tries again, and never pass their caps, asked at once', async () => {
    const first = await screenAll(tollgate);
    const drawn = range(CARDS).filter((index) => first[index]?.control?.drawn);
    const used = 2 * drawn.length;
    await tollgate.controls.setControlGroup({ group: group({ maxCountPerDay: used + 7 }) });
    const again = await Promise.all(
      range(64).map((n) => screen(tollgate, `card-${drawn[n % drawn.length]!}`)),
    );
    expect(again.every(({ control }) => control?.drawn)).toBe(true);
    expect(again.filter(({ control }) => control?.letGo)).toHaveLength(7);
    const full = again.filter(({ control }) => control?.capFull);
    expect(full).toHaveLength(57);
    expect(full.every(({ outcome }) => outcome === Outcome.REJECT)).toBe(true);
  });

  it('are listed, and end when somebody says so', async () => {
    const { groups } = await tollgate.controls.listControlGroups({ over: true });
    expect(groups.map(({ endedBy }) => endedBy)).toEqual(['', 'ann']);
    const end = { ruleSet: 'strict', rule: 'stop', reason: 'enough', actor: 'bob' };
    await tollgate.controls.endControlGroup(end);
    expect((await screen(tollgate, 'card-1')).control).toBeUndefined();
    expect((await tollgate.controls.listControlGroups({})).groups).toEqual([]);
    expect(await failure(tollgate.controls.endControlGroup(end))).toBe('CONTROL_GROUP_NOT_FOUND');
  });

  it('are refused for block and embargo lists, and without bounds', async () => {
    for (const [id, kind] of [
      ['barred', ListKind.BLOCK],
      ['sanctions', ListKind.EMBARGO],
      ['watched', ListKind.WATCH],
    ] as const)
      await tollgate.lists.createList({ list: { id, type: ListType.EMAIL, kind, owner: 'legal' } });
    const rules = ['barred', 'sanctions', 'watched'].map((id) => rule(`on-${id}`, listed(id), 'reject'));
    await tollgate.activate(ruleSet('listed', rules));
    const set = (change: object): Promise<string> =>
      failure(tollgate.controls.setControlGroup({ group: group(change) }));
    expect(await set({ ruleSet: 'listed', rule: 'on-barred' })).toBe('NOT_EXCEPTABLE');
    expect(await set({ ruleSet: 'listed', rule: 'on-sanctions' })).toBe('NOT_EXCEPTABLE');
    expect(await set({ ruleSet: 'listed', rule: 'on-watched' })).toBe('none');
    expect(await set({ rule: 'noisy' })).toBe('NOT_EXCEPTABLE');
    for (const share of [0, -0.1, 0.11, Number.NaN]) expect(await set({ share })).toBe('INVALID_REQUEST');
    expect(await set({ maxCountPerDay: 0 })).toBe('INVALID_REQUEST');
    expect(await set({ maxAmountPerDay: { minor: 0n, currency: 'EUR' } })).toBe('INVALID_REQUEST');
    expect(await set({ reason: '' })).toBe('INVALID_REQUEST');
    expect(await set({ until: timestampFromMs(Date.now() + 93 * DAY) })).toBe('INVALID_REQUEST');
  });
});

onMongo('a control group with two instances, on MongoDB', (createPlace) => {
  let place: Place;
  afterAll(() => place.remove());

  it('has one cap for both', async () => {
    place = createPlace();
    const [one, two] = await Promise.all([place.start(), place.start()]);
    await one.activate(STRICT);
    await one.controls.setControlGroup({ group: group({ maxCountPerDay: 1 }) });
    await until(async () => (await screen(two, 'card-1')).control !== undefined);
    const first = await screenAll(one);
    const drawn = range(CARDS).filter((index) => first[index]?.control?.drawn);
    const before = first.filter(({ control }) => control?.letGo).length;
    expect(before).toBeLessThanOrEqual(1);
    await two.controls.setControlGroup({ group: group({ maxCountPerDay: 10 }) });
    const most = async (): Promise<number> =>
      (await one.controls.listControlGroups({})).groups[0]?.maxCountPerDay ?? 0;
    await until(async () => (await most()) === 10);
    const instances = [one, two];
    const again = await Promise.all(
      range(64).map((n) => screen(instances[n % 2]!, `card-${drawn[n % drawn.length]!}`)),
    );
    const letGo = again.filter(({ control }) => control?.letGo).length;
    // The first instance may follow a moment later: never more than the cap, and in the end all of it.
    expect(letGo).toBeLessThanOrEqual(9);
    await until(async () => {
      const more = await screen(one, `card-${drawn[0]!}`);
      return more.control?.capFull === true;
    });
    const { capFull, letGo: all } = await two.controls.getRulePrecision({ ruleSet: 'strict', rule: 'stop' });
    expect(Number(all)).toBe(10);
    expect(Number(capFull)).toBeGreaterThan(0);
  });
});
