import { afterAll, beforeAll, expect, it } from 'vitest';
import { Outcome, type Decision } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import {
  CanaryFindingState,
  CanaryMeasure,
  CanaryState,
} from '../../src/gen/tollgate/v1/rule_publishing_pb.js';
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
  type Place,
} from './harness.js';

const always = (outcome: string, name: string): object =>
  rule(name, [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 0 }], outcome);
const never = (name: string): object =>
  rule(name, [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 1e9 }], 'reject');
/** 1 is the stable one; 2 rejects everything; 3 decides as 1 does. */
const VERSIONS = [[never('first')], [always('reject', 'broken')], [never('again')]];
const TRIED = { ruleSet: 'tried', actor: 'ann', reason: 'a trial' };
const SETTINGS = { share: 0.5 };

/** Decides payments of ever new cards by several instances until told to stop. */
function startPayments(instances: readonly Instance[], name: string) {
  const decisions: Decision[] = [];
  let over = false;
  const lanes = Promise.all(
    range(16).map(async (lane) => {
      for (let count = 0; !over; count++) {
        const id = `${name}-${String(lane)}-${String(count)}`;
        const tollgate = instances[count % instances.length];
        if (tollgate !== undefined) decisions.push(await tollgate.screen(id, payment({ card: id })));
      }
    }),
  );
  return {
    decisions,
    async stop() {
      over = true;
      await lanes;
    },
  };
}

async function setUp(tollgate: Instance): Promise<void> {
  for (const [index, rules] of VERSIONS.entries()) {
    const documentJson = JSON.stringify(ruleSet('tried', rules));
    await tollgate.rules.createVersion({ documentJson, author: 'ann' });
    await prove(tollgate.rules, 'tried', index + 1);
  }
  await tollgate.rules.activateVersion({ ...TRIED, version: 1 });
}

const publications = async ({ rules }: Instance) =>
  (await rules.listPublications({ ruleSet: 'tried' })).publications;
const reportOf = async ({ rules }: Instance, revision = 0n) =>
  (await rules.getCanaryReport({ ruleSet: 'tried', revision })).report;

