import type { ListDecisionsRequest, ScreenRequest } from '../../../gen/tollgate/v1/decision_service_pb.js';
import { OutcomeSchema } from '../../../gen/tollgate/v1/decision_service_pb.js';
import { checkPayment } from './payment.js';
import { Problems } from './problems.js';
import { anyId, opaqueId, requiredId, siteId } from './text.js';
import { email, enumValue, ip, page, ruleName, span, within } from './values.js';

/** A payment to decide. */
export function checkScreen(request: ScreenRequest): void {
  const problems = new Problems();
  requiredId(problems, '', 'request_id', request.requestId, 128);
  if (request.payment === undefined) problems.add('payment', 'is required');
  else checkPayment(problems, 'payment.', request.payment);
  problems.throwIfAny();
}

/** Which decision: an id, or site and request id, not both. */
export function checkReference(request: {
  readonly id: string;
  readonly site: string;
  readonly requestId: string;
}): void {
  const problems = new Problems();
  if (request.id !== '') {
    opaqueId(problems, '', 'id', request.id, 128);
    if (request.site !== '') problems.add('site', 'contradicts id: give either id, or site and request_id');
    if (request.requestId !== '') {
      problems.add('request_id', 'contradicts id: give either id, or site and request_id');
    }
  } else if (request.site === '' && request.requestId === '') {
    problems.add('id', 'is required, or site and request_id');
  } else {
    siteId(problems, '', 'site', request.site);
    requiredId(problems, '', 'request_id', request.requestId, 128);
  }
  problems.throwIfAny();
}

/** How much of an explanation. */
export function checkExplain({ maxNearMisses }: { readonly maxNearMisses: number }): void {
  const problems = new Problems();
  within(problems, '', 'max_near_misses', maxNearMisses, 0, 100);
  problems.throwIfAny();
}

/** Filters and page of a listing. */
export function checkListDecisions(request: ListDecisionsRequest): void {
  const problems = new Problems();
  page(problems, '', request.pageSize, request.pageToken);
  if (request.site !== '') siteId(problems, '', 'site', request.site);
  for (const [index, outcome] of request.outcomes.entries()) {
    enumValue(problems, '', `outcomes[${index}]`, outcome, OutcomeSchema, true);
  }
  span(problems, request.from, request.to);
  anyId(problems, '', 'customer_id', request.customerId, 128);
  opaqueId(problems, '', 'card_fingerprint', request.cardFingerprint, 128);
  opaqueId(problems, '', 'order_id', request.orderId, 128);
  email(problems, '', 'email', request.email);
  ip(problems, '', 'ip', request.ip);
  opaqueId(problems, '', 'merchant', request.merchant, 64);
  opaqueId(problems, '', 'device_id', request.deviceId, 256);
  ruleName(problems, '', 'rule', request.rule);
  problems.throwIfAny();
}
