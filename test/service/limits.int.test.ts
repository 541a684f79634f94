import { afterAll, beforeAll, expect, it } from 'vitest';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { LimitState, Outcome, type Decision } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { EventKind } from '../../src/gen/tollgate/v1/event_service_pb.js';
import { OWN_TIME_WORLD } from '../support/own-time.js';
import {
  NOON,
  onBothStores,
  onMongo,
  payment,
  range,
  rule,
  ruleSet,
  until,
  velocity,
  type EventInit,
  type Instance,
  type Place,
} from './harness.js';

const BASE = 'USD';
const limit = (name: string, more: object = {}): object => ({
  name,
  when: { all: [{ fact: 'payment.attributes', path: '$.limit', operator: 'equal', value: name }] },
  by: ['card'],
  period: 'day',
  cap: { minor: 500, currency: BASE },
  reason: `limit.${name}`,
  ...more,
});

const limitedBy = (...limits: object[]) =>
  ruleSet(
    'limited',
    [
      rule(
        'allowed',
        [{ fact: 'payment.attributes', path: '$.allow', operator: 'equal', value: 'yes' }],
        'allow',
      ),
      rule(
        'refused',
        [{ fact: 'payment.attributes', path: '$.refuse', operator: 'equal', value: 'yes' }],
        'reject',
      ),
    ],
    { policy: { missing: 'as-undefined' }, limits },
  );
const LIMITED = limitedBy(
  limit('hard'),
  limit('restoring', { refunds: 'restore' }),
  limit('keeping', { refunds: 'keep' }),
);

const accepted = ({ outcome }: Decision): boolean => outcome === Outcome.ACCEPT;

