import { createHash } from 'node:crypto';
import { fromJson } from '@bufbuild/protobuf';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamEntrySchema } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import type { Event } from '../../src/gen/tollgate/v1/event_service_pb.js';
import { MerchantSchema, SiteSchema } from '../../src/gen/tollgate/v1/site_service_pb.js';
import { isCurrency } from '../../src/money/currencies.js';
import { checkScreen } from '../../src/server/grpc/validate/decision.js';
import { checkEvent } from '../../src/server/grpc/validate/event.js';
import { simulateDay } from '../../src/simulate/day.js';
import { FRAUD_KINDS, type EventEntry, type ScreenEntry, type SimEntry } from '../../src/simulate/entry.js';
import { merchantsJson, SIM_SITES, siteJson } from '../../src/simulate/sites.js';
import { violationsOf } from '../server/support/violations.js';

const START = Date.UTC(2026, 2, 2);
const DAY = 86_400_000;
const screens = (all: readonly SimEntry[]): ScreenEntry[] => all.filter((entry) => 'screen' in entry);
const events = (all: readonly SimEntry[]): EventEntry[] => all.filter((entry) => 'event' in entry);
const digest = (seed: number, payments: number): string => {
  const hash = createHash('sha256');
  for (const entry of simulateDay({ seed, payments, startMs: START })) hash.update(JSON.stringify(entry));
  return hash.digest('hex');
};

