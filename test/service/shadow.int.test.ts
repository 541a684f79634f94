import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  Outcome,
  ScreenRequestSchema,
  type Decision,
} from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { EventSchema } from '../../src/gen/tollgate/v1/event_service_pb.js';
import { simulateDay } from '../../src/simulate/day.js';
import { createRandom } from '../../src/simulate/random.js';
import {
  failure,
  NOON,
  onBothStores,
  onMongo,
  payment,
  prove,
  range,
  rule,
  ruleSet,
  until,
  velocity,
  type Instance,
  type Place,
} from './harness.js';
import { differences, inLanes, often, reported, seen, shadow, type Filter } from './shadow-runs.js';

const HOUR = 3_600_000;
onBothStores('a version in shadow', (createPlace) => {
  let place: Place;
  let tollgate: Instance;
  beforeEach(() => {
    place = createPlace();
  });
  afterEach(() => place.remove());

  it('never differs where it says the same in other words, whatever is shuffled and forgotten', async () => {
    // One card for every e-mail: what is asked of one is true of the other, and only shadow asks about e-mails.
    const asked = (by: string, hour: string, day: string): object =>
      ruleSet('same', [
        rule('hour', [velocity({ fn: 'count', by, window: hour }, 'greaterThanInclusive', 3)]),
        rule('day', [velocity({ fn: 'sum', by, window: day }, 'greaterThanInclusive', 200_000)], 'reject'),
        rule('declined', [velocity({ fn: 'count', by, window: day, events: 'declined' }, 'greaterThan', 1)]),
      ]);
    // Hardly any key stays in memory.
    tollgate = await place.start({}, undefined, { windowBytes: 100_000 });
    await tollgate.activate(asked('card', '1h', '24h'));
    const version = await shadow(tollgate, asked('email', '60m', '1440m'));
    const startMs = Date.UTC(2026, 4, 20);
    const day = [...simulateDay({ seed: 7, payments: 200, startMs })].filter(
      ({ at }) => at < startMs + 24 * HOUR,
    );
    const random = createRandom(11);
    const decided: Decision[] = [];
    await inLanes(day, async (entry) => {
      if ('screen' in entry) {
        const { requestId, payment: sent } = entry.screen;
        const { payment: made } = fromJson(ScreenRequestSchema, { requestId, payment: sent } as JsonValue);
        if (made === undefined) throw new Error('a day is made of payments');
        const person = random.between(1, 5);
        const customer = { email: `p${String(person)}@example.com` };
        const { site, amount, eventTime } = made;
        const card = payment({ card: `card-${String(person)}`, customer, site });
        decided.push(
          await tollgate.screen(requestId, {
            ...card,
            ...(amount === undefined ? {} : { amount }),
            ...(eventTime === undefined ? {} : { eventTime }),
          }),
        );
      } else await tollgate.record(fromJson(EventSchema, entry.event as JsonValue));
    });
    const report = await reported(tollgate, 'same', version, decided.length);
    expect(await differences(tollgate, version, {}, 'same')).toEqual([]);
    expect(report).toMatchObject({ compared: BigInt(decided.length), changed: { payments: 0n } });
    // Each rule says now this, now that: there was something to differ in.
    expect(report.rules).toHaveLength(3);
    for (const { liveHits, shadowHits } of report.rules) {
      expect(shadowHits).toBe(liveHits);
      expect(liveHits).toBeGreaterThan(10n);
      expect(liveHits).toBeLessThan(BigInt(decided.length - 10));
    }
  });

  it('differs with another threshold on exactly the payments that a recount names', async () => {
    tollgate = await place.start();
    await tollgate.activate(often(3));
    const version = await shadow(tollgate, often(5));
    const sent = range(60).map((index) => ({
      card: `card-${String(index % 4)}`,
      minor: 100 * (index + 1),
      at: NOON + Math.floor(index / 30) * HOUR + index,
    }));
    const before = (index: number): number =>
      sent.filter(({ card, at }, other) => {
        const own = sent[index];
        return other < index && card === own?.card && at > (own?.at ?? 0) - HOUR;
      }).length;
    const expected: string[] = [];
    let baseMinor = 0n;
    for (const [index, { card, minor, at }] of sent.entries()) {
      const decision = await tollgate.screen(`r-${String(index)}`, payment({ card, minor, at }));
      // What is asked again is not decided again.
      if (index % 10 === 0) await tollgate.screen(`r-${String(index)}`, payment({ card, minor, at }));
      expect(decision.outcome).toBe(before(index) >= 3 ? Outcome.REJECT : Outcome.ACCEPT);
      if (before(index) < 3 || before(index) >= 5) continue;
      expected.unshift(decision.id);
      baseMinor += decision.baseAmount?.minor ?? 0n;
    }
    expect(expected.length).toBeGreaterThan(10);
    const report = await reported(tollgate, 'often', version, sent.length);
    const found = await differences(tollgate, version, { pageSize: 7 });
    expect(found.map(({ decisionId }) => decisionId)).toEqual(expected);
    expect(found[0]).toMatchObject({
      site: 'shop',
      liveVersion: 1,
      verdictDiffers: true,
      live: { outcome: Outcome.REJECT, reasons: ['test.often'] },
      shadow: { outcome: Outcome.ACCEPT, reasons: [] },
      rules: [{ rule: 'often/often' }],
    });
    const counted = { payments: BigInt(expected.length), baseMinor };
    expect(report.changed).toMatchObject(counted);
    const moved = report.outcomes.filter(({ live, shadow: would }) => live !== would);
    expect(moved).toMatchObject([{ live: Outcome.REJECT, shadow: Outcome.ACCEPT, counted }]);
    expect(report.rules).toMatchObject([
      { rule: 'often/often', onlyLive: counted, onlyShadow: { payments: 0n } },
    ]);
    expect(report).toMatchObject({ differencesKept: counted.payments, differencesLeft: 0n });

    const later = await reported(tollgate, 'often', version, 30, { from: timestampFromMs(NOON + HOUR + 5) });
    expect(later.compared).toBe(30n);
    const filters: readonly [Filter, number][] = [
      [{ verdictDiffers: true, rule: 'often/often' }, expected.length],
      [{ liveOutcome: Outcome.REJECT, shadowOutcome: Outcome.ACCEPT }, expected.length],
      [{ liveOutcome: Outcome.ACCEPT }, 0],
      [{ rule: 'often/other' }, 0],
    ];
    for (const [filter, count] of filters)
      expect(await differences(tollgate, version, filter)).toHaveLength(count);
  });

  it('goes on with its run after a restart, and is one run for each time it is started', async () => {
    tollgate = await place.start();
    await tollgate.activate(often(3));
    const version = await shadow(tollgate, often(5));
    await tollgate.screen('r-1', payment());
    await tollgate.close();
    tollgate = await place.start();
    await tollgate.screen('r-2', payment());
    const first = await reported(tollgate, 'often', version, 2);
    expect(first.run?.running).toBe(true);
    const said = { ruleSet: 'often', version, actor: 'test' };
    await tollgate.rules.stopShadow(said);
    await tollgate.screen('r-3', payment());
    expect((await reported(tollgate, 'often', version, 2)).run?.running).toBe(false);
    await tollgate.rules.startShadow(said);
    await tollgate.screen('r-4', payment());
    expect((await reported(tollgate, 'often', version, 1)).run?.revision).not.toBe(first.run?.revision);
    const { revision = 0n } = first.run ?? {};
    const again = await tollgate.rules.getShadowReport({ run: { ruleSet: 'often', version, revision } });
    expect(again.report?.compared).toBe(2n);
  });

  it('is compared with whichever version decided, canary or not', async () => {
    tollgate = await place.start();
    await tollgate.activate(often(3));
    const { version: canary } = (
      await tollgate.rules.createVersion({ documentJson: JSON.stringify(often(4)), author: 'test' })
    ).version ?? { version: 0 };
    await prove(tollgate.rules, 'often', canary);
    const said = { ruleSet: 'often', actor: 'test' };
    await tollgate.rules.startCanary({ ...said, version: canary, settings: { share: 0.5 } });
    const version = await shadow(tollgate, often(5));
    const decided: Decision[] = [];
    await inLanes(range(80), async (index) => {
      decided.push(
        await tollgate.screen(`r-${String(index)}`, payment({ card: `card-${String(index % 40)}` })),
      );
    });
    const by = (number: number): bigint =>
      BigInt(decided.filter(({ ruleSets }) => ruleSets[0]?.version === number).length);
    expect(by(canary)).toBeGreaterThan(5n);
    const report = await reported(tollgate, 'often', version, 80);
    expect(report.against.map((one) => [one.version, one.compared])).toEqual([
      [canary, by(canary)],
      [1, by(1)],
    ]);
  });

  it('is asked about the payments of its scope only, and says which are its runs', async () => {
    tollgate = await place.start();
    await tollgate.activate(often(3));
    const version = await shadow(tollgate, often(5), 'site:one');
    await tollgate.screen('r-1', payment({ site: 'one' }));
    await tollgate.screen('r-2', payment({ site: 'two' }));
    expect((await reported(tollgate, 'often', version, 1)).run?.scope).toBe('site:one');
    const report = (run: object): Promise<string> =>
      failure(tollgate.rules.getShadowReport({ run: { ruleSet: 'often', version, ...run } }));
    expect(await report({ scope: 'all' })).toBe('NOT_STAGED');
    expect(await report({ version: 1 })).toBe('NOT_STAGED');
    expect(await report({ version: 9 })).toBe('VERSION_NOT_FOUND');
    expect(await report({ ruleSet: 'none' })).toBe('RULE_SET_NOT_FOUND');
    expect(await report({ scope: 'everywhere' })).toBe('INVALID_REQUEST');
    expect(await failure(tollgate.rules.getShadowReport({}))).toBe('INVALID_REQUEST');
    const listing = { run: { ruleSet: 'often', version }, rule: 'no rule' };
    expect(await failure(tollgate.rules.listShadowDifferences(listing))).toBe('INVALID_REQUEST');
  });

  it('decides nothing, drops what is too much and says how much that was', async () => {
    tollgate = await place.start({}, undefined, { shadowRoom: 1, shadowDifferences: 3 });
    await tollgate.activate(often(1e6));
    const version = await shadow(tollgate, often(0));
    const decided: Decision[] = [];
    await inLanes(range(200), async (index) => {
      decided.push(await tollgate.screen(`r-${String(index)}`, payment()));
    });
    expect(new Set(decided.map(({ outcome }) => outcome))).toEqual(new Set([Outcome.ACCEPT]));
    const report = await reported(tollgate, 'often', version, 200);
    expect(report.dropped?.busy).toBeGreaterThan(0n);
    expect(report.changed?.payments).toBe(report.compared);
    expect(report.differencesKept + report.differencesLeft).toBe(report.compared);
  });
});

