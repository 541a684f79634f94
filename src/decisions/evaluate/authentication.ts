import type { PaymentInput } from '../../facts/payment.js';
import type { Authentication } from '../../rules/outcome.js';

/**
 * Whether the payer of a payment can be sent to 3-D Secure. What is known before anybody is asked: whether the card is
 * enrolled, and whether the channel can, is not.
 */
export function authenticationOf({ kind, instrument }: PaymentInput): Authentication {
  if (instrument.type !== 'card') return 'no-card';
  return kind === 'merchant-initiated' ? 'merchant-initiated' : 'possible';
}
