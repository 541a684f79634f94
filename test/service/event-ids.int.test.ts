import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EventKind } from '../../src/gen/tollgate/v1/event_service_pb.js';
import type { EventResult } from '../../src/gen/tollgate/v1/event_service_pb.js';
import { COUNTED, seenBy } from './counted.js';
import {
  NOON,
  onBothStores,
  onMongo,
  payment,
  range,
  type EventInit,
  type Instance,
  type Place,
} from './harness.js';

/** A payment from history, under its own event id or another request id. */
function history(eventId: string, more: Partial<Extract<EventInit, { $typeName?: never }>> = {}) {
  return {
    eventId,
    site: 'shop',
    kind: EventKind.PAYMENT,
    requestId: `${eventId}-request`,
    payment: payment({ card: eventId, at: NOON }),
    eventTime: timestampFromMs(NOON),
    arrivalTime: timestampFromMs(NOON),
    ...more,
  };
}

/** What says something else under the same event id. */
function others(eventId: string): EventInit[] {
  const same = history(eventId);
  return [
    { ...same, requestId: `${eventId}-another` },
    { ...same, requestId: '' },
    { ...same, payment: payment({ card: eventId, minor: 1, at: NOON }) },
    { ...same, kind: EventKind.DECLINED, code: '51' },
    { ...same, kind: EventKind.DECLINED, requestId: '', code: '51' },
  ];
}

const REUSED = 6;
const codes = (results: readonly EventResult[]): (number | undefined)[] =>
  results.map(({ error }) => error?.code);

onBothStores('the event id of a payment from history', (createPlace) => {
  let place: Place;
  let tollgate: Instance;
  beforeAll(async () => {
    place = createPlace();
    tollgate = await place.start();
    await tollgate.activate(COUNTED);
  });
  afterAll(() => place.remove());

  it('with the same content: repeated, together, later and after a restart; it counts once', async () => {
    const together = (await Promise.all(range(20).map(() => tollgate.record(history('same'))))).flat();
    expect(together.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(new Set(codes(together))).toEqual(new Set([undefined]));
    expect(await tollgate.record(history('same'))).toEqual([{ ...together[0], repeated: true }]);
    await tollgate.close();
    tollgate = await place.start();
    expect(await tollgate.record(history('same'))).toEqual([{ ...together[0], repeated: true }]);
    expect(await seenBy(tollgate, 'same-after', { card: 'same', at: NOON + 60_000 })).toBe(1);
  });

  it('with other content: refused, together, later and after a restart; the first stands', async () => {
    const [first, ...together] = await tollgate.record(history('first'), ...others('first'));
    expect(first?.error).toBeUndefined();
    expect(codes(together)).toEqual(others('first').map(() => REUSED));
    expect(codes(await tollgate.record(...others('first')))).toEqual(others('first').map(() => REUSED));
    await tollgate.close();
    tollgate = await place.start();
    expect(codes(await tollgate.record(...others('first')))).toEqual(others('first').map(() => REUSED));
    expect(await tollgate.record(history('first'))).toEqual([{ ...first, repeated: true }]);
    expect(await seenBy(tollgate, 'first-after', { card: 'first', at: NOON + 60_000 })).toBe(1);
  });

  it('that another kind of event had: refused, together and later', async () => {
    const declined: EventInit = { ...history('kind'), kind: EventKind.DECLINED, code: '51' };
    expect(codes(await tollgate.record(declined, history('kind')))).toEqual([undefined, REUSED]);
    expect(codes(await tollgate.record(history('kind'), declined))).toEqual([REUSED, undefined]);
    expect(await seenBy(tollgate, 'kind-after', { card: 'kind', at: NOON + 60_000 })).toBe(0);
  });

  it('is free again when its payment was refused for a request id that another has', async () => {
    const taken = { ...history('late'), requestId: 'early-request' };
    const [early, late] = await tollgate.record(history('early'), taken);
    expect(codes([early, late] as EventResult[])).toEqual([undefined, REUSED]);
    const again = await tollgate.record(taken, history('late'));
    expect(codes(again)).toEqual([REUSED, undefined]);
    expect(again[0]?.error?.message).toContain('or the request id was used in this site');
  });

  it('leaves its request id to later events, and the event id of another site alone', async () => {
    const declined: EventInit = { ...history('later'), eventId: 'later-2', kind: EventKind.DECLINED };
    const elsewhere = history('later', {
      site: 'shop-2',
      payment: payment({ card: 'later', site: 'shop-2', at: NOON }),
    });
    const { payment: _, ...report } = declined;
    expect(codes(await tollgate.record(history('later'), { ...report, code: '51' }, elsewhere))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

onMongo('the event id of a payment from history at two instances, on MongoDB', (createPlace) => {
  let place: Place;
  let instances: readonly [Instance, Instance];
  beforeAll(async () => {
    place = createPlace();
    const first = await place.start();
    await first.activate(COUNTED);
    instances = [first, await place.start()];
  });
  afterAll(() => place.remove());

  const together = async (first: EventInit, second: EventInit): Promise<EventResult[]> => {
    const [one, other] = instances;
    return (await Promise.all([one.record(first), other.record(second)])).flat();
  };

  it('together, with the same content: one records it, the other repeats it', async () => {
    for (const round of range(10)) {
      const event = history(`same-${String(round)}`);
      const results = await together(event, event);
      expect(codes(results)).toEqual([undefined, undefined]);
      expect(results.filter(({ repeated }) => repeated)).toHaveLength(1);
    }
  });

  it.each(range(5))(
    'together, with other content (%i): one records it, the other is refused',
    async (which) => {
      for (const round of range(5)) {
        const eventId = `other-${String(which)}-${String(round)}`;
        const results = await together(history(eventId), others(eventId)[which] ?? {});
        expect(new Set(codes(results))).toEqual(new Set([undefined, REUSED]));
      }
    },
  );
});
