import type { FactCatalogue } from '../catalogue.js';
import type { FactParams, Json } from '../document/document.js';
import { isPlainObject } from '../document/json-limits.js';
import type { Read } from '../document/resolve.js';

const HABITS: Readonly<Record<string, string>> = {
  ratio: 'the amount over the mean of the earlier payments',
  zscore: 'the distance of the amount, in standard deviations, from the mean of the earlier payments',
  mean: 'the mean of the earlier payments',
  count: 'the number of earlier payments',
};

const UNITS: Readonly<Record<string, string>> = { s: 'second', m: 'minute', h: 'hour', d: 'day' };

/** What a test asks for, in words: `the number of payments with the same card in the last 10 minutes, before this one`. */
export function readWords({ fact, params = {}, path }: Pick<Read, 'fact' | 'params' | 'path'>): string {
  switch (fact) {
    case 'velocity':
      return velocityWords(params);
    case 'history':
      return `${text(params['what'])} of the same ${byWords(params['by'])}${pastWords(params['window'])}`;
    case 'habit':
      return `${HABITS[text(params['what'] ?? 'ratio')] ?? 'the habit'} of the same ${byWords(params['by'])}${pastWords(params['window'])}`;
    default: {
      const place = path.length > 1 ? fact + path.slice(1) : fact;
      const more = Object.entries(params).map(([name, value]) => `${name} ${plain(value)}`);
      return more.length === 0 ? place : `${place} (${more.join(', ')})`;
    }
  }
}

function velocityWords(params: FactParams): string {
  const { fn, of, by, window, includeCurrent } = params;
  const over = ` with the same ${byWords(by)}${windowWords(window)}, ${includeCurrent === true ? 'this one included' : 'before this one'}`;
  if (fn === 'ratio' && Array.isArray(of)) {
    const [part, whole] = of.map((one) => (isPlainObject(one) ? partWords(one as FactParams) : ''));
    return `${part ?? ''} over ${whole ?? ''},${over}`;
  }
  return `${aggregateWords(params)}${over}`;
}

/** A part of a ratio may look back further, or less far, than the whole. */
function partWords(part: FactParams): string {
  return aggregateWords(part) + pastWords(part['window']);
}

function aggregateWords({ fn, of, events, filter, clock }: FactParams): string {
  const what = `${eventWords(events)}${filterWords(filter)}${clock === undefined ? '' : ` (by when ${CLOCKS[text(clock)] ?? text(clock)})`}`;
  switch (fn) {
    case 'count':
      return `the number of ${what}`;
    case 'distinct':
      return `the number of different values of ${text(of)} among ${what}`;
    default: {
      const amounts = text(of).startsWith('amount:') ? `amounts in ${text(of).slice(7)}` : 'amounts';
      return `${FUNCTIONS[text(fn)] ?? text(fn)} of the ${amounts} of ${what}`;
    }
  }
}

const FUNCTIONS: Readonly<Record<string, string>> = {
  sum: 'the sum',
  avg: 'the mean',
  max: 'the largest',
  min: 'the smallest',
  stddev: 'the standard deviation',
};

const CLOCKS: Readonly<Record<string, string>> = {
  payment: 'the payment was made',
  known: 'it became known',
  event: 'it happened',
};

function eventWords(events: Json | undefined): string {
  if (events === undefined || events === 'payment') return 'payments';
  return `events ${listWords([events].flat())}`;
}

function filterWords(filter: Json | undefined): string {
  if (!isPlainObject(filter)) return '';
  const parts = Object.entries(filter).map(([name, value]) => {
    const not = isPlainObject(value) ? value['not'] : undefined;
    return not === undefined
      ? `${name} ${listWords([value].flat() as readonly Json[])}`
      : `${name} other than ${listWords([not].flat() as readonly Json[])}`;
  });
  return parts.length === 0 ? '' : ` where ${parts.join(' and ')}`;
}

function byWords(by: Json | undefined): string {
  return [by]
    .flat()
    .map((name) => text(name))
    .join(' and ');
}

function pastWords(window: Json | undefined): string {
  return window === undefined ? '' : windowWords(window);
}

function windowWords(window: Json | undefined): string {
  if (isPlainObject(window)) {
    const { calendar, zone } = window as { readonly calendar?: Json; readonly zone?: Json };
    return ` in the present calendar ${text(calendar)} (clock of ${text(zone ?? 'site')})`;
  }
  return ` in the last ${durationWords(text(window))}`;
}

/** `10m` is `10 minutes`. */
export function durationWords(duration: string): string {
  const [, count = '', unit = ''] = /^(\d+)([smhd])$/.exec(duration) ?? [];
  const word = UNITS[unit];
  if (word === undefined) return duration;
  return count === '1' ? word : `${count} ${word}s`;
}

/** `a, b or c`. */
export function listWords(items: readonly unknown[]): string {
  const words = items.map(plain);
  if (words.length > 12) return `${words.slice(0, 10).join(', ')} or one of ${words.length - 10} more`;
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}

/** What a number of this fact counts: `minor units of the base currency`; '' where it is a bare number. */
export function unitOf({ fact, params }: Pick<Read, 'fact' | 'params'>, catalogue: FactCatalogue): string {
  const unit = catalogue.get(fact)?.unit;
  return (typeof unit === 'function' ? unit(params ?? {}) : unit) ?? '';
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : plain(value);
}

function plain(value: unknown): string {
  if (typeof value === 'string') return value === '' ? 'the empty text' : value;
  if (typeof value === 'number') return value.toLocaleString('en-US', { maximumFractionDigits: 6 });
  return JSON.stringify(value) ?? '';
}
