import type { FactCatalogue, FactDefinition } from '../../src/rules/catalogue.js';

function lengthOf(window: string): number {
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
  return Number(window.slice(0, -1)) * (units[window.slice(-1)] ?? 0);
}

const FACTS: readonly FactDefinition[] = [
  { name: 'amount', type: 'number', source: 'request', description: 'Minor units.', range: [0, 9e15] },
  {
    name: 'pieces',
    type: 'number',
    source: 'request',
    description: 'How many.',
    range: [0, Infinity],
    whole: true,
  },
  { name: 'country', type: 'string', source: 'request', description: 'ISO 3166.' },
  {
    name: 'kind',
    type: 'string',
    source: 'request',
    description: 'What is paid with.',
    values: ['card', 'voucher', 'transfer'],
  },
  { name: 'guest', type: 'boolean', source: 'request', description: 'No account.' },
  { name: 'skus', type: 'string-list', source: 'request', description: 'What is bought.' },
  { name: 'extra', type: 'object', source: 'request', description: 'Whatever the site sends.' },
  {
    name: 'velocity',
    type: 'number',
    source: 'velocity',
    description: 'How many.',
    range: [0, Infinity],
    params: {
      type: 'object',
      required: ['by', 'window'],
      properties: {
        by: { enum: ['card', 'email', 'ip'] },
        window: { type: 'string', pattern: '^[0-9]+[smhd]$' },
      },
      additionalProperties: false,
    },
    growth: ({ by, window }) =>
      typeof window === 'string' ? { alike: `velocity ${String(by)}`, back: lengthOf(window) } : undefined,
    checkParams: ({ window }) =>
      window === '0s' ? [{ path: '/window', message: 'must be longer than nothing' }] : [],
  },
  {
    name: 'list',
    type: 'boolean',
    source: 'list',
    description: 'On a list.',
    params: {
      type: 'object',
      required: ['list'],
      properties: { list: { type: 'string' }, of: { type: 'string' } },
      additionalProperties: false,
    },
  },
];

/** One fact of every type, and two with parameters. */
export const CATALOGUE: FactCatalogue = new Map(FACTS.map((fact) => [fact.name, fact]));