onBothStores('a cumulative limit', (createPlace) => {
  let place: Place;
  let tollgate: Instance;
  let shift = 0;
  const { clock } = OWN_TIME_WORLD;
  const world = { ...OWN_TIME_WORLD, clock: { ...clock, now: () => clock.now() + shift } };
  let requests = 0;
  /** A payment of 100 against the limit named, of a card. */
  const pay = (card: string, name = 'hard', attributes: Record<string, string> = {}, minor = 100) =>
    tollgate.screen(`${card}-${String(requests++)}`, {
      ...payment({ card, minor, currency: BASE, at: NOON }),
      attributes: { limit: name, ...attributes },
    });
  const payTimes = (times: number, card: string, name = 'hard') =>
    Promise.all(range(times).map(() => pay(card, name)));
  const report = async (kind: EventKind, decisionId: string, more: EventInit = {}): Promise<void> => {
    const [result] = await tollgate.record({
      eventId: `e-${String(requests++)}`,
      site: 'shop',
      kind,
      decisionId,
      eventTime: timestampFromMs(NOON),
      arrivalTime: timestampFromMs(NOON),
      ...more,
    });
    expect(result?.error).toBeUndefined();
  };
  /** How much of 500 is left, found out by filling it. */
  const roomOf = async (card: string, name = 'hard'): Promise<number> =>
    100 * (await payTimes(6, card, name)).filter(accepted).length;

  beforeAll(async () => {
    place = createPlace();
    tollgate = await place.start({}, world);
    await tollgate.activate(LIMITED);
  });
  afterAll(() => place.remove());

  it('of 500, sixty-four payments of 100 at once: exactly five are accepted', async () => {
    const decisions = await payTimes(64, 'sixty-four');
    expect(decisions.filter(accepted)).toHaveLength(5);
    const over = decisions.filter((decision) => !accepted(decision));
    for (const { outcome, reasons, limits } of over) {
      expect({ outcome, reasons }).toEqual({ outcome: Outcome.REJECT, reasons: ['limit.hard'] });
      expect(limits).toMatchObject([
        { limit: 'hard', capMinor: 500n, usedMinor: 500n, reserved: false, state: LimitState.REFUSED },
      ]);
    }
    const used = decisions.filter(accepted).map(({ limits }) => Number(limits[0]?.usedMinor));
    expect(used.toSorted((a, b) => a - b)).toEqual([0, 100, 200, 300, 400]);
  });

  it('takes a smaller payment into the room that a larger one did not fit', async () => {
    expect(accepted(await pay('sizes', 'hard', {}, 450))).toBe(true);
    expect(accepted(await pay('sizes', 'hard', {}, 51))).toBe(false);
    expect(accepted(await pay('sizes', 'hard', {}, 50))).toBe(true);
    expect(accepted(await pay('sizes', 'hard', {}, 1))).toBe(false);
  });

  it('is not lifted by an allow, and holds nothing for what is refused anyway', async () => {
    expect((await pay('allow', 'hard', { refuse: 'yes' }, 400)).limits).toEqual([]);
    const allowed = await Promise.all(range(7).map(() => pay('allow', 'hard', { allow: 'yes' })));
    const outcomes = allowed.map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === Outcome.ALLOW)).toHaveLength(5);
    expect(outcomes.filter((outcome) => outcome === Outcome.REJECT)).toHaveLength(2);
  });

  it.each([EventKind.DECLINED, EventKind.CANCELLED, EventKind.ABANDONED])(
    'has its room back when the payment came to nothing (%i)',
    async (kind) => {
      const card = `released-${String(kind)}`;
      const decisions = await payTimes(5, card);
      await report(kind, decisions[0]?.id ?? '');
      await report(kind, decisions[1]?.id ?? '');
      expect(await roomOf(card)).toBe(200);
    },
  );

  it('gives room back once, however often it is reported', async () => {
    const [first] = await payTimes(5, 'once');
    const event = { eventId: 'once-declined', code: '05' };
    for (const _ of range(3)) await report(EventKind.DECLINED, first?.id ?? '', event);
    await report(EventKind.DECLINED, first?.id ?? '');
    await report(EventKind.CANCELLED, first?.id ?? '');
    expect(await roomOf('once')).toBe(100);
  });

  it('gives a refund back where it says so, and keeps it where not', async () => {
    for (const name of ['restoring', 'keeping']) {
      const [first, second] = await payTimes(5, name, name);
      for (const decision of [first, second]) await report(EventKind.AUTHORISED, decision?.id ?? '');
      await report(EventKind.REFUNDED, first?.id ?? '');
      await report(EventKind.REFUNDED, second?.id ?? '', { amount: { minor: 60n, currency: BASE } });
      await report(EventKind.REFUNDED, second?.id ?? '', { amount: { minor: 40n, currency: BASE } });
      expect(await roomOf(name, name)).toBe(name === 'restoring' ? 200 : 0);
    }
  });

  it('keeps what a second attempt made when the decline of the first comes late', async () => {
    const [first] = await payTimes(5, 'attempts');
    await report(EventKind.AUTHORISED, first?.id ?? '');
    await report(EventKind.DECLINED, first?.id ?? '', { code: '05' });
    await report(EventKind.ABANDONED, first?.id ?? '');
    expect(await roomOf('attempts')).toBe(0);
    await report(EventKind.CANCELLED, first?.id ?? '', { eventTime: timestampFromMs(NOON + 1) });
    expect(await roomOf('attempts')).toBe(100);
  });

  it('gives a refund back by the version that decided, whatever is active when it comes', async () => {
    const [restoring] = await payTimes(5, 'versions', 'restoring');
    const [keeping] = await payTimes(5, 'versions', 'keeping');
    for (const decision of [restoring, keeping]) await report(EventKind.AUTHORISED, decision?.id ?? '');
    await tollgate.activate(
      limitedBy(limit('hard'), limit('restoring'), limit('keeping', { refunds: 'restore' })),
    );
    for (const decision of [restoring, keeping]) await report(EventKind.REFUNDED, decision?.id ?? '');
    expect([await roomOf('versions', 'restoring'), await roomOf('versions', 'keeping')]).toEqual([100, 0]);
    await tollgate.activate(LIMITED);
  });

  it('gives lapsed holds back; what was authorised stays', async () => {
    const decisions = await payTimes(5, 'lapsing');
    await report(EventKind.AUTHORISED, decisions[0]?.id ?? '');
    await report(EventKind.CAPTURED, decisions[1]?.id ?? '');
    expect(await roomOf('lapsing')).toBe(0);
    shift += 31 * 60_000;
    await until(async () => accepted(await pay('lapsing')));
    expect(await roomOf('lapsing')).toBe(200);
  });

  it('counts each calendar day by itself', async () => {
    expect(await roomOf('days')).toBe(500);
    const next = await tollgate.screen(`next-${String(requests++)}`, {
      ...payment({ card: 'days', minor: 500, currency: BASE, at: NOON + 24 * 3_600_000 }),
      attributes: { limit: 'hard' },
    });
    expect(accepted(next)).toBe(true);
  });

  it('survives a restart, and a report to an earlier decision still gives room back', async () => {
    const decisions = await payTimes(5, 'restarted');
    await tollgate.close();
    tollgate = await place.start({}, world);
    expect(await roomOf('restarted')).toBe(0);
    await report(EventKind.DECLINED, decisions[0]?.id ?? '');
    expect(await roomOf('restarted')).toBe(100);
  });

  it('decides the outcome that later payments are told by', async () => {
    await tollgate.activate(
      ruleSet('outcomes', [
        rule(
          'three-refused',
          [
            velocity(
              { fn: 'count', by: 'card', window: '1h', filter: { outcome: 'reject' } },
              'greaterThanInclusive',
              3,
            ),
          ],
          'block',
        ),
      ]),
    );
    const decisions = await payTimes(12, 'final');
    const inOrder = decisions.toSorted((a, b) => Number(a.sequence - b.sequence));
    expect(inOrder.map(({ outcome }) => outcome)).toEqual([
      ...range(5).map(() => Outcome.ACCEPT),
      ...range(3).map(() => Outcome.REJECT),
      ...range(4).map(() => Outcome.BLOCK),
    ]);
  });
});

