import type { PaymentContext } from '../../facts/context.js';
import type { KnownBy } from '../../rules/publish/draw.js';

/** What a payment is known by, for draws. */
export function knownBy({ input, card, email, ip }: PaymentContext): KnownBy {
  return {
    site: input.site,
    card,
    customer: input.customer.id,
    email,
    device: input.device.id,
    ip,
    order: input.orderId,
    request: '-',
  };
}
