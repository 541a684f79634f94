import { dateOf } from '../../world/date-text.js';

const MOMENT =
  /^(?<day>\d{4}-\d{2}-\d{2})(?:[Tt ](?<time>\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?<zone>[Zz]|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** A day or moment of ISO 8601 in a file of rows, in UTC unless it says otherwise, as epoch ms; NaN when it is none. */
export function isoMoment(text: string): number {
  const { day, time, zone = 'Z' } = MOMENT.exec(text)?.groups ?? {};
  if (day === undefined) return NaN;
  if (time === undefined) return dateOf(day);
  // Date.parse wants minutes after the hours of a zone, and without a zone would take the machine's.
  return dateOf(`${day}T${time}${zone.length === 3 ? `${zone}:00` : zone.toUpperCase()}`);
}
