import { LRUCache } from 'lru-cache';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Offsets are between -16 and +16 hours, in all of history. */
const MOST_OFFSET = 16 * HOUR;

/** A UTC day of a zone: one offset, or two and the moment between. */
interface OffsetDay {
  readonly before: number;
  /** First moment of `after`; Infinity: none this day. */
  readonly change: number;
  readonly after: number;
}

interface Period {
  readonly start: number;
  readonly end: number;
  /** The midnight it is named after, on the zone's clock. */
  readonly midnight: number;
}

interface Zone {
  readonly format: Intl.DateTimeFormat;
  readonly days: LRUCache<number, OffsetDay>;
  /** The period asked for last: nearly always the one asked for next. */
  day: Period;
  month: Period;
}

const NO_PERIOD: Period = { start: Infinity, end: -Infinity, midnight: Number.NaN };
/** As many as there are names in the rules and sites. */
const zones = new Map<string, Zone>();

/** Whether a name is an IANA time zone known here. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]*$/.test(name)) return false;
  try {
    zoneOf(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * Start of the calendar day or month that `ms` lies in, epoch ms: the first moment the zone's clock reaches midnight,
 * or passes it where the clock skips it. Periods follow each other without gap or overlap, also where the clock is
 * put back across midnight. Throws RangeError for an unknown zone.
 */
export function periodStart(ms: number, unit: 'day' | 'month', zone: string): number {
  return periodOf(ms, unit, zone).start;
}

/** End of that period, exclusive: the start of the next. */
export function periodEnd(ms: number, unit: 'day' | 'month', zone: string): number {
  return periodOf(ms, unit, zone).end;
}

/** That period as its calendar names it, whatever the zone: `2026-03-02` or `2026-03`. */
export function periodName(ms: number, unit: 'day' | 'month', zone: string): string {
  const [date = ''] = new Date(periodOf(ms, unit, zone).midnight).toISOString().split('T');
  return unit === 'day' ? date : date.slice(0, -'-01'.length);
}

/** Hour of the zone's clock, 0 to 23. */
export function hourIn(ms: number, zone: string): number {
  return Math.floor((((localTime(zoneOf(zone), ms) % DAY) + DAY) % DAY) / HOUR);
}

/** Weekday of the zone's calendar, 1 Monday to 7 Sunday. */
export function weekdayIn(ms: number, zone: string): number {
  const day = Math.floor(localTime(zoneOf(zone), ms) / DAY);
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

function periodOf(ms: number, unit: 'day' | 'month', name: string): Period {
  const zone = zoneOf(name);
  const last = unit === 'day' ? zone.day : zone.month;
  if (ms >= last.start && ms < last.end) return last;
  let midnight = floorToPeriod(localTime(zone, ms), unit);
  let end = momentOf(zone, nextPeriod(midnight, unit));
  // The clock was put back across midnight: the period had begun before, and goes on.
  while (end <= ms) {
    midnight = nextPeriod(midnight, unit);
    end = momentOf(zone, nextPeriod(midnight, unit));
  }
  const period = { start: momentOf(zone, midnight), end, midnight };
  if (unit === 'day') zone.day = period;
  else zone.month = period;
  return period;
}

/** `local` times are the zone's clock written as if it were UTC. */
function floorToPeriod(local: number, unit: 'day' | 'month'): number {
  if (unit === 'day') return Math.floor(local / DAY) * DAY;
  const date = new Date(local);
  return monthStart(date.getUTCFullYear(), date.getUTCMonth());
}

function nextPeriod(midnight: number, unit: 'day' | 'month'): number {
  if (unit === 'day') return midnight + DAY;
  const date = new Date(midnight);
  return monthStart(date.getUTCFullYear(), date.getUTCMonth() + 1);
}

/** Date.UTC takes years below 100 for those of the twentieth century. */
function monthStart(year: number, month: number): number {
  return new Date(0).setUTCFullYear(year, month, 1);
}

/** The first moment at which the zone's clock shows `local` or later. */
function momentOf(zone: Zone, local: number): number {
  const low = local - MOST_OFFSET;
  const high = local + MOST_OFFSET;
  let offset = offsetAt(zone, low);
  for (let start = Math.floor(low / DAY) * DAY; start <= high; start += DAY) {
    const day = offsetDay(zone, start);
    const change = day.change;
    if (change === Infinity || change <= low) continue;
    const before = local - offset;
    if (before < change) return before;
    offset = day.after;
    if (local - offset <= change) return change;
  }
  return local - offset;
}

function localTime(zone: Zone, ms: number): number {
  return ms + offsetAt(zone, ms);
}

function offsetAt(zone: Zone, ms: number): number {
  const day = offsetDay(zone, Math.floor(ms / DAY) * DAY);
  return ms < day.change ? day.before : day.after;
}

function offsetDay(zone: Zone, start: number): OffsetDay {
  const known = zone.days.get(start);
  if (known !== undefined) return known;
  const before = askOffset(zone.format, start);
  const after = askOffset(zone.format, start + DAY);
  let change = Infinity;
  if (before !== after) {
    let low = start;
    change = start + DAY;
    while (change - low > 1) {
      const middle = Math.floor((low + change) / 2);
      if (askOffset(zone.format, middle) === before) low = middle;
      else change = middle;
    }
  }
  const day = { before, change, after };
  zone.days.set(start, day);
  return day;
}

/** Slow: some microseconds. */
function askOffset(format: Intl.DateTimeFormat, ms: number): number {
  const second = Math.floor(ms / 1000) * 1000;
  const fields = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const { type, value } of format.formatToParts(second))
    if (type in fields) fields[type as keyof typeof fields] = Number(value);
  const local = new Date(0);
  local.setUTCFullYear(fields.year, fields.month - 1, fields.day);
  local.setUTCHours(fields.hour, fields.minute, fields.second);
  return local.getTime() - second;
}

function zoneOf(name: string): Zone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const zone = {
    format,
    days: new LRUCache<number, OffsetDay>({ max: 4000 }),
    day: NO_PERIOD,
    month: NO_PERIOD,
  };
  zones.set(name, zone);
  return zone;
}
