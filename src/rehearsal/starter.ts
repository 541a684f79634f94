import type { Condition, CumulativeLimit, Rule, RuleSetDocument } from '../rules/document/document.js';
import type { CaseFile, CaseForm } from './case-file.js';

/** What a new rule set begins with. */
export const STARTER_KINDS = ['velocity', 'score', 'list', 'three-ds', 'limit'] as const;
export type StarterKind = (typeof STARTER_KINDS)[number];

/** A rule set that can be put to use, and cases for it: one that hits and one that just does not. */
export interface Starter {
  readonly rules: RuleSetDocument;
  readonly cases: CaseFile;
}

/** What a starter is written with. */
export interface StarterOptions {
  /** 1 to 64 of [a-z0-9-]. */
  readonly id: string;
  readonly kind: StarterKind;
  readonly owner: string;
  /** A list of e-mail addresses that there is, for `list`. */
  readonly list: string;
}

/** The first rule of a new set, with its cases: it passes the checks, and its cases pass. */
export function starterOf({ id, kind, owner, list }: StarterOptions): Starter {
  const { description, cases, ...parts } = PARTS[kind](reasonFor(id), list);
  return {
    rules: {
      $schema: './rule-set.schema.json',
      id,
      kind: 'screening',
      description,
      owner,
      rules: [],
      ...parts,
    },
    cases: { $schema: './cases.schema.json', cases },
  };
}

/** Reason codes begin with a letter or digit, and have 64 characters at most. */
function reasonFor(id: string): (name: string) => string {
  const start = id.replace(/^-+/, '').slice(0, 40);
  return (name) => (start === '' ? name : `${start}.${name}`);
}

interface Parts extends Pick<RuleSetDocument, 'description'>, Partial<Omit<RuleSetDocument, 'description'>> {
  readonly cases: readonly CaseForm[];
}

const has = (of: string): Condition => ({ fact: 'has', params: { of }, operator: 'equal', value: true });
const least = (fact: string, value: number): Condition => ({ fact, operator: 'greaterThanInclusive', value });

