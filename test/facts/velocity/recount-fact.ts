import { ATTRIBUTE_INDEX } from '../../../src/facts/attributes.js';
import type { StreamEvent } from '../../../src/facts/stream.js';
import type { HashOf } from '../../../src/facts/velocity/layout.js';
import { parseHabit, parseHistory, parseVelocity } from '../../../src/facts/velocity/specs/parse.js';
import type { Params, Parsed } from '../../../src/facts/velocity/specs/parse.js';
import { habitOf, historyOf, velocityOf } from '../../../src/facts/velocity/recount.js';

const ZONES = { site: 'UTC', merchant: 'UTC' };

/** Whether a fact tells of the past. */
export function isOfThePast(fact: string): boolean {
  return fact === 'velocity' || fact === 'history' || fact === 'habit';
}

/** What a fact of the past was when a payment was decided, counted afresh over what that decision could see. */
export function recountFact(
  fact: string,
  params: Params,
  payment: StreamEvent,
  visible: readonly StreamEvent[],
  hash: HashOf,
): number | undefined {
  // These two the payment got when it had been decided.
  const attributes = payment.attributes.slice();
  for (const name of ['outcome', 'payment'] as const) attributes[ATTRIBUTE_INDEX[name]] = 0;
  const asked = { ...payment, attributes };
  if (fact === 'velocity') return velocityOf(parsed(parseVelocity(params)), asked, visible, ZONES, hash);
  if (fact === 'history') return historyOf(parsed(parseHistory(params)), asked, visible, hash);
  return habitOf(parsed(parseHabit(params)), asked, visible, hash);
}

function parsed<T>(result: Parsed<T>): T {
  if ('ok' in result) return result.ok;
  throw new Error(JSON.stringify(result.problems));
}