onMongo('a cumulative limit shared by two instances, on MongoDB', (createPlace) => {
  let place: Place;
  let instances: readonly Instance[];
  const pay = (instance: Instance, requestId: string, card: string, minor = 100) =>
    instance.screen(requestId, {
      ...payment({ card, minor, currency: BASE, at: NOON }),
      attributes: { limit: 'hard' },
    });
  beforeAll(async () => {
    place = createPlace();
    const first = await place.start();
    await first.activate(LIMITED);
    instances = [first, await place.start()];
  });
  afterAll(() => place.remove());

  it('of 500, sixty-four payments of 100 at once: exactly five are accepted', async () => {
    const decisions = await Promise.all(
      instances.flatMap((instance, index) =>
        range(32).map((n) => pay(instance, `shared-${String(index)}-${String(n)}`, 'shared')),
      ),
    );
    expect(decisions.filter(accepted)).toHaveLength(5);
  });

  it('keeps what one holds when the other loses the race for the same request id', async () => {
    for (const round of range(10)) {
      const card = `raced-${String(round)}`;
      // The same id with different amounts: one is decided, the other refused, and the room stays taken.
      await Promise.allSettled(
        instances.map((instance, index) => pay(instance, `${card}-first`, card, 400 + index)),
      );
      const after = await pay(instances[round % 2]!, `${card}-after`, card, 200);
      expect(accepted(after)).toBe(false);
    }
  });

  it('gives back what the other held for another amount under the same request id', async () => {
    for (const round of range(10)) {
      const card = `lost-${String(round)}`;
      const raced = await Promise.allSettled(
        instances.map((instance, index) => pay(instance, `${card}-first`, card, 100 + index)),
      );
      const held = raced.map((one) => (one.status === 'fulfilled' ? one.value.binding?.amount?.minor : 0n));
      const after = await pay(instances[round % 2]!, `${card}-after`, card, 1);
      expect(held).toContain(after.limits[0]?.usedMinor);
    }
  });
});
