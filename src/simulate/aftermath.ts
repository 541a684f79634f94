import { timeText, type EventEntry, type FieldJson, type MessageJson, type PaymentJson } from './entry.js';
import type { Random } from './random.js';
import type { SimMethod } from './sites.js';

/** Milliseconds. */
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The payment an event belongs to. */
export interface Subject {
  readonly site: string;
  readonly requestId: string;
  /** Set for history that was never screened: the event then carries the payment itself. */
  readonly payment: PaymentJson | undefined;
}

/** Something that happened at `at` and became known `lateBy` ms later (default 0). */
export function happened(
  subject: Subject,
  kind: string,
  at: number,
  more: MessageJson = {},
  lateBy = 0,
): EventEntry {
  const reference: Record<string, FieldJson> =
    subject.payment === undefined ? { requestId: subject.requestId } : { payment: subject.payment };
  const event = {
    eventId: `${subject.requestId}-${kind.toLowerCase()}`,
    site: subject.site,
    kind: `EVENT_KIND_${kind}`,
    ...reference,
    eventTime: timeText(at),
    arrivalTime: timeText(at + lateBy),
    ...more,
  };
  return { at: at + lateBy, event };
}

const DECLINES = [
  { code: '51', weight: 4 },
  { code: '05', weight: 3 },
  { code: '54', weight: 1 },
  { code: '91', weight: 1 },
];

/** How an honest payment goes on, and whether the payer would try once more. */
export interface Course {
  readonly events: readonly EventEntry[];
  readonly retryAt: number | undefined;
}

/** An honest card payment: mostly authorised, sometimes with 3-D Secure, sometimes declined. */
function cardCourse(subject: Subject, at: number, threeDsShare: number, random: Random): Course {
  const events: EventEntry[] = [];
  let now = at + random.between(1, 4) * SECOND;
  if (random.chance(threeDsShare)) {
    now += random.between(8, 60) * SECOND;
    if (random.chance(0.08)) {
      events.push(happened(subject, 'THREE_DS_RESULT', now, { threeDsStatus: 'THREE_DS_STATUS_ABANDONED' }));
      events.push(happened(subject, 'ABANDONED', now + 10 * MINUTE));
      return { events, retryAt: undefined };
    }
    events.push(
      happened(subject, 'THREE_DS_RESULT', now, {
        threeDsStatus: 'THREE_DS_STATUS_AUTHENTICATED',
        eci: '05',
        liabilityShifted: true,
      }),
    );
    now += SECOND;
  }
  if (random.chance(0.08)) {
    events.push(happened(subject, 'DECLINED', now, { code: random.weighted(DECLINES).code }));
    return { events, retryAt: random.chance(0.5) ? now + random.between(30, 240) * SECOND : undefined };
  }
  events.push(happened(subject, 'AUTHORISED', now));
  if (random.chance(0.3)) events.push(happened(subject, 'CAPTURED', now + random.between(5, 90) * MINUTE));
  if (random.chance(0.02)) events.push(happened(subject, 'REFUNDED', now + random.between(1, 10) * DAY));
  return { events, retryAt: undefined };
}

/** How an honest payment goes on after it was screened. `threeDsShare` is the share of cards asked to authenticate. */
export function honestCourse(
  subject: Subject,
  method: SimMethod,
  at: number,
  threeDsShare: number,
  random: Random,
): Course {
  if (method.type === 'card') return cardCourse(subject, at, threeDsShare, random);
  if (method.type === 'voucher') {
    const paid = random.chance(0.7);
    const event = paid
      ? happened(subject, 'AUTHORISED', at + random.between(1, 60) * HOUR, {}, 20 * MINUTE)
      : happened(subject, 'ABANDONED', at + 3 * DAY);
    return { events: [event], retryAt: undefined };
  }
  const event = random.chance(0.9)
    ? happened(subject, 'AUTHORISED', at + random.between(20, 180) * SECOND)
    : happened(subject, 'ABANDONED', at + 15 * MINUTE);
  return { events: [event], retryAt: undefined };
}

/** How a fraud that was authorised comes to light: some with an early warning, all with a chargeback and a label. */
export function fraudComesToLight(subject: Subject, at: number, random: Random): readonly EventEntry[] {
  const events: EventEntry[] = [];
  if (random.chance(0.5)) {
    events.push(happened(subject, 'FRAUD_WARNING', at + random.between(4, 96) * HOUR, {}, 6 * HOUR));
  }
  const chargeback = at + random.between(7, 45) * DAY;
  events.push(happened(subject, 'CHARGEBACK', chargeback, { code: '10.4', fraud: true }, DAY));
  events.push(happened(subject, 'LABEL', at, { label: 'LABEL_FRAUD' }, chargeback + 2 * DAY - at));
  return events;
}
