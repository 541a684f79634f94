import { payment, rule, ruleSet, velocity, type Instance, type PaymentChange } from './harness.js';

/** Rules that count the payments of a card within the hour before. */
export const COUNTED = ruleSet('counted', [
  rule('seen', [velocity({ fn: 'count', by: 'card', window: '1h' }, 'greaterThanInclusive', 1)]),
]);

/** How many payments of its card a new one sees. */
export async function seenBy(tollgate: Instance, requestId: string, change: PaymentChange): Promise<number> {
  await tollgate.screen(requestId, payment(change));
  const { trace } = await tollgate.decisions.getDecision({ site: 'shop', requestId, withTrace: true });
  return Number(trace?.facts.find(({ fact }) => fact === 'velocity')?.valueJson);
}