const PARTS: Readonly<Record<StarterKind, (reason: (name: string) => string, list: string) => Parts>> = {
  velocity: (reason) => ({
    description: 'How often a card pays. Say here what the set is for.',
    rules: [burst(reason('card-burst'))],
    cases: burstCases(),
  }),

  score: (reason) => ({
    description: 'Weak signs that count together. Say here what the set is for.',
    thresholds: [{ score: 60, outcome: 'review', reason: reason('signs'), threeDs: 'challenge' }],
    rules: [
      {
        name: 'guest',
        description: 'The payer has no account.',
        conditions: { all: [{ fact: 'customer.guest', operator: 'equal', value: true }] },
        event: { type: 'score', params: { reason: reason('guest'), score: 20 } },
      },
      {
        name: 'large',
        description: 'From 500.00 on, in minor units of the base currency.',
        conditions: { all: [least('payment.amountBase', 50_000)] },
        event: { type: 'score', params: { reason: reason('large'), score: 40 } },
      },
    ],
    cases: [
      {
        name: 'a guest with a large amount is looked at',
        stream: [{ payment: { amount: '500.00 USD' } }],
        expect: { outcome: 'review', threeDs: 'challenge', hits: ['guest', 'large'] },
      },
      {
        name: 'a guest with a little less is not',
        stream: [{ payment: { amount: '499.99 USD' } }],
        expect: { outcome: 'accept', hits: ['guest'], notHits: ['large'] },
      },
      {
        name: 'nor is a customer with a large amount',
        stream: [{ payment: { amount: '500.00 USD', customer: 'c-1' } }],
        expect: { outcome: 'accept', hits: ['large'], notHits: ['guest'] },
      },
    ],
  }),

  list: (reason, list) => ({
    description: 'Payers on a list. Say here what the set is for.',
    rules: [
      {
        name: 'listed-email',
        description: `The e-mail address stands on the list ${list}.`,
        conditions: {
          all: [has('email'), { fact: 'list', params: { list }, operator: 'equal', value: true }],
        },
        event: { type: 'block', params: { reason: reason('listed-email') } },
      },
    ],
    cases: [
      {
        name: 'a listed address is blocked, however it is written',
        lists: { [list]: { type: 'email', values: ['eve@mail.example'] } },
        stream: [{ payment: { email: 'Eve@Mail.example' } }],
        expect: { outcome: 'block', hits: ['listed-email'] },
      },
      {
        name: 'another one is not',
        lists: { [list]: { type: 'email', values: ['eve@mail.example'] } },
        stream: [{ payment: { email: 'eva@mail.example' } }],
        expect: { outcome: 'accept', notHits: ['listed-email'] },
      },
    ],
  }),

  'three-ds': (reason) => ({
    description: 'Who has to authenticate. Say here what the set is for.',
    rules: [
      {
        name: 'large',
        description: 'From 250.00 on, in minor units of the base currency.',
        conditions: { all: [least('payment.amountBase', 25_000)] },
        event: { type: 'accept', params: { reason: reason('large'), threeDs: 'challenge' } },
      },
    ],
    cases: [
      {
        name: 'a large amount is challenged',
        stream: [{ payment: { amount: '250.00 USD' } }],
        expect: { outcome: 'accept', threeDs: 'challenge', hits: ['large'] },
      },
      {
        name: 'a little less is not',
        stream: [{ payment: { amount: '249.99 USD' } }],
        expect: { outcome: 'accept', threeDs: 'none', notHits: ['large'] },
      },
    ],
  }),

  limit: (reason) => ({
    description: 'How much a card may spend. Say here what the set is for.',
    limits: [cardDay(reason('card-day'))],
    cases: [
      {
        name: 'what fits is held',
        stream: [
          {
            at: '-1h',
            payment: { card: { fingerprint: 'f' }, amount: '600.00 USD' },
            followedBy: { event: 'authorised' },
          },
          { payment: { card: { fingerprint: 'f' }, amount: '400.00 USD' } },
        ],
        expect: { outcome: 'accept', held: ['card-day'] },
      },
      {
        name: 'a cent more is refused',
        stream: [
          {
            at: '-1h',
            payment: { card: { fingerprint: 'f' }, amount: '600.00 USD' },
            followedBy: { event: 'authorised' },
          },
          { payment: { card: { fingerprint: 'f' }, amount: '400.01 USD' } },
        ],
        expect: { outcome: 'reject', exceeded: ['card-day'] },
      },
    ],
  }),
};

function burst(reason: string): Rule {
  return {
    name: 'card-burst',
    description: 'The fifth payment of a card within ten minutes.',
    conditions: {
      all: [
        has('card'),
        {
          fact: 'velocity',
          params: { fn: 'count', by: 'card', window: '10m' },
          operator: 'greaterThanInclusive',
          value: 4,
        },
      ],
    },
    event: { type: 'review', params: { reason, threeDs: 'challenge' } },
  };
}

function burstCases(): readonly CaseForm[] {
  const earlier = (repeat: number): CaseForm['stream'] => [
    { at: '-5m', payment: { card: { fingerprint: 'f' } }, repeat, every: '30s' },
    { payment: { card: { fingerprint: 'f' } } },
  ];
  return [
    {
      name: 'the fifth payment of a card within ten minutes is looked at',
      stream: earlier(4),
      expect: { outcome: 'review', threeDs: 'challenge', hits: ['card-burst'] },
    },
    {
      name: 'the fourth is not',
      stream: earlier(3),
      expect: { outcome: 'accept', notHits: ['card-burst'] },
    },
  ];
}

function cardDay(reason: string): CumulativeLimit {
  return {
    name: 'card-day',
    description: 'At most 1,000.00 a day with one card.',
    when: { all: [has('card')] },
    by: ['card'],
    period: 'day',
    zone: 'site',
    cap: { minor: 100_000, currency: 'USD' },
    outcome: 'reject',
    reason,
  };
}
