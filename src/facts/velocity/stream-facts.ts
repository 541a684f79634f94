import type { FactDefinition, Growth, ParamProblem } from '../../rules/catalogue.js';
import type { Json } from '../../rules/document/document.js';
import { neverHas } from '../attributes/form.js';
import { ATTRIBUTE_VALUES, PAYMENT_ATTRIBUTES, REPORT_ATTRIBUTES } from '../attributes/vocabulary.js';
import { ATTRIBUTES, STREAM_KINDS } from '../attributes.js';
import { FUNCTION_MEANINGS, HABIT_MEANINGS, HISTORY_MEANINGS, KIND_MEANINGS } from '../meanings.js';
import { CLOCKS, SUCCEEDED, VELOCITY_FUNCTIONS, type Aggregate } from './specs/velocity-spec.js';
import { clockWarnings } from './specs/clock-warnings.js';
import { HISTORY_CASES, VELOCITY_CASES } from './specs/param-cases.js';
import { parseHabit, parseHistory, parseVelocity, type Params } from './specs/parse.js';
import { HABIT_QUESTIONS, HISTORY_QUESTIONS } from './specs/specs.js';

const ATTRIBUTE = { type: 'string', enum: [...ATTRIBUTES] };
const KEY = { type: 'string', enum: [...PAYMENT_ATTRIBUTES] };
const BY = {
  description: 'The key: one attribute, or up to four together; at least one that payments can be found by.',
  anyOf: [KEY, { type: 'array', items: KEY, minItems: 1, maxItems: 4, uniqueItems: true }],
};
const DURATION = {
  type: 'string',
  pattern: '^[1-9][0-9]{0,8}(s|m|h|d)$',
  examples: ['10m', '1h', '24h', '7d', '30d'],
};
const WINDOW = {
  description:
    'How far back, at most 3650d: a duration such as 90s, 10m, 24h or 30d, or the present calendar day or month.',
  anyOf: [
    DURATION,
    {
      type: 'object',
      properties: {
        calendar: { enum: ['day', 'month'], description: 'The present day or month.' },
        zone: {
          type: 'string',
          default: 'site',
          examples: ['merchant'],
          description: 'site, merchant or an IANA time zone.',
        },
      },
      required: ['calendar'],
      additionalProperties: false,
    },
  ],
};
const EVENT = { type: 'string', enum: [...STREAM_KINDS, SUCCEEDED] };
/** A value, several, or none of some. */
function filterOf(value: { readonly [keyword: string]: Json }): { readonly [keyword: string]: Json } {
  const texts = [value, { type: 'array', items: value, minItems: 1, maxItems: 100 }];
  const not = { anyOf: texts };
  return {
    anyOf: [
      ...texts,
      { type: 'object', properties: { not }, required: ['not'], additionalProperties: false },
    ],
  };
}
const SUMMED = { type: 'string', pattern: '^amount(:[A-Z]{3})?$', examples: ['amount', 'amount:EUR'] };

const AGGREGATE = {
  fn: { enum: [...VELOCITY_FUNCTIONS], description: 'What is computed.' },
  window: WINDOW,
  events: {
    description: 'Which events are looked at; payments by default.',
    anyOf: [EVENT, { type: 'array', items: EVENT, minItems: 1, uniqueItems: true }],
  },
  filter: {
    description: 'Only events whose attributes have one of these values, or, with not, have none of them.',
    type: 'object',
    propertyNames: ATTRIBUTE,
    properties: Object.fromEntries(
      Object.entries(ATTRIBUTE_VALUES).map(([name, values]) => [
        name,
        filterOf({ type: 'string', enum: [...values] }),
      ]),
    ),
    additionalProperties: filterOf({ type: 'string' }),
  },
  clock: {
    enum: [...CLOCKS],
    description:
      'What the window goes by: when it became known (the default where all events are refund-claimed, fraud-warning, ' +
      'chargeback or label), when the payment was made that it is about (the default of succeeded), or when it happened ' +
      '(the default of everything else).',
  },
};
const PART = {
  type: 'object',
  properties: {
    ...AGGREGATE,
    of: {
      anyOf: [ATTRIBUTE, SUMMED],
      description: 'An attribute for distinct; amount or amount:EUR for sums.',
    },
  },
  required: ['fn'],
  additionalProperties: false,
};

