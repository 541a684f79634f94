import type { ParamProblem } from '../../../rules/catalogue.js';
import type { Json } from '../../../rules/document/document.js';
import { KEY_ATTRIBUTES, STREAM_KINDS } from '../../attributes.js';
import type { Attribute, StreamKind } from '../../attributes.js';
import { countedBin, normaliseBin } from '../../normalise/bin.js';
import { CLOCKS, SUCCEEDED, VELOCITY_FUNCTIONS } from './velocity-spec.js';
import type {
  Aggregate,
  AttributeFilter,
  CalendarWindow,
  Clock,
  SlidingWindow,
  VelocitySpec,
} from './velocity-spec.js';
import { isTimeZone } from '../calendar.js';
import {
  isObject,
  oneOf,
  onlyFields,
  parseAttribute,
  parseDuration,
  parseFlag,
  parseWhole,
} from './params.js';
import type { Params } from './params.js';
import { HABIT_QUESTIONS, HISTORY_QUESTIONS } from './specs.js';
import type { HabitSpec, HistorySpec } from './specs.js';

export type { Params } from './params.js';
/** What was meant, or all that is wrong. */
export type Parsed<T> = { readonly ok: T } | { readonly problems: readonly ParamProblem[] };

const DAY = 86_400_000;
/** What others say of a payment later: alone, a window over these goes by when they became known. */
export const REPORTS: ReadonlySet<StreamKind> = new Set([
  'refund-claimed',
  'fraud-warning',
  'chargeback',
  'label',
]);
const EVENTS = [...STREAM_KINDS, SUCCEEDED] as const;
const SUMMED: ReadonlySet<string> = new Set(['sum', 'avg', 'max', 'min', 'stddev']);
const AGGREGATE_FIELDS = ['fn', 'of', 'window', 'events', 'filter', 'clock'];

/** Reads the params of a `velocity` fact. */
export function parseVelocity(params: Params): Parsed<VelocitySpec> {
  const problems: ParamProblem[] = [];
  onlyFields(params, [...AGGREGATE_FIELDS, 'by', 'includeCurrent'], '', problems);
  const by = parseBy(params['by'], problems);
  const window = parseWindow(params['window'], '/window', problems);
  const includeCurrent = parseFlag(params['includeCurrent'], '/includeCurrent', problems);
  const inherited = { window, includeCurrent };
  let value: Aggregate | undefined;
  let over: Aggregate | undefined;
  if (params['fn'] === 'ratio') {
    for (const name of ['events', 'filter', 'clock'])
      if (params[name] !== undefined)
        problems.push({ path: `/${name}`, message: 'belongs to the two parts of a ratio' });
    const parts = params['of'];
    if (!Array.isArray(parts) || parts.length !== 2) {
      problems.push({ path: '/of', message: 'a ratio needs two parts: [numerator, denominator]' });
    } else {
      value = parsePart(parts[0], '/of/0', inherited, problems);
      over = parsePart(parts[1], '/of/1', inherited, problems);
    }
  } else value = parseAggregate(params, '', inherited, problems);
  if (problems.length > 0 || value === undefined) return { problems };
  return { ok: { by, value, over } };
}

/** Reads the params of a `history` fact. */
export function parseHistory(params: Params): Parsed<HistorySpec> {
  const problems: ParamProblem[] = [];
  onlyFields(params, ['by', 'what', 'window', 'goodAfterDays'], '', problems);
  const by = parseBy(params['by'], problems);
  const what = oneOf(params['what'], HISTORY_QUESTIONS, '/what', problems) ?? 'paidOrders';
  const ms = parseDuration(
    params['window'] ?? (what === 'declinesInRow' ? '24h' : '730d'),
    '/window',
    problems,
  );
  const days = params['goodAfterDays'];
  if (days !== undefined && what !== 'goodOrders')
    problems.push({ path: '/goodAfterDays', message: 'only goodOrders takes it' });
  const goodAfterMs = parseWhole(days ?? 30, 0, 3650, '/goodAfterDays', problems) * DAY;
  return problems.length > 0 ? { problems } : { ok: { by, what, ms, goodAfterMs } };
}

