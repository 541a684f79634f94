import type { ScreenInput } from '../../../decisions/decisions.js';
import { TollgateError } from '../../../errors/errors.js';
import type { ScreenRequest } from '../../../gen/tollgate/v1/decision_service_pb.js';
import { toPaymentInput } from '../convert/payment.js';
import { checkScreen } from '../validate/decision.js';

/** Checks a request and puts it into the words of the core; `raw` are bytes that say it. */
export function toScreenInput(request: ScreenRequest, raw: Uint8Array): ScreenInput {
  checkScreen(request);
  const { payment } = request;
  if (payment === undefined) throw new TollgateError('INVALID_REQUEST', 'payment: is required');
  return { requestId: request.requestId, payment: toPaymentInput(payment), raw };
}
