import type { MembershipOf } from '../decisions/read-side/read-side.js';
import type { PaymentResolver } from '../facts/context.js';
import { listedValues } from '../facts/lists/fact.js';
import type { ListsService } from '../facts/lists/lists-service.js';
import { readKeptScreen } from '../server/grpc/convert/entries.js';
import { toPaymentInput } from '../server/grpc/convert/payment.js';

/**
 * Looks up how a payment came to be on a list, by the request that is kept of it. What it is looked for by is worked out
 * by today's settings and tables: where these have changed it may not be found.
 */
export function listMemberships(
  resolve: PaymentResolver,
  lists: Pick<ListsService, 'entryOf'>,
): MembershipOf {
  return async ({ raw, list, of, decidedAt, revision }) => {
    const { payment } = readKeptScreen(raw).message;
    if (payment === undefined) return undefined;
    const context = resolve(toPaymentInput(payment), decidedAt);
    const entry = await lists.entryOf(list, (type) => listedValues(type, of, context), {
      asOf: decidedAt,
      ...(revision === undefined ? {} : { revision }),
    });
    if (entry === undefined) return undefined;
    const { validFrom, validUntil, actor, reason, source } = entry;
    const until = Number.isFinite(validUntil) ? validUntil : undefined;
    return { since: validFrom, until, actor, reason, source };
  };
}
