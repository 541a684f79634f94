import type { EventInput } from '../../../decisions/decisions.js';
import type { StreamKind } from '../../../facts/attributes.js';
import type { Event } from '../../../gen/tollgate/v1/event_service_pb.js';
import { ClaimReason, EventKind, Label, ThreeDsStatus } from '../../../gen/tollgate/v1/event_service_pb.js';
import { toPaymentInput } from './payment.js';
import { toMs, toOptionalMs } from './time.js';

const KINDS: Readonly<Record<EventKind, StreamKind>> = {
  // Refused before it gets here.
  [EventKind.UNSPECIFIED]: 'payment',
  [EventKind.PAYMENT]: 'payment',
  [EventKind.ORDER_PLACED]: 'order-placed',
  [EventKind.METHOD_CHOSEN]: 'method-chosen',
  [EventKind.PAY_PRESSED]: 'pay-pressed',
  [EventKind.SENT_TO_ISSUER]: 'sent-to-issuer',
  [EventKind.CAME_BACK]: 'came-back',
  [EventKind.AUTHORISED]: 'authorised',
  [EventKind.DECLINED]: 'declined',
  [EventKind.THREE_DS_RESULT]: 'three-ds-result',
  [EventKind.CAPTURED]: 'captured',
  [EventKind.REFUNDED]: 'refunded',
  [EventKind.ABANDONED]: 'abandoned',
  [EventKind.CANCELLED]: 'cancelled',
  [EventKind.REFUND_CLAIMED]: 'refund-claimed',
  [EventKind.FRAUD_WARNING]: 'fraud-warning',
  [EventKind.CHARGEBACK]: 'chargeback',
  [EventKind.LABEL]: 'label',
};

const CLAIMS: Readonly<Record<ClaimReason, EventInput['claim']>> = {
  [ClaimReason.UNSPECIFIED]: '',
  [ClaimReason.FRAUD]: 'fraud',
  [ClaimReason.NOT_RECEIVED]: 'not-received',
  [ClaimReason.OTHER]: 'other',
};

const THREE_DS: Readonly<Record<ThreeDsStatus, EventInput['threeDs']>> = {
  [ThreeDsStatus.UNSPECIFIED]: '',
  [ThreeDsStatus.AUTHENTICATED]: 'authenticated',
  [ThreeDsStatus.ATTEMPTED]: 'attempted',
  [ThreeDsStatus.FAILED]: 'failed',
  [ThreeDsStatus.REJECTED]: 'rejected',
  [ThreeDsStatus.UNAVAILABLE]: 'unavailable',
  [ThreeDsStatus.ABANDONED]: 'abandoned',
};

const LABELS: Readonly<Record<Label, EventInput['label']>> = {
  [Label.UNSPECIFIED]: '',
  [Label.GOOD]: 'good',
  [Label.FRAUD]: 'fraud',
};

/** A checked event in the words of the core; `raw` are bytes that say it. */
export function toEventInput(event: Event, raw: Uint8Array): EventInput {
  const { amount, payment, eventTime } = event;
  return {
    eventId: event.eventId,
    site: event.site,
    kind: KINDS[event.kind],
    decisionId: event.decisionId,
    requestId: event.requestId,
    payment: payment === undefined ? undefined : toPaymentInput(payment),
    eventTime: eventTime === undefined ? 0 : toMs(eventTime),
    arrivalTime: toOptionalMs(event.arrivalTime),
    amount: amount === undefined ? undefined : { minor: Number(amount.minor), currency: amount.currency },
    code: event.code,
    claim: CLAIMS[event.claimReason],
    threeDs: THREE_DS[event.threeDsStatus],
    liabilityShifted: event.liabilityShifted,
    label: LABELS[event.label],
    fraud: event.fraud,
    channel: event.channel,
    raw,
  };
}