onMongo('shadows of several instances', (createPlace) => {
  it('add to one run', async () => {
    const place = createPlace();
    try {
      const instances = [await place.start(), await place.start()] as const;
      const [one, other] = instances;
      await one.activate(often(3));
      const version = await shadow(one, often(1e6));
      const run = { ruleSet: 'often', version };
      const counted = async (): Promise<number> => seen((await one.rules.getShadowReport({ run })).report);
      // The other takes it over within two seconds; what it counts of these is stored before what comes after them.
      let asked = 0;
      await until(async () => {
        await other.screen(`w-${String(asked)}`, payment({ card: `w-${String(asked++)}` }));
        return (await counted()) > 0;
      });
      await other.close();
      const before = await counted();
      const third = await place.start();
      const stopped: string[] = [];
      await inLanes(range(60), async (index) => {
        const at = index % 2 === 0 ? one : third;
        const decision = await at.screen(
          `r-${String(index)}`,
          payment({ card: `card-${String(index % 5)}` }),
        );
        if (decision.outcome === Outcome.REJECT) stopped.push(decision.id);
      });
      await until(async () => (await counted()) >= before + 60);
      expect(await counted()).toBe(before + 60);
      // Each instance decides six of each card, so the last three have three before them, whatever it sees of the other's.
      expect(stopped.length).toBeGreaterThanOrEqual(30);
      const differing = await differences(third, version);
      expect(differing.map(({ decisionId }) => decisionId).sort()).toEqual(stopped.sort());
    } finally {
      await place.remove();
    }
  });
});
