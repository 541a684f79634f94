import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ATTRIBUTE_INDEX } from '../../../src/facts/attributes.js';
import { createKeyHash } from '../../../src/facts/attributes/key-hash.js';
import { EventKind } from '../../../src/gen/tollgate/v1/event_service_pb.js';
import {
  NOON,
  payment,
  sqlitePlace,
  type EventInit,
  type Instance,
  type Place,
} from '../../service/harness.js';

let place: Place;
let tollgate: Instance;
beforeAll(async () => {
  place = sqlitePlace();
  tollgate = await place.start();
});
afterAll(() => place.remove());

const declined = (more: EventInit): EventInit => ({
  site: 'shop',
  kind: EventKind.DECLINED,
  eventTime: timestampFromMs(NOON),
  ...more,
});

it('an event cannot be recorded by one site for the payment of another', async () => {
  const decision = await tollgate.screen('own', payment({ card: 'own', at: NOON }));
  const results = await tollgate.record(
    declined({ eventId: 'e-1', decisionId: decision.id, site: 'other' }),
    declined({ eventId: 'e-2', decisionId: decision.id }),
  );
  expect(results.map(({ error }) => error?.message)).toEqual([
    'decision_id: is a decision of another site',
    undefined,
  ]);
});

it('an event that names two decisions is refused', async () => {
  const one = await tollgate.screen('one', payment({ card: 'two', at: NOON }));
  await tollgate.screen('two', payment({ card: 'two', at: NOON }));
  const results = await tollgate.record(
    declined({ eventId: 'e-3', decisionId: one.id, requestId: 'two' }),
    declined({ eventId: 'e-4', decisionId: one.id, requestId: 'one' }),
  );
  expect(results.map(({ error }) => error?.message)).toEqual([
    'request_id: contradicts decision_id, which is not the decision of this request',
    undefined,
  ]);
});

it('reports about a payment never decided here belong together by their order, and know when it was made', async () => {
  const report = (eventId: string, kind: EventKind, orderId: string): EventInit => ({
    site: 'shop',
    eventId,
    kind,
    eventTime: timestampFromMs(NOON),
    payment: payment({ card: 'three', at: NOON - 60_000, orderId }),
  });
  await tollgate.record(
    report('e-5', EventKind.AUTHORISED, 'o-1'),
    report('e-6', EventKind.CAPTURED, 'o-1'),
    report('e-7', EventKind.CAPTURED, 'o-2'),
  );
  const { entries } = await place.journal();
  const told = entries.slice(-3).map(({ event }) => event);
  const [authorised, captured, other] = told.map(({ attributes }) => attributes[ATTRIBUTE_INDEX.payment]);
  expect(authorised).toBe(captured);
  expect(authorised).not.toBe(other);
  expect(told.map(({ at, paymentAt }) => at - paymentAt)).toEqual([60_000, 60_000, 60_000]);
});

it('who bears fraud is known of a capture too where it says so, and not denied where it does not', async () => {
  const report = (eventId: string, kind: EventKind, liabilityShifted: boolean): EventInit => ({
    site: 'shop',
    eventId,
    kind,
    liabilityShifted,
    requestId: 'bears',
    eventTime: timestampFromMs(NOON),
  });
  tollgate = await place.start();
  await tollgate.screen('bears', payment({ card: 'four', at: NOON }));
  await tollgate.record(
    report('e-8', EventKind.CAPTURED, true),
    report('e-9', EventKind.CAPTURED, false),
    report('e-10', EventKind.AUTHORISED, false),
  );
  const { entries, hashKey } = await place.journal();
  const hash = createKeyHash(hashKey);
  const told = entries.slice(-3).map(({ event }) => event.attributes[ATTRIBUTE_INDEX.liabilityShift]);
  expect(told).toEqual([hash('liabilityShift', 'yes'), 0, hash('liabilityShift', 'no')]);
});
