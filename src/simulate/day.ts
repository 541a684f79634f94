import { DAY, HOUR, honestCourse, MINUTE, type Subject } from './aftermath.js';
import type { EventEntry, SimEntry, Truth } from './entry.js';
import { accountTakeover } from './fraud/account-takeover.js';
import type { Attempt, FraudScene } from './fraud/attempt.js';
import { binAttack } from './fraud/bin-attack.js';
import { cardTesting } from './fraud/card-testing.js';
import { friendlyFraud } from './fraud/friendly-fraud.js';
import { stolenCard } from './fraud/stolen-card.js';
import { simulateHistory } from './history.js';
import { createMinHeap } from './min-heap.js';
import { payerAt, type Payer } from './payer.js';
import { honestCheckout, paymentJson, type Checkout } from './purchase.js';
import { createRandom } from './random.js';
import { SIM_SITES, type SimSite } from './sites.js';

/** What to simulate. */
export interface SimulationOptions {
  /** An integer; the same seed gives the same day, byte for byte. */
  readonly seed: number;
  /** Payments to screen, all kinds together. */
  readonly payments: number;
  /** First moment of the day, epoch ms. */
  readonly startMs: number;
  /** Default: all 27. */
  readonly sites?: readonly SimSite[];
}

/** Share of the payments that each kind of fraud makes up. */
const SHARE = {
  cardTesting: 0.01,
  binAttack: 0.008,
  stolenCard: 0.005,
  accountTakeover: 0.004,
  friendly: 0.004,
};
/** Below this many payments a day has no fraud: a campaign would be most of it. */
const MIN_PAYMENTS_FOR_FRAUD = 50;
const PAYERS_PER_PAYMENT = 0.6;
const HISTORY_PER_PAYMENT = 0.15;
const MINUTES = 1440;
/** Payments of the last minutes are not tried again: the day would not end. */
const LAST_RETRY = 30 * MINUTE;
/** How busy each local hour is. */
const HOURS = [2, 1, 1, 1, 1, 2, 3, 5, 7, 9, 10, 10, 11, 10, 9, 9, 10, 11, 12, 13, 14, 13, 9, 5];
const BUSIEST = Math.max(...HOURS);

function busy(site: SimSite, startMs: number, minute: number): number {
  const hour = Math.floor(startMs / HOUR + minute / 60 + site.utcOffset) % 24;
  return HOURS[(hour + 24) % 24] ?? 0;
}

/** By minute of the day: how many payments there are up to its end. The last is `payments`. */
function minuteTargets(sites: readonly SimSite[], startMs: number, payments: number): readonly number[] {
  let total = 0;
  const sums = Array.from({ length: MINUTES }, (_, minute) => {
    for (const site of sites) total += site.weight * busy(site, startMs, minute);
    return total;
  });
  return sums.map((sum) => Math.round((sum / total) * payments));
}

function plannedFraud(scene: FraudScene, payments: number, startMs: number, friendly: number): Attempt[] {
  if (payments < MIN_PAYMENTS_FOR_FRAUD) return [];
  const count = (share: number): number => Math.max(1, Math.round(payments * share));
  return [
    ...cardTesting(scene, count(SHARE.cardTesting)),
    ...binAttack(scene, count(SHARE.binAttack)),
    ...stolenCard(scene, count(SHARE.stolenCard)),
    ...accountTakeover(scene, count(SHARE.accountTakeover)),
    ...friendlyFraud(scene, friendly, startMs),
  ].sort((a, b) => a.at - b.at);
}

/** A payment that is due. */
interface Due {
  readonly at: number;
  readonly checkout: Omit<Checkout, 'at' | 'orderId'>;
  readonly orderId: string | undefined;
  readonly truth: Truth;
  /** Events after it; may make the payer try again by calling `again`. */
  readonly after: (subject: Subject, again: (due: Due) => void) => readonly EventEntry[];
}

const GOOD: Truth = { fraud: false, kind: 'good' };

function fraudDue(attempt: Attempt): Due {
  return {
    at: attempt.at,
    checkout: attempt.checkout,
    orderId: undefined,
    truth: { fraud: true, kind: attempt.kind },
    after: attempt.aftermath,
  };
}

/** Tells days apart: another seed, size or start has other request and event ids. */
function dayName({ seed, payments, startMs }: SimulationOptions): string {
  const digits = new Date(startMs).toISOString().replaceAll(/\D/g, '');
  return `sim-${seed}-${payments}-${startMs % DAY === 0 ? digits.slice(0, 8) : digits}`;
}

