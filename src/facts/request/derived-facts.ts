import type { ParamProblem } from '../../rules/catalogue.js';
import type { FactParams } from '../../rules/document/document.js';
import { ATTRIBUTE_INDEX, ATTRIBUTES, type Attribute } from '../attributes.js';
import type { PaymentContext } from '../context.js';
import { ATTRIBUTE_MEANINGS } from '../meanings.js';
import { hourIn, isTimeZone, weekdayIn } from '../velocity/calendar.js';
import type { RequestFact } from './request-fact.js';

const ZONE_PARAMS = {
  type: 'object',
  properties: {
    zone: {
      type: 'string',
      default: 'site',
      description: 'Whose clock: site, merchant, or an IANA time zone such as Europe/Berlin.',
    },
  },
  additionalProperties: false,
} as const;

/** Countries of a payment that can be compared with each other. */
const PLACES = ['ip', 'issuer', 'billing', 'shipping', 'site', 'phone'] as const;
type Place = (typeof PLACES)[number];

const COUNTRY_OF: Readonly<Record<Place, (context: PaymentContext) => string>> = {
  ip: ({ ipCountry }) => ipCountry,
  issuer: ({ issuerCountry }) => issuerCountry,
  billing: ({ billingCountry }) => billingCountry,
  shipping: ({ shippingCountry }) => shippingCountry,
  site: ({ site }) => site.country,
  phone: ({ phone }) => phone.country,
};

/** Facts that are worked out from a payment by parameters. */
export const DERIVED_FACTS: readonly RequestFact[] = [
  {
    name: 'time.hour',
    type: 'number',
    source: 'clock',
    description: 'Hour of the decision on a local clock, 0 to 23.',
    range: [0, 23],
    whole: true,
    params: ZONE_PARAMS,
    checkParams: checkZone,
    example: { fact: 'time.hour', params: { zone: 'site' }, operator: 'lessThan', value: 5 },
    reader: (params) => {
      const zone = zoneOf(params);
      return (context) => hourIn(context.eventTime, zone(context));
    },
  },
  {
    name: 'time.weekday',
    type: 'number',
    source: 'clock',
    description: 'Day of the week of the decision on a local calendar, 1 (Monday) to 7 (Sunday).',
    range: [1, 7],
    whole: true,
    params: ZONE_PARAMS,
    checkParams: checkZone,
    example: { fact: 'time.weekday', operator: 'greaterThanInclusive', value: 6 },
    reader: (params) => {
      const zone = zoneOf(params);
      return (context) => weekdayIn(context.eventTime, zone(context));
    },
  },
  {
    name: 'has',
    type: 'boolean',
    source: 'request',
    description: 'Whether the payment has a value for an attribute; never missing.',
    params: {
      type: 'object',
      properties: { of: { enum: [...ATTRIBUTES], description: 'The attribute.' } },
      required: ['of'],
      additionalProperties: false,
    },
    meanings: { of: ATTRIBUTE_MEANINGS },
    example: { fact: 'has', params: { of: 'device' }, operator: 'equal', value: false },
    reader: (params) => {
      const index = ATTRIBUTE_INDEX[params['of'] as Attribute];
      return ({ event }) => event.attributes[index] !== 0;
    },
  },
  {
    name: 'geo.mismatch',
    type: 'boolean',
    source: 'geography',
    description: 'Whether two countries of the payment differ; missing when either is not known.',
    params: {
      type: 'object',
      properties: {
        a: { enum: [...PLACES], description: 'One country.' },
        b: { enum: [...PLACES], description: 'The other country.' },
      },
      required: ['a', 'b'],
      additionalProperties: false,
    },
    checkParams: (params) =>
      params['a'] === params['b'] ? [{ path: '/b', message: 'must be another place than a' }] : [],
    example: { fact: 'geo.mismatch', params: { a: 'ip', b: 'issuer' }, operator: 'equal', value: true },
    reader: (params) => {
      const a = COUNTRY_OF[params['a'] as Place];
      const b = COUNTRY_OF[params['b'] as Place];
      return (context) => {
        const [first, second] = [a(context), b(context)];
        return first === '' || second === '' ? undefined : first !== second;
      };
    },
  },
];

function checkZone(params: FactParams): readonly ParamProblem[] {
  const zone = params['zone'];
  if (typeof zone !== 'string' || zone === 'site' || zone === 'merchant' || isTimeZone(zone)) return [];
  return [{ path: '/zone', message: `${zone} is neither site, merchant nor an IANA time zone` }];
}

function zoneOf(params: FactParams): (context: PaymentContext) => string {
  const zone = params['zone'] ?? 'site';
  if (zone === 'site') return ({ zones }) => zones.site;
  if (zone === 'merchant') return ({ zones }) => zones.merchant;
  return () => zone as string;
}
