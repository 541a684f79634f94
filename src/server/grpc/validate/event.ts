import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { entryId } from '../../../decisions/record/decision-id.js';
import type { Event } from '../../../gen/tollgate/v1/event_service_pb.js';
import {
  ClaimReasonSchema,
  EventKind,
  EventKindSchema,
  LabelSchema,
  ThreeDsStatusSchema,
} from '../../../gen/tollgate/v1/event_service_pb.js';
import { toOptionalMs } from '../convert/time.js';
import { checkPayment } from './payment.js';
import { Problems } from './problems.js';
import { opaqueId, requiredId, siteId } from './text.js';
import { enumValue, money, timestamp, type EnumSchema } from './values.js';

const MEANINGLESS = 'has no meaning for this kind of event';
const ECI = /^[0-9]{2}$/;
/** Kinds for which an amount means something. */
const WITH_AMOUNT: ReadonlySet<EventKind> = new Set([
  EventKind.AUTHORISED,
  EventKind.CAPTURED,
  EventKind.REFUNDED,
  EventKind.REFUND_CLAIMED,
  EventKind.FRAUD_WARNING,
  EventKind.CHARGEBACK,
]);

/** Kinds that a code explains. */
const WITH_CODE: ReadonlySet<EventKind> = new Set([
  EventKind.DECLINED,
  EventKind.FRAUD_WARNING,
  EventKind.CHARGEBACK,
]);

/** Kinds whose amount cannot be 0: then nothing happened. */
const OF_MONEY: ReadonlySet<EventKind> = new Set([
  EventKind.CAPTURED,
  EventKind.REFUNDED,
  EventKind.REFUND_CLAIMED,
  EventKind.CHARGEBACK,
]);

/** Kinds that can tell how the payer was authenticated and who bears fraud. */
const WITH_LIABILITY: ReadonlySet<EventKind> = new Set([
  EventKind.AUTHORISED,
  EventKind.CAPTURED,
  EventKind.THREE_DS_RESULT,
]);

/** Something that happened around a payment. */
export function checkEvent(event: Event): void {
  const problems = new Problems();
  requiredId(problems, '', 'event_id', event.eventId, 128);
  siteId(problems, '', 'site', event.site);
  enumValue(problems, '', 'kind', event.kind, EventKindSchema, true);
  checkBelonging(problems, event);
  if (event.eventTime === undefined) problems.add('event_time', 'is required');
  timestamp(problems, '', 'event_time', event.eventTime);
  timestamp(problems, '', 'arrival_time', event.arrivalTime);
  money(problems, '', 'amount', event.amount, OF_MONEY.has(event.kind) ? 'positive' : 'any');
  if (event.amount !== undefined && !WITH_AMOUNT.has(event.kind)) problems.add('amount', MEANINGLESS);
  opaqueId(problems, '', 'code', event.code, 64);
  checkKindFields(problems, event);
  if (event.eci !== '' && !ECI.test(event.eci)) problems.add('eci', 'not two digits');
  opaqueId(problems, '', 'channel', event.channel, 64);
  problems.throwIfAny();
}

function checkBelonging(problems: Problems, event: Event): void {
  opaqueId(problems, '', 'decision_id', event.decisionId, 128);
  if (
    event.kind !== EventKind.PAYMENT &&
    event.decisionId !== '' &&
    event.requestId !== '' &&
    event.decisionId !== entryId('decision', event.site, event.requestId)
  ) {
    problems.add('request_id', 'contradicts decision_id, which is not the decision of this request');
  }
  opaqueId(problems, '', 'request_id', event.requestId, 128);
  const { payment } = event;
  if (payment !== undefined) {
    const isPayment = event.kind === EventKind.PAYMENT;
    checkPayment(problems, 'payment.', payment, isPayment ? event.eventTime : undefined);
    if (payment.site !== event.site) problems.add('payment.site', 'differs from site');
    if (isPayment && !sameMs(payment.eventTime ?? event.eventTime, event.eventTime))
      problems.add('payment.event_time', 'differs from event_time, which is when the payment was made');
  }
  if (event.kind === EventKind.PAYMENT) {
    if (payment === undefined) problems.add('payment', 'is required for a payment that was not decided here');
    if (event.decisionId !== '')
      problems.add('decision_id', 'contradicts kind: such a payment has no decision');
  } else if (event.decisionId === '' && event.requestId === '' && payment === undefined) {
    problems.add('decision_id', 'is required, or request_id, or payment');
  }
}

function sameMs(one: Timestamp | undefined, other: Timestamp | undefined): boolean {
  return toOptionalMs(one) === toOptionalMs(other);
}

/** Fields that belong to one kind of event: required there, refused elsewhere. */
function checkKindFields(problems: Problems, event: Event): void {
  const { kind } = event;
  belongs(problems, 'claim_reason', event.claimReason, ClaimReasonSchema, kind === EventKind.REFUND_CLAIMED);
  belongs(
    problems,
    'three_ds_status',
    event.threeDsStatus,
    ThreeDsStatusSchema,
    kind === EventKind.THREE_DS_RESULT,
  );
  belongs(problems, 'label', event.label, LabelSchema, kind === EventKind.LABEL);
  if (event.code !== '' && !WITH_CODE.has(kind)) problems.add('code', MEANINGLESS);
  if (event.eci !== '' && !WITH_LIABILITY.has(kind)) problems.add('eci', MEANINGLESS);
  if (event.liabilityShifted && !WITH_LIABILITY.has(kind)) problems.add('liability_shifted', MEANINGLESS);
  if (event.fraud && kind !== EventKind.CHARGEBACK) problems.add('fraud', MEANINGLESS);
}

function belongs(problems: Problems, name: string, value: number, schema: EnumSchema, here: boolean): void {
  if (!here && value !== 0) problems.add(name, MEANINGLESS);
  else enumValue(problems, '', name, value, schema, here);
}