/**
 * A day of cross-border payments in the order in which things become known: first what is known from before (events),
 * then payments to screen with the events around them, then what comes out in the weeks after. Exactly `payments`
 * payments. Everything went on whatever is decided about it: the day is as it would be without Tollgate, so that what
 * would have been stopped can be counted. Memory does not grow with the day but for fraud and open events.
 */
export function* simulateDay(options: SimulationOptions): Generator<SimEntry, void, undefined> {
  const { seed, payments, startMs } = options;
  const sites = options.sites ?? SIM_SITES;
  const endMs = startMs + DAY;
  const population = Math.max(40, Math.round(payments * PAYERS_PER_PAYMENT));
  const payer = (index: number): Payer => payerAt(seed, index, sites, startMs);
  const name = dayName(options);
  const scene: FraudScene = {
    seed,
    name,
    sites,
    fromMs: startMs + HOUR,
    toMs: endMs - HOUR,
    population,
    payerAt: payer,
  };
  const friendly = payments < MIN_PAYMENTS_FOR_FRAUD ? 0 : Math.max(1, Math.round(payments * SHARE.friendly));
  const fraud = plannedFraud(scene, payments, startMs, friendly);
  const random = createRandom(seed, 'day');
  const known = createMinHeap<EventEntry>();
  const retries = createMinHeap<Due>();
  let screened = 0;
  let nextFraud = 0;
  /** Payments that are past or certain to come. */
  let planned = fraud.length;

  yield* simulateHistory(scene, startMs, Math.round(payments * HISTORY_PER_PAYMENT), friendly);

  function ordinary(at: number): Due {
    let buyer = payer(random.between(0, population - 1));
    for (let tries = 0; tries < 8; tries++) {
      const minute = (at - startMs) / MINUTE;
      if (random.next() * BUSIEST < busy(buyer.home, startMs, minute)) break;
      buyer = payer(random.between(0, population - 1));
    }
    const checkout = honestCheckout(buyer, at, seed, random);
    const threeDsShare = buyer.home.group === 'europe' ? 0.3 : 0.08;
    const after: Due['after'] = (subject, again) => {
      const course = honestCourse(subject, buyer.method, at, threeDsShare, random);
      const retryAt = course.retryAt;
      if (retryAt !== undefined && retryAt < endMs - LAST_RETRY && planned < payments) {
        planned++;
        const settle: Due['after'] = (later) =>
          honestCourse(later, buyer.method, retryAt, threeDsShare, random).events;
        again({ at: retryAt, checkout, orderId: `o-${subject.requestId}`, truth: GOOD, after: settle });
      }
      return course.events;
    };
    return { at, checkout, orderId: undefined, truth: GOOD, after };
  }

  function* screen(due: Due): Generator<SimEntry, void, undefined> {
    for (let event = known.peek(); event !== undefined && event.at <= due.at; event = known.peek()) {
      known.pop();
      yield event;
    }
    const requestId = `${name}-${screened++}`;
    const orderId = due.orderId ?? `o-${requestId}`;
    const payment = paymentJson({ ...due.checkout, at: due.at, orderId });
    yield { at: due.at, screen: { requestId, payment }, truth: due.truth };
    const subject: Subject = { site: payment.site, requestId, payment: undefined };
    for (const event of due.after(subject, (again) => retries.push(again))) known.push(event);
  }

  function* retriesUntil(at: number): Generator<SimEntry, void, undefined> {
    for (let retry = retries.peek(); retry !== undefined && retry.at < at; retry = retries.peek()) {
      retries.pop();
      yield* screen(retry);
    }
  }

  const targets = minuteTargets(sites, startMs, payments);
  for (let minute = 0; minute < MINUTES; minute++) {
    const from = startMs + minute * MINUTE;
    const until = from + MINUTE;
    const due: Due[] = [];
    for (
      let attempt = fraud[nextFraud];
      attempt !== undefined && attempt.at < until;
      attempt = fraud[nextFraud]
    ) {
      due.push(fraudDue(attempt));
      nextFraud++;
    }
    const wanted = Math.min((targets[minute] ?? payments) - screened - due.length, payments - planned);
    for (let i = 0; i < wanted; i++, planned++) due.push(ordinary(from + random.between(0, MINUTE - 1)));
    due.sort((a, b) => a.at - b.at);
    for (const one of due) {
      yield* retriesUntil(one.at);
      yield* screen(one);
    }
    yield* retriesUntil(until);
  }
  for (let event = known.pop(); event !== undefined; event = known.pop()) yield event;
}
