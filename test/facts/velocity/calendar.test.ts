import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hourIn,
  isTimeZone,
  periodEnd,
  periodName,
  periodStart,
  weekdayIn,
} from '../../../src/facts/velocity/calendar.js';

const zone = fc.constantFrom(
  'UTC',
  'Europe/Paris',
  'America/New_York',
  'America/Sao_Paulo',
  'America/St_Johns',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Asia/Beirut',
  'Asia/Tehran',
  'Africa/Casablanca',
  'Africa/Cairo',
  'Africa/Monrovia',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Chatham',
  'Pacific/Kiritimati',
  'Antarctica/Troll',
  'Europe/Moscow',
);
const moment = fc.oneof(
  fc.integer({ min: Date.UTC(1971, 0, 1), max: Date.UTC(2037, 0, 1) }),
  // Around days on which something odd happens.
  fc
    .tuple(
      fc.constantFrom('2011-12-30', '2018-11-04', '2026-03-29', '2026-10-25', '2006-10-29', '1972-01-07'),
      fc.integer({ min: -48 * 3600, max: 48 * 3600 }),
    )
    .map(([day, seconds]) => Date.parse(`${day}T00:00:00Z`) + seconds * 1000),
);

/** What Intl shows: slow, and the judge. */
function shown(ms: number, timeZone: string): { day: string; month: string; hour: number; weekday: string } {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    weekday: 'long',
  });
  const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  const month = `${parts['year']}-${parts['month']}`;
  return {
    day: `${month}-${parts['day']}`,
    month,
    hour: Number(parts['hour']),
    weekday: parts['weekday'] ?? '',
  };
}

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

describe('calendar', () => {
  it('tells hour and weekday as Intl does', () => {
    fc.assert(
      fc.property(moment, zone, (ms, name) => {
        const { hour, weekday } = shown(ms, name);
        expect({ hour: hourIn(ms, name), weekday: WEEKDAYS[weekdayIn(ms, name) - 1] }).toEqual({
          hour,
          weekday,
        });
      }),
      { numRuns: 500 },
    );
  });

  it('begins a day or month at the first moment of it, and ends it where the next begins', () => {
    fc.assert(
      fc.property(moment, zone, fc.constantFrom('day' as const, 'month' as const), (ms, name, unit) => {
        const start = periodStart(ms, unit, name);
        const end = periodEnd(ms, unit, name);
        expect(start).toBeLessThanOrEqual(ms);
        expect(end).toBeGreaterThan(ms);
        const at = shown(start, name)[unit];
        // Where the clock goes back over midnight the last hour comes again, in the period that had begun.
        expect(at >= shown(ms, name)[unit]).toBe(true);
        expect(periodName(ms, unit, name)).toBe(at);
        expect(shown(start - 1, name)[unit] < at).toBe(true);
        expect(shown(end - 1, name)[unit] <= at).toBe(true);
        expect(shown(end, name)[unit] > at).toBe(true);
        expect(periodStart(end, unit, name)).toBe(end);
        expect(periodStart(end - 1, unit, name)).toBe(start);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['a day of 23 hours', '2026-03-29T12:00:00Z', 'Europe/Paris', '2026-03-28T23:00:00Z', 23],
    ['a day of 25 hours', '2026-10-25T12:00:00Z', 'Europe/Paris', '2026-10-24T22:00:00Z', 25],
    ['half an hour of summer', '2026-10-04T00:00:00Z', 'Australia/Lord_Howe', '2026-10-03T13:30:00Z', 23.5],
    [
      'a midnight that does not exist',
      '2018-11-04T12:00:00Z',
      'America/Sao_Paulo',
      '2018-11-04T03:00:00Z',
      23,
    ],
    [
      'the day after the one that does not exist',
      '2011-12-30T12:00:00Z',
      'Pacific/Apia',
      '2011-12-30T10:00:00Z',
      24,
    ],
    ['the day before it', '2011-12-30T09:00:00Z', 'Pacific/Apia', '2011-12-29T10:00:00Z', 24],
    ['a day that begins twice', '2006-10-29T02:45:00Z', 'America/St_Johns', '2006-10-29T02:30:00Z', 25],
  ])('knows %s', (_, at, name, start, hours) => {
    const ms = Date.parse(at);
    expect(new Date(periodStart(ms, 'day', name)).toISOString()).toBe(new Date(start).toISOString());
    expect((periodEnd(ms, 'day', name) - periodStart(ms, 'day', name)) / 3_600_000).toBe(hours);
  });

  it('knows time zones from other words', () => {
    expect(['Europe/Paris', 'UTC', 'Etc/GMT+3', 'America/Argentina/Buenos_Aires'].every(isTimeZone)).toBe(
      true,
    );
    expect(['', 'site', 'Europe/Nowhere', '+05:30', 'Europe/Paris; x'].some(isTimeZone)).toBe(false);
    expect(() => periodStart(0, 'day', 'Europe/Nowhere')).toThrow(RangeError);
  });
});
