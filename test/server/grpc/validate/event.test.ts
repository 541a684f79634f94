import type { MessageInitShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import {
  ClaimReason,
  EventKind,
  EventSchema,
  Label,
  ThreeDsStatus,
} from '../../../../src/gen/tollgate/v1/event_service_pb.js';
import { CustomerSchema } from '../../../../src/gen/tollgate/v1/payment_pb.js';
import { checkEvent } from '../../../../src/server/grpc/validate/event.js';
import { EVENT_MS, sampleEvent, samplePayment } from '../../support/requests.js';
import { violationsOf } from '../../support/violations.js';

type Change = MessageInitShape<typeof EventSchema>;
const faults = (change: Change): readonly string[] => violationsOf(() => checkEvent(sampleEvent(change)));
const DECISION = '0123456789abcdefghjkmnpqrs';
const MEANINGLESS = 'has no meaning for this kind of event';

describe('every kind has a right form', () => {
  const extra: Partial<Record<EventKind, Change>> = {
    [EventKind.PAYMENT]: { payment: samplePayment(), requestId: '' },
    [EventKind.THREE_DS_RESULT]: {
      threeDsStatus: ThreeDsStatus.AUTHENTICATED,
      eci: '05',
      liabilityShifted: true,
    },
    [EventKind.DECLINED]: { code: '51' },
    [EventKind.CAPTURED]: { amount: { minor: 100n, currency: 'EUR' }, liabilityShifted: true },
    [EventKind.REFUND_CLAIMED]: { claimReason: ClaimReason.NOT_RECEIVED },
    [EventKind.CHARGEBACK]: { code: '10.4', fraud: true, amount: { minor: 5n, currency: 'USD' } },
    [EventKind.LABEL]: { label: Label.GOOD, arrivalTime: timestampFromMs(1_800_000_000_000) },
  };
  const kinds = Object.values(EventKind).filter(
    (kind) => typeof kind === 'number' && kind !== EventKind.UNSPECIFIED,
  );
  test.each(kinds)('%s', (kind) => {
    expect(faults({ kind: kind as EventKind, ...extra[kind as EventKind] })).toEqual([]);
  });
});

test('a payment from history may tell its time twice, and a card check be authorised', () => {
  const made = { kind: EventKind.PAYMENT, payment: samplePayment(), requestId: '' };
  expect(faults({ ...made, eventTime: timestampFromMs(EVENT_MS) })).toEqual([]);
  expect(faults({ kind: EventKind.AUTHORISED, amount: { minor: 0n, currency: 'EUR' } })).toEqual([]);
});

test('all faults are named at once', () => {
  expect(violationsOf(() => checkEvent(create(EventSchema)))).toEqual([
    'event_id: is required',
    'site: is required',
    'kind: is required',
    'decision_id: is required, or request_id, or payment',
    'event_time: is required',
  ]);
});

test.each<[string, Change, readonly string[]]>([
  ['an unknown kind', { kind: 18 as EventKind }, ['kind: unknown value 18']],
  [
    'too long a decision id',
    { decisionId: 'd'.repeat(129), requestId: '' },
    ['decision_id: longer than 128 characters'],
  ],
  [
    'history without payment',
    { kind: EventKind.PAYMENT },
    ['payment: is required for a payment that was not decided here'],
  ],
  [
    'history that was decided here',
    { kind: EventKind.PAYMENT, payment: samplePayment(), decisionId: DECISION },
    ['decision_id: contradicts kind: such a payment has no decision'],
  ],
  [
    'a payment of another site',
    { payment: samplePayment({ site: 'other' }) },
    ['payment.site: differs from site'],
  ],
  [
    'history that was made at two times',
    {
      kind: EventKind.PAYMENT,
      payment: samplePayment(),
      eventTime: timestampFromMs(EVENT_MS + 1),
    },
    ['payment.event_time: differs from event_time, which is when the payment was made'],
  ],
  ...[EventKind.CAPTURED, EventKind.REFUNDED, EventKind.CHARGEBACK].map(
    (kind): [string, Change, readonly string[]] => [
      `nothing as the money of ${EventKind[kind]}`,
      { kind, amount: { minor: 0n, currency: 'EUR' } },
      ['amount.minor: must be above 0; only a card check has amount 0'],
    ],
  ),
  ['a broken payment', { payment: samplePayment({ ip: 'x' }) }, ['payment.ip: not an IPv4 or IPv6 address']],
  [
    'a registration after the payment, whose time the event alone tells',
    {
      kind: EventKind.PAYMENT,
      payment: samplePayment({
        eventTime: undefined,
        customer: create(CustomerSchema, {
          id: 'c',
          registeredAt: timestampFromMs(EVENT_MS + 2 * 86_400_000),
        }),
      }),
    },
    ['payment.customer.registered_at: is after event_time'],
  ],
  ['a claim without reason', { kind: EventKind.REFUND_CLAIMED }, ['claim_reason: is required']],
  ['a reason without claim', { claimReason: ClaimReason.FRAUD }, [`claim_reason: ${MEANINGLESS}`]],
  ['a 3DS result without status', { kind: EventKind.THREE_DS_RESULT }, ['three_ds_status: is required']],
  ['a 3DS status elsewhere', { threeDsStatus: ThreeDsStatus.FAILED }, [`three_ds_status: ${MEANINGLESS}`]],
  ['a label without label', { kind: EventKind.LABEL }, ['label: is required']],
  ['a label elsewhere', { label: Label.FRAUD }, [`label: ${MEANINGLESS}`]],
  ['an unknown label', { kind: EventKind.LABEL, label: 9 as Label }, ['label: unknown value 9']],
  ['fraud elsewhere', { fraud: true }, [`fraud: ${MEANINGLESS}`]],
  [
    'a shift of liability elsewhere',
    { kind: EventKind.REFUNDED, liabilityShifted: true },
    [`liability_shifted: ${MEANINGLESS}`],
  ],
  [
    'an amount where there is none',
    { kind: EventKind.PAY_PRESSED, amount: { minor: 1n, currency: 'EUR' } },
    [`amount: ${MEANINGLESS}`],
  ],
  ['a negative amount', { amount: { minor: -1n, currency: 'EUR' } }, ['amount.minor: is negative']],
  ['an ECI of one digit', { kind: EventKind.AUTHORISED, eci: '5' }, ['eci: not two digits']],
  ['an ECI elsewhere', { kind: EventKind.REFUNDED, eci: '05' }, [`eci: ${MEANINGLESS}`]],
  ['a long code', { kind: EventKind.DECLINED, code: 'x'.repeat(65) }, ['code: longer than 64 characters']],
  ['a code elsewhere', { kind: EventKind.CAPTURED, code: '51' }, [`code: ${MEANINGLESS}`]],
  [
    'an arrival before 1970',
    { arrivalTime: timestampFromMs(-1) },
    ['arrival_time: not between the years 1970 and 9999'],
  ],
])('%s is refused', (_, change, violations) => {
  expect(faults(change)).toEqual(violations);
});
