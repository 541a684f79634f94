import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ScreenResponse } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { COUNTED, seenBy } from './counted.js';
import {
  failure,
  NOON,
  onBothStores,
  onMongo,
  payment,
  range,
  type Instance,
  type PaymentInit,
  type Place,
} from './harness.js';

onBothStores('a request id that comes again', (createPlace) => {
  let place: Place;
  let tollgate: Instance;
  const send = (requestId: string, content: PaymentInit): Promise<ScreenResponse> =>
    tollgate.decisions.screen({ requestId, payment: content });
  beforeAll(async () => {
    place = createPlace();
    tollgate = await place.start();
    await tollgate.activate(COUNTED);
  });
  afterAll(() => place.remove());

  it('later: the stored decision, marked repeated, counted once', async () => {
    const first = await send('twice', payment({ card: 'twice' }));
    const again = await send('twice', payment({ card: 'twice' }));
    expect(first.repeated).toBe(false);
    expect(again).toEqual({ ...first, repeated: true });
    expect(await seenBy(tollgate, 'twice-after', { card: 'twice' })).toBe(1);
  });

  it('fifty times together: one decision, the others repeat it', async () => {
    const before = await repeatedDecisions(tollgate);
    const answers = await Promise.all(range(50).map(() => send('fifty', payment({ card: 'fifty' }))));
    expect((await repeatedDecisions(tollgate)) - before).toBe(49);
    expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(new Set(answers.map(({ decision }) => decision?.sequence))).toHaveProperty('size', 1);
    const decision = answers[0]?.decision;
    for (const answer of answers) expect(answer.decision).toEqual(decision);
    expect(await seenBy(tollgate, 'fifty-after', { card: 'fifty' })).toBe(1);
  });

  it('with other content: refused, together and later, and the first stands', async () => {
    const codes = await Promise.all(
      range(10).map((index) => failure(send('other', payment({ card: 'other', minor: 100 + (index % 2) })))),
    );
    expect(codes.filter((code) => code === 'none')).toHaveLength(5);
    expect(codes.filter((code) => code === 'REQUEST_ID_REUSED')).toHaveLength(5);
    expect(await failure(send('other', payment({ card: 'other', minor: 102 })))).toBe('REQUEST_ID_REUSED');
    const { decision } = await tollgate.decisions.getDecision({ site: 'shop', requestId: 'other' });
    expect(decision?.binding?.amount?.minor).toBe(100n);
    expect(await seenBy(tollgate, 'other-after', { card: 'other' })).toBe(1);
  });

  it('at another site is another request', async () => {
    const one = await send('sites', payment({ card: 'sites' }));
    const other = await send('sites', payment({ card: 'sites', site: 'shop-2' }));
    expect(other.repeated).toBe(false);
    expect(other.decision?.id).not.toBe(one.decision?.id);
  });

  it('with its attributes in another order is the same', async () => {
    const attributes = { a: '1', b: '2', c: '3' };
    const first = await send('map', payment({ card: 'map', attributes }));
    const reversed = Object.fromEntries(Object.entries(attributes).toReversed());
    const [together, again] = await Promise.all([
      send('map', payment({ card: 'map', attributes: reversed })),
      send('map', payment({ card: 'map', attributes: reversed })),
    ]);
    expect(together).toEqual({ ...first, repeated: true });
    expect(again).toEqual(together);
    const changed = payment({ card: 'map', attributes: { ...reversed, a: '9' } });
    expect(await failure(send('map', changed))).toBe('REQUEST_ID_REUSED');
  });

  it('in one stream: answered in place, like any other', async () => {
    const screen = (minor: number) => ({
      entry: {
        case: 'screen' as const,
        value: { requestId: 'in-stream', payment: payment({ card: 'in-stream', minor }) },
      },
    });
    async function* messages() {
      yield { entries: [screen(100), screen(100), screen(101)] };
    }
    const results = [];
    for await (const answer of tollgate.decisions.screenStream(messages())) results.push(...answer.results);
    const [first, second, third] = results.map(({ result }) => result);
    expect(first).toMatchObject({ case: 'screen', value: { repeated: false } });
    expect(second).toMatchObject({ case: 'screen', value: { repeated: true } });
    expect(third).toMatchObject({ case: 'error', value: { code: 6 } });
  });

  it('after a restart: the stored decision still', async () => {
    const first = await send('restart', payment({ card: 'restart' }));
    await tollgate.close();
    tollgate = await place.start();
    expect(await send('restart', payment({ card: 'restart' }))).toEqual({ ...first, repeated: true });
    expect(await failure(send('restart', payment({ card: 'restart', minor: 1 })))).toBe('REQUEST_ID_REUSED');
    expect(await seenBy(tollgate, 'restart-after', { card: 'restart' })).toBe(1);
  });

  it('when it would be refused by now, for its site or its time: the stored decision still', async () => {
    const late = payment({ card: 'late', at: NOON });
    const first = await send('late', late);
    await tollgate.close();
    tollgate = await place.start({ sites: 'strict', onSkew: 'refuse' });
    expect(await send('late', late)).toEqual({ ...first, repeated: true });
    expect(await failure(send('late', payment({ card: 'late', at: NOON, minor: 1 })))).toBe(
      'REQUEST_ID_REUSED',
    );
    expect(await failure(send('later', late))).toBe('SITE_UNKNOWN');
    await tollgate.close();
    tollgate = await place.start();
  });
});

onMongo('a request id that comes to two instances, on MongoDB', (createPlace) => {
  let place: Place;
  let instances: readonly [Instance, Instance];
  beforeAll(async () => {
    place = createPlace();
    const first = await place.start();
    await first.activate(COUNTED);
    instances = [first, await place.start()];
  });
  afterAll(() => place.remove());

  it('together: both answer the same decision, one of them as repeated, and it counts once', async () => {
    for (const round of range(10)) {
      const requestId = `both-${round}`;
      const answers = await Promise.all(
        instances.flatMap(({ decisions }) =>
          range(3).map(() => decisions.screen({ requestId, payment: payment({ card: requestId }) })),
        ),
      );
      expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1);
      for (const answer of answers) expect(answer.decision).toEqual(answers[0]?.decision);
    }
    for (const round of range(10))
      for (const [index, instance] of instances.entries())
        expect(await seenBy(instance, `after-${round}-${index}`, { card: `both-${round}` })).toBe(1 + index);
  });

  it('with different content: one is decided, the other refused', async () => {
    for (const round of range(10)) {
      const codes = await Promise.all(
        instances.map(({ decisions }, index) =>
          failure(
            decisions.screen({ requestId: `differ-${round}`, payment: payment({ minor: 100 + index }) }),
          ),
        ),
      );
      expect(codes.toSorted()).toEqual(['REQUEST_ID_REUSED', 'none']);
    }
  });
});

/** How often a decision was answered again, by the counters. */
async function repeatedDecisions({ service }: Instance): Promise<number> {
  const text = await (await fetch(`http://${service.httpAddress}/metrics`)).text();
  return Number(/^tollgate_repeated_total\{kind="decision"\} (\d+)$/m.exec(text)?.[1] ?? 0);
}