describe('a simulated day', () => {
  const day = [...simulateDay({ seed: 7, payments: 3000, startMs: START })];

  it('is the same byte for byte for the same seed, and another for another', () => {
    expect(digest(1, 400)).toBe(digest(1, 400));
    expect(digest(1, 400)).not.toBe(digest(2, 400));
  });

  it('shares no id with a day of another seed, size or start', () => {
    const ids = (seed: number, payments: number, startMs: number): string[] =>
      [...simulateDay({ seed, payments, startMs })].map((entry) =>
        'screen' in entry ? entry.screen.requestId : entry.event.eventId,
      );
    const all = [
      ids(1, 300, START),
      ids(2, 300, START),
      ids(1, 301, START),
      ids(1, 300, START + DAY),
      ids(1, 300, START + 1),
    ];
    expect(new Set(all.flat()).size).toBe(all.reduce((sum, some) => sum + some.length, 0));
  });

  it('holds exactly the payments asked for, in order of time, each once, whatever seed and size', () => {
    const sizes = fc.record({ seed: fc.nat(), payments: fc.integer({ min: 0, max: 300 }) });
    fc.assert(
      fc.property(sizes, (options) => {
        const all = [...simulateDay({ ...options, startMs: START })];
        const ids = screens(all).map((entry) => entry.screen.requestId);
        expect(ids).toHaveLength(options.payments);
        expect(new Set(ids).size).toBe(options.payments);
        for (let i = 1; i < all.length; i++) {
          expect(all[i]?.at).toBeGreaterThanOrEqual(all[i - 1]?.at ?? Infinity);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('screens within the day, and reports outcomes only after their payment and known when they arrive', () => {
    const seen = new Set<string>();
    for (const entry of day) {
      if ('screen' in entry) {
        expect(entry.at).toBeGreaterThanOrEqual(START);
        expect(entry.at).toBeLessThan(START + DAY);
        seen.add(entry.screen.requestId);
      } else {
        expect(entry.at).toBe(Date.parse(entry.event.arrivalTime));
        expect(Date.parse(entry.event.eventTime)).toBeLessThanOrEqual(entry.at);
        const requestId = entry.event['requestId'];
        if (requestId === undefined) expect(entry.event['payment']).toBeDefined();
        else expect(seen.has(requestId as string)).toBe(true);
      }
    }
  });

  it('uses each event id once within its site', () => {
    const ids = events(day).map(({ event }) => `${event.site} ${event.eventId}`);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('plays every kind of fraud, in sane shares', () => {
    const share = (kind: string): number =>
      screens(day).filter((entry) => entry.truth.kind === kind).length / 3000;
    for (const kind of FRAUD_KINDS) {
      expect(share(kind), kind).toBeGreaterThan(0.002);
      expect(share(kind), kind).toBeLessThan(0.02);
    }
    expect(share('good')).toBeGreaterThan(0.94);
    for (const entry of screens(day)) expect(entry.truth.fraud).toBe(entry.truth.kind !== 'good');
  });

  it('sells on all sites, more in waking hours than at night', () => {
    expect(new Set(screens(day).map((entry) => entry.screen.payment.site)).size).toBe(27);
    const german = screens([...simulateDay({ seed: 3, payments: 2000, startMs: START })]).filter(
      (entry) => entry.screen.payment.site === 'de' && !entry.truth.fraud,
    );
    const localHour = (entry: ScreenEntry): number => (new Date(entry.at).getUTCHours() + 2) % 24;
    const between = (from: number, to: number): number =>
      german.filter((entry) => localHour(entry) >= from && localHour(entry) < to).length;
    expect(between(18, 22)).toBeGreaterThan(3 * between(1, 5));
  });

  it('declines most tested cards and brings authorised fraud to light later', () => {
    const byRequest = new Map<unknown, string[]>();
    for (const { event } of events(day)) {
      byRequest.set(event['requestId'], [...(byRequest.get(event['requestId']) ?? []), event.kind]);
    }
    let declined = 0;
    const tests = screens(day).filter((entry) => entry.truth.kind === 'card-testing');
    for (const entry of tests) {
      const kinds = byRequest.get(entry.screen.requestId) ?? [];
      if (kinds.includes('EVENT_KIND_DECLINED')) declined++;
      else expect(kinds).toContain('EVENT_KIND_CHARGEBACK');
    }
    expect(declined / tests.length).toBeGreaterThan(0.6);
    const cards = new Set(tests.map((entry) => JSON.stringify(entry.screen.payment.instrument)));
    expect(cards.size).toBe(tests.length);
  });

  it('gives an account taker the victim’s card with a device that the victim never used', () => {
    const taken = screens(day).filter((entry) => entry.truth.kind === 'account-takeover');
    expect(taken.length).toBeGreaterThan(5);
    for (const { screen } of taken) {
      expect(screen.payment['shipping']).not.toEqual(screen.payment['billing']);
      expect((screen.payment['customer'] as { id: string }).id).toMatch(/^c\d+$/);
    }
  });

  it('lets those who claim falsely have claimed before', () => {
    const claimed = new Set<unknown>();
    for (const entry of day) {
      if ('event' in entry && entry.at < START && /CLAIM|CHARGEBACK/.test(entry.event.kind)) {
        const payment = entry.event['payment'] as { customer: { id: string } };
        claimed.add(payment.customer.id);
      }
    }
    const friendly = screens(day).filter((entry) => entry.truth.kind === 'friendly-fraud');
    const known = friendly.filter((entry) =>
      claimed.has((entry.screen.payment['customer'] as { id: string }).id),
    );
    expect(known.length / friendly.length).toBeGreaterThan(0.8);
  });

  it('is made of messages that the service takes', () => {
    for (const one of day) {
      const json = 'screen' in one ? { screen: one.screen } : { event: one.event };
      const { entry } = fromJson(StreamEntrySchema, json as never);
      const check = () =>
        entry.case === 'screen' ? checkScreen(entry.value) : checkEvent(entry.value as Event);
      expect(violationsOf(check), JSON.stringify(json)).toEqual([]);
    }
    for (const site of SIM_SITES) {
      expect(() => fromJson(SiteSchema, siteJson(site) as never)).not.toThrow();
      for (const merchant of merchantsJson(site)) {
        expect(() => fromJson(MerchantSchema, merchant as never)).not.toThrow();
      }
      expect(isCurrency(site.currency)).toBe(true);
      expect(() => new Intl.DateTimeFormat('en', { timeZone: site.timeZone })).not.toThrow();
    }
    expect(SIM_SITES).toHaveLength(27);
  });
});
