import { InvalidArgumentError } from 'commander';
import { dateOf } from '../world/date-text.js';

/** Parses a whole number of at least `least`, and at most `most` where given, for commander. */
export function wholeNumber(least: number, most = Infinity): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d{1,15}$/.test(text) || value < least || value > most) {
      const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
      throw new InvalidArgumentError(`It must be a whole number ${range}.`);
    }
    return value;
  };
}

/** Parses a positive number, for commander. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) {
    throw new InvalidArgumentError('It must be a number above 0.');
  }
  return value;
}

/** Parses a share above 0 and at most `most`, `5%` or `0.05`, for commander. `says`: what the most is called. */
export function shareUpTo(most: number, says = `${most * 100}%`): (text: string) => number {
  return (text) => {
    const percent = /^(\d+(?:\.\d+)?) ?%$/.exec(text)?.[1];
    const value = percent === undefined ? Number(text) : Number(percent) / 100;
    if (text === '' || !(value > 0 && value <= most))
      throw new InvalidArgumentError(`It must be a share above 0 and at most ${says}, like 5% or 0.05.`);
    return value;
  };
}

/** Parses a date or moment (2026-03-02, 2026-03-02T10:00:00Z) to epoch ms, UTC unless it says otherwise, for commander. */
export function moment(text: string): number {
  const dayOnly = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const withTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?$/.test(text);
  const zoned = dayOnly || /(Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`;
  const value = dayOnly || withTime ? dateOf(zoned) : NaN;
  if (Number.isNaN(value)) {
    throw new InvalidArgumentError('It must be a day or a moment, like 2026-03-02 or 2026-03-02T10:00:00Z.');
  }
  return value;
}

/** Collects an option that may be given several times or with commas, for commander. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(',').filter((part) => part !== '')];
}
