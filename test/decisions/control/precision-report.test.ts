import { describe, expect, it } from 'vitest';
import type { ControlLot } from '../../../src/decisions/control/control-lot.js';
import { precisionReport, type PrecisionQuery } from '../../../src/decisions/control/precision-report.js';
import type { JournalQuery, StoredEntry } from '../../../src/decisions/ports.js';
import { ATTRIBUTE_INDEX, ATTRIBUTES } from '../../../src/facts/attributes.js';
import type { StreamEvent } from '../../../src/facts/stream.js';
import { sampleRecord } from '../../server/support/records.js';

const DAY = 86_400_000;
const NOW = 1000 * DAY;
const LOT: ControlLot = {
  ruleSet: 'strict',
  rule: 'stop',
  share: 0.1,
  draw: 0.05,
  drawn: true,
  letGo: true,
  letGoTo: 'three-ds',
};
const QUERY: PrecisionQuery = {
  ruleSet: 'strict',
  rule: 'stop',
  from: undefined,
  to: undefined,
  maturityMs: 60 * DAY,
  alpha: 0.05,
};

function eventOf(number: number, card: number): StreamEvent {
  const attributes = ATTRIBUTES.map(() => 0);
  attributes[ATTRIBUTE_INDEX.card] = card;
  attributes[ATTRIBUTE_INDEX.payment] = 1000 + number;
  const at = NOW - 100 * DAY - number;
  const money = { baseMinor: 1, minor: 1 };
  return { log: 1, seq: number, kind: 'payment', at, knownAt: at, paymentAt: at, ...money, attributes };
}

/** Newest first; those whose card is 13 have too long a past. */
function journalOf(count: number, asked: JournalQuery[] = []) {
  const entries = Array.from({ length: count }, (_, number) => {
    const event = eventOf(number, number % 10 === 3 ? 13 : number + 100);
    const record = JSON.stringify(sampleRecord({ outcome: 'review', control: LOT }));
    return { id: String(number), event, decision: { record } } as unknown as StoredEntry;
  });
  return {
    async list(_: unknown, limit: number, token: string | undefined) {
      const from = Number(token ?? 0);
      const next = from + limit < count ? String(from + limit) : undefined;
      return { entries: entries.slice(from, from + limit), next };
    },
    async query(query: JournalQuery) {
      asked.push(query);
      const ranges = query.ranges.map(({ key }) => (key === 13 ? undefined : []));
      return { entries: [], ranges, tail: [] };
    },
  };
}

const options = { hash: () => 0, now: () => NOW };

describe('the report on a rule', () => {
  it('looks at every hit, and says of which payers it could not look through the past', async () => {
    const asked: JournalQuery[] = [];
    const report = await precisionReport(QUERY, { ...options, journal: journalOf(1230, asked) }, undefined);
    expect(report).toMatchObject({ hits: 1230, letGo: 1230, unread: 123, good: 1107, cutAt: undefined });
    expect(report.precision).toBe(0);
    // In steps: a payer's whole past must not be in memory for all at once.
    expect(Math.max(...asked.map(({ ranges }) => ranges.length))).toBe(50);
    expect(asked.every(({ longest }) => longest === 5000)).toBe(true);
  });

  it('looks at so many and no more, the newest, and says from when on', async () => {
    const report = await precisionReport(
      QUERY,
      { ...options, journal: journalOf(1230), most: 700 },
      undefined,
    );
    expect(report.hits).toBe(700);
    expect(report.cutAt).toBe(eventOf(699, 0).at);
  });

  it('ends when its caller has gone, and refuses more than 400 days', async () => {
    const caller = { deadline: undefined, cancelled: true };
    const gone = precisionReport(QUERY, { ...options, journal: journalOf(1) }, caller);
    await expect(gone).rejects.toMatchObject({ code: 'CANCELLED' });
    const long = { ...QUERY, from: NOW - 401 * DAY };
    const refused = precisionReport(long, { ...options, journal: journalOf(1) }, undefined);
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });
});