/** Reads the params of a `habit` fact. */
export function parseHabit(params: Params): Parsed<HabitSpec> {
  const problems: ParamProblem[] = [];
  onlyFields(params, ['by', 'what', 'window', 'minCount'], '', problems);
  const by = parseBy(params['by'], problems);
  const what = oneOf(params['what'] ?? 'ratio', HABIT_QUESTIONS, '/what', problems) ?? 'ratio';
  const ms = parseDuration(params['window'], '/window', problems);
  const minCount = parseWhole(params['minCount'] ?? 3, 1, 1_000_000, '/minCount', problems);
  return problems.length > 0 ? { problems } : { ok: { by, what, ms, minCount } };
}

interface Inherited {
  readonly window: SlidingWindow | CalendarWindow | undefined;
  readonly includeCurrent: boolean;
}

function parsePart(
  part: Json | undefined,
  path: string,
  outer: Inherited,
  problems: ParamProblem[],
): Aggregate | undefined {
  if (!isObject(part)) {
    problems.push({ path, message: 'must be an object with fn' });
    return undefined;
  }
  onlyFields(part, AGGREGATE_FIELDS, path, problems);
  if (part['fn'] === 'ratio') {
    problems.push({ path: `${path}/fn`, message: 'a ratio cannot be part of a ratio' });
    return undefined;
  }
  const own = part['window'];
  const window = own === undefined ? outer.window : parseWindow(own, `${path}/window`, problems);
  return parseAggregate(part, path, { ...outer, window }, problems);
}

function parseAggregate(
  from: Params,
  path: string,
  outer: Inherited,
  problems: ParamProblem[],
): Aggregate | undefined {
  const fn = oneOf(from['fn'], VELOCITY_FUNCTIONS, `${path}/fn`, problems);
  const { kinds, paid } = parseKinds(from['events'], `${path}/events`, problems);
  if (paid && fn !== undefined && SUMMED.has(fn))
    problems.push({
      path: `${path}/events`,
      message: 'succeeded is counted, not summed; history knows paidMinor',
    });
  const filters = parseFilters(from['filter'], `${path}/filter`, problems);
  const given = from['clock'];
  const clock =
    given === undefined ? defaultClock(kinds, paid) : oneOf(given, CLOCKS, `${path}/clock`, problems);
  if (fn === undefined || fn === 'ratio' || clock === undefined) return undefined;
  const of = parseOf(fn, from['of'], `${path}/of`, problems);
  if (outer.window === undefined) return undefined;
  const { window, includeCurrent } = outer;
  return { fn, of, kinds, filters, window, clock, oncePaid: paid && fn === 'count', includeCurrent };
}

function parseOf(
  fn: Aggregate['fn'],
  of: Json | undefined,
  path: string,
  problems: ParamProblem[],
): Aggregate['of'] {
  if (fn === 'count') {
    if (of !== undefined) problems.push({ path, message: 'count takes no `of`; use distinct or a filter' });
    return undefined;
  }
  if (fn === 'distinct') return parseAttribute(of, path, problems);
  if (of === undefined || of === 'amount') return 'amount';
  if (typeof of === 'string' && /^amount:[A-Z]{3}$/.test(of)) return of as `amount:${string}`;
  problems.push({
    path,
    message: 'must be "amount" (base currency) or "amount:" and a currency, as in "amount:EUR"',
  });
  return undefined;
}

function parseBy(by: Json | undefined, problems: ParamProblem[]): readonly Attribute[] {
  const names = Array.isArray(by) ? by : [by];
  if (names.length === 0 || names.length > 4) {
    problems.push({ path: '/by', message: 'must be one to four attributes' });
    return [];
  }
  const known: Attribute[] = [];
  for (const [index, name] of names.entries()) {
    const attribute = parseAttribute(name, Array.isArray(by) ? `/by/${index}` : '/by', problems);
    if (attribute !== undefined && !known.includes(attribute)) known.push(attribute);
  }
  const keys: readonly Attribute[] = KEY_ATTRIBUTES;
  if (known.length > 0 && !known.some((name) => keys.includes(name)))
    problems.push({ path: '/by', message: `must name at least one of ${KEY_ATTRIBUTES.join(', ')}` });
  return known.toSorted();
}

