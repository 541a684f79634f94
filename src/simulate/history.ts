import { DAY, happened, HOUR, SECOND, type Subject } from './aftermath.js';
import type { EventEntry } from './entry.js';
import type { FraudScene } from './fraud/attempt.js';
import { falseClaim, friendlyPayer } from './fraud/friendly-fraud.js';
import { createMinHeap } from './min-heap.js';
import { ordinaryCheckout, paymentJson } from './purchase.js';
import { createRandom } from './random.js';

const DAYS = 75;
/** Earlier orders of a payer who takes to false claims. */
const FRIENDLY_ORDERS = 4;

interface Visit {
  readonly at: number;
  readonly name: string;
  /** Among the ordinary payers, or among those who take to false claims. */
  readonly friendly: boolean;
  readonly payer: number;
  readonly claims: boolean;
}

function plan(scene: FraudScene, startMs: number, orders: number, friendly: number): Visit[] {
  const random = createRandom(scene.seed, 'history');
  const visits: Visit[] = [];
  for (let i = 0; i < orders; i++) {
    const payer = random.between(0, scene.population - 1);
    const at = startMs - random.between(HOUR, DAYS * DAY);
    visits.push({ at, name: `h${i}`, friendly: false, payer, claims: false });
  }
  for (let payer = 0; payer < friendly; payer++) {
    for (let i = 0; i < FRIENDLY_ORDERS; i++) {
      const at = startMs - random.between(20 * DAY, DAYS * DAY);
      const claims = i < FRIENDLY_ORDERS - 1;
      visits.push({ at, name: `f${payer}-${i}`, friendly: true, payer, claims });
    }
  }
  return visits.sort((a, b) => a.at - b.at);
}

function visitEvents(scene: FraudScene, startMs: number, visit: Visit): readonly EventEntry[] {
  const random = createRandom(scene.seed, 'visit', visit.name);
  const requestId = `${scene.name}-${visit.name}`;
  const payer = visit.friendly ? friendlyPayer(scene, startMs, visit.payer) : scene.payerAt(visit.payer);
  // Nobody buys with an account that is yet to be made.
  if (payer.registeredAt > visit.at) return [];
  const payment = paymentJson(ordinaryCheckout(payer, visit.at, `o-${requestId}`, random));
  const subject: Subject = { site: payment.site, requestId, payment };
  const paid = [
    happened(subject, 'PAYMENT', visit.at),
    happened(subject, 'AUTHORISED', visit.at + 3 * SECOND),
  ];
  return visit.claims ? [...paid, ...falseClaim(subject, visit.at, random)] : paid;
}

/**
 * What is known before the day begins, as events with their payment: `orders` earlier orders of ordinary payers, and
 * those of `friendly` payers who make a habit of false claims. In the order in which it became known, all before
 * `startMs`; what becomes known later is left out.
 */
export function* simulateHistory(
  scene: FraudScene,
  startMs: number,
  orders: number,
  friendly: number,
): Generator<EventEntry, void, undefined> {
  const known = createMinHeap<EventEntry>();
  function* until(at: number): Generator<EventEntry, void, undefined> {
    for (let event = known.peek(); event !== undefined && event.at < at; event = known.peek()) {
      known.pop();
      yield event;
    }
  }
  for (const visit of plan(scene, startMs, orders, friendly)) {
    yield* until(visit.at);
    for (const event of visitEvents(scene, startMs, visit)) known.push(event);
  }
  yield* until(startMs);
}