onBothStores('a canary', (createPlace) => {
  let place: Place;
  let tollgate: Instance;

  beforeAll(async () => {
    place = createPlace();
    tollgate = await place.start();
    await setUp(tollgate);
  });
  afterAll(() => place.remove());

  it('that rejects everything is rolled back by itself within seconds, and says why', async () => {
    expect(await failure(reportOf(tollgate))).toBe('CANARY_NOT_FOUND');
    await tollgate.rules.startCanary({ ...TRIED, version: 2, settings: SETTINGS });
    expect(await reportOf(tollgate)).toMatchObject({ state: CanaryState.GATHERING, looks: 0, version: 2 });
    const load = startPayments([tollgate], 'broken');
    const ended = async (): Promise<boolean> =>
      (await tollgate.rules.listRuleSets({})).ruleSets[0]?.staged.length === 1;
    await until(() => load.decisions.filter(({ canaries }) => canaries[0]?.drawn).length >= 100);
    const took = await until(ended, 10_000);
    console.info(`rolled back ${took.toFixed(0)} ms after the canary had rejected 100 payments`);
    const { length } = load.decisions;
    await until(() => load.decisions.length > length + 100);
    await load.stop();

    for (const { canaries, ruleSets, outcome } of load.decisions) {
      const drawn = canaries[0]?.drawn ?? false;
      expect(ruleSets[0]?.version).toBe(drawn ? 2 : 1);
      expect(outcome).toBe(drawn ? Outcome.REJECT : Outcome.ACCEPT);
    }
    for (const { canaries, outcome } of load.decisions.slice(-50))
      expect([canaries, outcome]).toEqual([[], Outcome.ACCEPT]);
    const [newest] = await publications(tollgate);
    expect(newest).toMatchObject({ step: 'roll-back', actor: 'guardrail', version: 2, toVersion: 1 });
    expect(newest?.reason).toMatch(
      /^reject rate 100\.0 % against 0\.0 %: .* more \(.* % interval\), limit 2\.0 more/,
    );
    const report = await reportOf(tollgate);
    expect(report).toMatchObject({
      state: CanaryState.BREACHED,
      stableVersion: 1,
      nextLookAt: 0n,
      endedBy: { actor: 'guardrail', reason: newest?.reason },
    });
    expect(report?.findings.find(({ measure }) => measure === CanaryMeasure.STOPPED)).toMatchObject({
      state: CanaryFindingState.BREACHED,
      canary: 1,
      stable: 0,
    });
    const metrics = await (await fetch(`http://${tollgate.service.httpAddress}/metrics`)).text();
    expect(metrics).toContain('tollgate_canary_rolled_back_total 1\n');
  });

  it('tells with each decision what was drawn, wherever it is read, and replays in either arm', async () => {
    await tollgate.rules.startCanary({ ...TRIED, version: 3, settings: SETTINGS });
    const both = new Map<boolean, Decision>();
    for (let count = 0; both.size < 2; count++) {
      const decision = await tollgate.screen(
        `told-${String(count)}`,
        payment({ card: `told-${String(count)}` }),
      );
      both.set(decision.canaries[0]?.drawn ?? false, decision);
    }
    const begun = (await publications(tollgate))[0]?.revision;
    for (const [drawn, { id, canaries, ruleSets }] of both) {
      expect(canaries).toMatchObject([{ ruleSet: 'tried', version: 3, share: 0.5, drawn, revision: begun }]);
      expect((canaries[0]?.draw ?? NaN) < 0.5).toBe(drawn);
      expect(ruleSets[0]?.version).toBe(drawn ? 3 : 1);
      expect((await tollgate.decisions.getDecision({ id })).decision?.canaries).toEqual(canaries);
      const listed = await tollgate.decisions.listDecisions({ site: 'shop' });
      expect(listed.decisions.find((one) => one.id === id)?.canaries).toEqual(canaries);
      expect(await tollgate.decisions.replayDecision({ id })).toMatchObject({
        identical: true,
        differences: [],
      });
    }
    await tollgate.rules.stopCanary(TRIED);
    for (const { id } of both.values())
      expect(await tollgate.decisions.replayDecision({ id })).toMatchObject({ identical: true });
  });

  it('that decides as the stable version is not rolled back, nor forgotten over a restart', async () => {
    await tollgate.rules.startCanary({ ...TRIED, version: 3, settings: SETTINGS });
    const load = startPayments([tollgate], 'equal');
    await until(async () => ((await reportOf(tollgate))?.looks ?? 0) >= 2);
    await load.stop();
    await tollgate.close();
    tollgate = await place.start();
    const report = await reportOf(tollgate);
    const drawn = load.decisions.filter(({ canaries }) => canaries[0]?.drawn).length;
    expect(report).toMatchObject({ state: CanaryState.HOLDING, version: 3 });
    expect(report?.endedBy).toBeUndefined();
    expect(Number(report?.canary?.decisions)).toBe(drawn);
    expect(Number(report?.stable?.decisions)).toBe(load.decisions.length - drawn);
    expect(report?.findings.every(({ state }) => state !== CanaryFindingState.BREACHED)).toBe(true);
    const again = startPayments([tollgate], 'later');
    await until(async () => ((await reportOf(tollgate))?.looks ?? 0) > (report?.looks ?? 0));
    await again.stop();
    expect((await tollgate.rules.listRuleSets({})).ruleSets[0]?.staged).toHaveLength(2);
    await tollgate.rules.rollBack(TRIED);
    expect(await reportOf(tollgate)).toMatchObject({ endedBy: { actor: 'ann', step: 'roll-back' } });
  });
});

onMongo('a canary at two instances, on MongoDB', (createPlace) => {
  let place: Place;
  afterAll(() => place.remove());

  it('is judged by what both decided, once, and over on both', async () => {
    place = createPlace();
    const both = [await place.start(), await place.start()];
    const [one, other] = both as [Instance, Instance];
    await setUp(one);
    await one.rules.startCanary({ ...TRIED, version: 2, settings: { ...SETTINGS, plan: { first: 150 } } });
    let tries = 0;
    await until(async () => (await other.screen(`seen-${String(tries++)}`, payment())).canaries.length === 1);
    const load = startPayments(both, 'both');
    await until(async () => (await publications(one))[0]?.actor === 'guardrail');
    const { length } = load.decisions;
    await until(() => load.decisions.length > length + 200 && load.decisions.at(-1)?.canaries.length === 0);
    await load.stop();
    const steps = (await publications(other)).map(({ step, actor }) => `${step} ${actor}`);
    expect(steps).toEqual(['roll-back guardrail', 'start-canary ann', 'activate ann']);
    const report = await reportOf(other);
    expect(report?.state).toBe(CanaryState.BREACHED);
    expect(Number(report?.canary?.decisions)).toBeGreaterThanOrEqual(150);
  });
});