function parseWindow(
  window: Json | undefined,
  path: string,
  problems: ParamProblem[],
): SlidingWindow | CalendarWindow | undefined {
  if (!isObject(window)) {
    const ms = parseDuration(window, path, problems);
    return { type: 'sliding', ms };
  }
  onlyFields(window, ['calendar', 'zone'], path, problems);
  const unit = oneOf(window['calendar'], ['day', 'month'] as const, `${path}/calendar`, problems);
  const zone = window['zone'] ?? 'site';
  if (typeof zone !== 'string' || (zone !== 'site' && zone !== 'merchant' && !isTimeZone(zone))) {
    problems.push({ path: `${path}/zone`, message: 'must be "site", "merchant" or an IANA time zone' });
    return undefined;
  }
  return unit === undefined ? undefined : { type: 'calendar', unit, zone };
}

/** The kinds, and whether authorisations and captures stand for payments that succeeded. */
function parseKinds(
  events: Json | undefined,
  path: string,
  problems: ParamProblem[],
): { readonly kinds: readonly StreamKind[]; readonly paid: boolean } {
  if (events === undefined) return { kinds: ['payment'], paid: false };
  const names = Array.isArray(events) ? events : [events];
  if (names.length === 0) problems.push({ path, message: 'must name at least one kind of event' });
  const kinds = new Set<StreamKind>();
  const paid = names.includes(SUCCEEDED);
  for (const [index, name] of names.entries()) {
    const kind = oneOf(name, EVENTS, Array.isArray(events) ? `${path}/${index}` : path, problems);
    if (paid && (kind === 'authorised' || kind === 'captured'))
      problems.push({ path, message: `succeeded stands for ${kind} too: name only one of them` });
    if (kind !== undefined && kind !== SUCCEEDED) kinds.add(kind);
  }
  if (paid) kinds.add('authorised').add('captured');
  return { kinds: [...kinds].toSorted(), paid };
}

/** A payment succeeds when it is made, however late that is told: a capture of days ago is no success of today. */
function defaultClock(kinds: readonly StreamKind[], paid: boolean): Clock {
  if (paid) return 'payment';
  return kinds.every((kind) => REPORTS.has(kind)) ? 'known' : 'event';
}

function parseFilters(
  filter: Json | undefined,
  path: string,
  problems: ParamProblem[],
): readonly AttributeFilter[] {
  if (filter === undefined) return [];
  if (!isObject(filter)) {
    problems.push({ path, message: 'must be an object: attribute to value, values or {"not": …}' });
    return [];
  }
  const filters: AttributeFilter[] = [];
  for (const name of Object.keys(filter).toSorted()) {
    const attribute = parseAttribute(name, `${path}/${name}`, problems);
    const wanted = filter[name];
    const negated = isObject(wanted);
    if (negated) onlyFields(wanted, ['not'], `${path}/${name}`, problems);
    const values = parseValues(
      negated ? wanted['not'] : wanted,
      `${path}/${name}${negated ? '/not' : ''}`,
      problems,
    );
    if (attribute === 'bin' && values.some((value) => normaliseBin(value) !== countedBin(value)))
      problems.push({
        path: `${path}/bin`,
        message: 'payments are counted by the first six digits of their BIN: write no more',
      });
    if (attribute !== undefined) filters.push({ attribute, values, negated });
  }
  return filters;
}

function parseValues(wanted: Json | undefined, path: string, problems: ParamProblem[]): readonly string[] {
  const list = Array.isArray(wanted) ? wanted : [wanted];
  const values = list.filter((value) => typeof value === 'string' && value !== '') as string[];
  if (values.length !== list.length || list.length === 0)
    problems.push({ path, message: 'must be a text that is not empty, or a list of such' });
  return [...new Set(values)].toSorted();
}