/** Facts over the stream of payments and of what was reported about them. */
export const STREAM_FACTS: readonly FactDefinition[] = [
  {
    name: 'velocity',
    type: 'number',
    source: 'velocity',
    description:
      'Counts, sums and the like over earlier events of the same key; amounts in minor units of the base currency. ' +
      'Missing when the payment lacks the key, or, but for count, sum and distinct, when there is nothing to compute from.',
    range: [0, Number.MAX_VALUE],
    unit: velocityUnit,
    whole: ({ fn }) => fn === 'count' || fn === 'distinct',
    growth: velocityGrowth,
    params: {
      type: 'object',
      properties: {
        ...AGGREGATE,
        of: {
          description:
            'An attribute for distinct; amount (base currency) or amount:EUR for sum, avg, max, min and stddev; two parts for ratio.',
          anyOf: [ATTRIBUTE, SUMMED, { type: 'array', items: PART, minItems: 2, maxItems: 2 }],
        },
        by: BY,
        includeCurrent: {
          type: 'boolean',
          default: false,
          description: 'Whether the payment itself counts.',
        },
      },
      required: ['fn', 'by', 'window'],
      additionalProperties: false,
    },
    paramCases: VELOCITY_CASES,
    checkParams: velocityProblems,
    warnParams: clockWarnings,
    meanings: { fn: FUNCTION_MEANINGS, events: KIND_MEANINGS },
    example: {
      fact: 'velocity',
      params: { fn: 'count', by: 'card', window: '1h' },
      operator: 'greaterThanInclusive',
      value: 5,
    },
  },
  {
    name: 'history',
    type: 'number',
    source: 'history',
    description:
      'What is known of the key’s past orders: how many were paid, refunded, claimed, charged back, and the like.',
    range: [0, Number.MAX_VALUE],
    rangeFor: ({ what }) => (typeof what === 'string' && what.endsWith('Share') ? [0, 1] : undefined),
    unit: ({ what }) => (typeof what === 'string' ? historyUnit(what) : undefined),
    whole: ({ what }) => typeof what !== 'string' || !what.endsWith('Share'),
    params: {
      type: 'object',
      properties: {
        by: BY,
        what: { enum: [...HISTORY_QUESTIONS], description: 'The question.' },
        window: { ...DURATION, description: 'How far back; by default 730d (declinesInRow: 24h).' },
        goodAfterDays: {
          type: 'number',
          minimum: 0,
          maximum: 3650,
          default: 30,
          description: 'goodOrders: how old an order must be.',
        },
      },
      required: ['by', 'what'],
      additionalProperties: false,
    },
    paramCases: HISTORY_CASES,
    checkParams: (params) => problemsOf(parseHistory(params)),
    meanings: { what: HISTORY_MEANINGS },
    example: {
      fact: 'history',
      params: { by: ['customer', 'card'], what: 'goodOrders' },
      operator: 'greaterThanInclusive',
      value: 3,
    },
  },
  {
    name: 'habit',
    type: 'number',
    source: 'history',
    description:
      'This payment’s amount (base currency) against the key’s earlier ones, card checks left out; missing while there are too few of them.',
    params: {
      type: 'object',
      properties: {
        by: BY,
        window: { ...DURATION, description: 'How far back.' },
        what: {
          enum: [...HABIT_QUESTIONS],
          default: 'ratio',
          description:
            'ratio: amount over mean; zscore: distance from the mean in standard deviations; mean; count.',
        },
        minCount: {
          type: 'number',
          minimum: 1,
          default: 3,
          description: 'Earlier payments it takes to know a habit.',
        },
      },
      required: ['by', 'window'],
      additionalProperties: false,
    },
    checkParams: (params) => problemsOf(parseHabit(params)),
    meanings: { what: HABIT_MEANINGS },
    example: {
      fact: 'habit',
      params: { by: 'customer', window: '180d', what: 'ratio' },
      operator: 'greaterThan',
      value: 5,
    },
  },
];

const BASE_MINOR = 'minor units of the base currency';

function velocityUnit({ fn, of }: Params): string | undefined {
  if (typeof of !== 'string' || !of.startsWith('amount') || fn === 'distinct') return undefined;
  return of === 'amount' ? BASE_MINOR : `minor units of ${of.slice('amount:'.length)}`;
}

/** Not of a sum, which is not exact where it is huge, nor of the largest, which of nothing is missing. */
function velocityGrowth(params: Params): Growth | undefined {
  const parsed = parseVelocity(params);
  if ('problems' in parsed) return undefined;
  const { by, value, over } = parsed.ok;
  const { window, ...rest } = value;
  if (over !== undefined || window.type !== 'sliding') return undefined;
  if (value.fn !== 'count' && value.fn !== 'distinct') return undefined;
  return { alike: `velocity:${JSON.stringify([by, rest])}`, back: window.ms };
}

function historyUnit(what: string): string | undefined {
  if (what.endsWith('Minor')) return BASE_MINOR;
  return what === 'firstSeenDays' || what === 'daysSinceLastPayment' ? 'days' : undefined;
}

function velocityProblems(params: Params): readonly ParamProblem[] {
  const parsed = parseVelocity(params);
  if ('problems' in parsed) return parsed.problems;
  const { value, over } = parsed.ok;
  if (over === undefined) return partProblems(value, '');
  return [...partProblems(value, '/of/0'), ...partProblems(over, '/of/1')];
}

function partProblems(part: Aggregate, path: string): ParamProblem[] {
  return [...countsNothing(part, path), ...neverThere(part, path)];
}

/** Only looked at when a version is made: what was stored before keeps its meaning. */
function neverThere({ filters }: Aggregate, path: string): ParamProblem[] {
  return filters.flatMap(({ attribute, values }) =>
    values.flatMap((value) => {
      const why = neverHas(attribute, value);
      return why === undefined
        ? []
        : [{ path: `${path}/filter/${attribute}`, message: `${JSON.stringify(value)} ${why}` }];
    }),
  );
}

/** Over payments alone, what only reports have is never there. */
function countsNothing({ kinds, of, filters }: Aggregate, path: string): ParamProblem[] {
  if (kinds.some((kind) => kind !== 'payment')) return [];
  const isReported = (name: unknown): boolean => REPORT_ATTRIBUTES.some((known) => known === name);
  const message = 'no payment has this, only reports do: say in "events" which';
  const asked = filters.filter(({ attribute, negated }) => !negated && isReported(attribute));
  return [
    ...asked.map(({ attribute }) => ({ path: `${path}/filter/${attribute}`, message })),
    ...(isReported(of) ? [{ path: `${path}/of`, message }] : []),
  ];
}

function problemsOf<P>(parsed: { readonly ok: unknown } | { readonly problems: readonly P[] }): readonly P[] {
  return 'ok' in parsed ? [] : parsed.problems;
}
