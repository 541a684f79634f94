import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileProgram } from '../../../src/rules/compile/compile.js';
import type {
  Rule,
  RuleEventParams,
  RuleEventType,
  RuleSetDocument,
} from '../../../src/rules/document/document.js';
import {
  ERROR,
  HIT,
  NO_HIT,
  OUTCOMES,
  SKIPPED,
  strongerOutcome,
  THREE_DS_DEMANDS,
  UNKNOWN,
  type Authentication,
  type Outcome,
} from '../../../src/rules/outcome.js';
import type { Verdict } from '../../../src/rules/program.js';
import { versionOf } from '../arbitraries.js';

type Event = readonly [type: RuleEventType, params?: Partial<RuleEventParams>];

function set(events: readonly Event[], more: Partial<RuleSetDocument> = {}): RuleSetDocument {
  return {
    id: 'a-set',
    description: 'd',
    owner: 'o',
    rules: events.map(([type, params], at): Rule => ({
      name: `r${at}`,
      conditions: { all: [] },
      event: { type, params: { reason: `why.${at}`, ...params } },
    })),
    ...more,
  };
}

function verdict(states: readonly number[], ...sets: RuleSetDocument[]): Verdict {
  return verdictWhen('possible', states, ...sets);
}

function verdictWhen(
  authentication: Authentication,
  states: readonly number[],
  ...sets: RuleSetDocument[]
): Verdict {
  return compileProgram(sets.map(versionOf)).verdict(Uint8Array.from(states), authentication);
}

const THRESHOLDS: RuleSetDocument['thresholds'] = [
  { score: 10, outcome: 'review', reason: 'score.medium', threeDs: 'request' },
  { score: 30, outcome: 'reject', reason: 'score.high', threeDs: 'challenge' },
];

test('nothing hit: accepted, with nothing asked', () => {
  expect(verdict([NO_HIT, SKIPPED], set([['block'], ['reject']]))).toEqual({
    outcome: 'accept',
    threeDs: 'none',
    exemption: 'none',
    reasons: [],
    hits: [],
    scores: {},
    degraded: false,
  });
});

describe('the lattice: block > allow > reject > review > accept', () => {
  const strength: Record<Outcome, number> = { accept: 0, review: 1, reject: 2, allow: 3, block: 4 };
  const pairs = OUTCOMES.flatMap((a) => OUTCOMES.map((b) => [a, b] as const));

  test.each(pairs)('%s and %s', (a, b) => {
    const wins = strength[a] >= strength[b] ? a : b;
    expect(verdict([HIT, HIT], set([[a], [b]])).outcome).toBe(wins);
    // Also across sets, whichever is first.
    expect(verdict([HIT, HIT], set([[a]]), set([[b]])).outcome).toBe(wins);
  });

  test('does not depend on the order of rules or sets', () => {
    const event = fc.tuple(
      fc.constantFrom<RuleEventType[]>(...OUTCOMES, 'score'),
      fc.integer({ min: 0, max: 4 }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), fc.nat(), (drawn, cut) => {
        const events = drawn.map(([type]): Event => [type, { score: 3 }]);
        const states = drawn.map(([, state]) => state);
        const one = verdict(states, set(events));
        const reversed = verdict(states.toReversed(), set(events.toReversed()));
        expect([reversed.outcome, reversed.degraded]).toEqual([one.outcome, one.degraded]);
        const at = cut % (events.length + 1);
        const two = verdict(states, set(events.slice(0, at)), set(events.slice(at)));
        expect([two.outcome, two.degraded]).toEqual([one.outcome, one.degraded]);
        const mayBlock = drawn.some(
          ([type, state]) => type === 'block' && (state === UNKNOWN || state === ERROR),
        );
        const strongest = drawn
          .filter(([type, state]) => state === HIT && type !== 'score' && !(mayBlock && type === 'allow'))
          .reduce<Outcome>((best, [type]) => strongerOutcome(best, type as Outcome), 'accept');
        expect(strongerOutcome(one.outcome, strongest)).toBe(one.outcome);
      }),
    );
  });
});

describe('3-D Secure and exemptions', () => {
  const pairs = THREE_DS_DEMANDS.flatMap((a, i) =>
    THREE_DS_DEMANDS.map((b, j) => [a, b, i >= j ? a : b] as const),
  );

  test.each(pairs)('%s and %s: %s', (a, b, expected) => {
    expect(
      verdict(
        [HIT, HIT],
        set([
          ['accept', { threeDs: a }],
          ['score', { threeDs: b }],
        ]),
      ).threeDs,
    ).toBe(expected);
  });

  test('the strongest wish for an exemption is kept unless a challenge or mandate wins', () => {
    const wishes = set([
      ['accept', { exemption: 'tra' }],
      ['accept', { exemption: 'corporate' }],
      ['accept', { exemption: 'low-value' }],
      ['review', { threeDs: 'request' }],
      ['review', { threeDs: 'challenge' }],
    ]);
    expect(verdict([HIT, HIT, HIT, HIT, NO_HIT], wishes).exemption).toBe('corporate');
    expect(verdict([HIT, NO_HIT, HIT, NO_HIT, NO_HIT], wishes).exemption).toBe('low-value');
    expect(verdict([HIT, HIT, HIT, HIT, HIT], wishes).exemption).toBe('none');
    expect(verdict([UNKNOWN, NO_HIT, NO_HIT, NO_HIT, NO_HIT], wishes).exemption).toBe('none');
  });

  test('an unknown rule demands a request at most, and only where unknown is not accepted', () => {
    const demanding = (onUnknown: 'accept' | 'review') =>
      set([['review', { threeDs: 'mandate' }]], { policy: { onUnknown } });
    expect(verdict([UNKNOWN], demanding('review')).threeDs).toBe('request');
    expect(verdict([UNKNOWN], demanding('accept')).threeDs).toBe('none');
    expect(verdict([ERROR], demanding('review')).threeDs).toBe('none');
  });
});

describe('an allow lifts what others demand of 3-D Secure, but no mandate', () => {
  test.each([
    ['request', 'none'],
    ['challenge', 'none'],
    ['mandate', 'mandate'],
  ] as const)('%s becomes %s', (threeDs, expected) => {
    expect(verdict([HIT, HIT], set([['allow'], ['review', { threeDs }]]))).toMatchObject({
      outcome: 'allow',
      threeDs: expected,
    });
    // Also across sets, whichever is first.
    expect(verdict([HIT, HIT], set([['accept', { threeDs }]]), set([['allow']])).threeDs).toBe(expected);
  });

  test('nor what it demands itself, nor anything where it does not win', () => {
    const own = set([
      ['allow', { threeDs: 'request' }],
      ['review', { threeDs: 'challenge' }],
    ]);
    expect(verdict([HIT, HIT], own)).toMatchObject({ outcome: 'allow', threeDs: 'request' });
    const blocked = set([['allow'], ['block'], ['review', { threeDs: 'challenge' }]]);
    expect(verdict([HIT, HIT, HIT], blocked)).toMatchObject({ outcome: 'block', threeDs: 'challenge' });
    expect(verdict([UNKNOWN, NO_HIT, HIT], blocked).threeDs).toBe('challenge');
  });

  test('a threshold that allows does so too', () => {
    const trusted = set(
      [
        ['score', { score: 20 }],
        ['review', { threeDs: 'challenge' }],
      ],
      {
        thresholds: [{ score: 10, outcome: 'allow', reason: 'trusted', threeDs: 'request' }],
      },
    );
    expect(verdict([HIT, HIT], trusted)).toMatchObject({ outcome: 'allow', threeDs: 'request' });
  });

  test('a lifted challenge costs no exemption', () => {
    const wishing = set([
      ['allow', { exemption: 'trusted' }],
      ['review', { threeDs: 'challenge' }],
    ]);
    expect(verdict([HIT, HIT], wishing)).toMatchObject({ threeDs: 'none', exemption: 'trusted' });
  });
});

describe('where 3-D Secure cannot run', () => {
  const without = (withoutThreeDs?: 'accept' | 'review' | 'reject', ...more: readonly Event[]) =>
    set([['review', { threeDs: 'challenge' }], ...more], {
      policy: withoutThreeDs === undefined ? {} : { withoutThreeDs },
    });

  test.each([
    [undefined, 'review'],
    ['review', 'review'],
    ['accept', 'accept'],
    ['reject', 'reject'],
  ] as const)('a review is what withoutThreeDs says: %s, so %s', (policy, outcome) => {
    for (const why of ['no-card', 'merchant-initiated'] as const) {
      expect(verdictWhen(why, [HIT], without(policy))).toMatchObject({
        outcome,
        threeDs: 'none',
        reasons: ['why.0', `three-ds.${why}`],
        hits: [{ state: 'hit', outcome }],
      });
    }
    expect(verdict([HIT], without(policy))).toMatchObject({
      outcome: 'review',
      threeDs: 'challenge',
      reasons: ['why.0'],
    });
  });

  test('the strictest of several sets wins, in the order of the lattice', () => {
    const [accept, review, reject] = [without('accept'), without('review'), without('reject')];
    expect(verdictWhen('no-card', [HIT, HIT], accept, review).outcome).toBe('review');
    expect(verdictWhen('no-card', [HIT, HIT], reject, review).outcome).toBe('reject');
    expect(verdictWhen('no-card', [HIT, NO_HIT], accept, reject).outcome).toBe('accept');
    expect(verdictWhen('no-card', [HIT, HIT], reject, set([['allow']])).outcome).toBe('allow');
    expect(verdictWhen('no-card', [HIT, HIT], accept, set([['reject']])).outcome).toBe('reject');
  });

  test('a threshold that asks for a review is a review too', () => {
    const policy = { withoutThreeDs: 'reject' as const };
    const scored = set([['score', { score: 12 }]], { thresholds: THRESHOLDS, policy });
    expect(verdictWhen('no-card', [HIT], scored)).toMatchObject({
      outcome: 'reject',
      threeDs: 'none',
      reasons: ['score.medium', 'why.0', 'three-ds.no-card'],
    });
    // Unknown points ask for what they could reach, at most what onUnknown says.
    expect(verdictWhen('no-card', [UNKNOWN], scored)).toMatchObject({ outcome: 'review', threeDs: 'none' });
  });

  test('an unknown rule asks for no more than it would have, a failed one for what onError says', () => {
    expect(verdictWhen('no-card', [UNKNOWN], without('accept'))).toMatchObject({
      outcome: 'accept',
      degraded: true,
      hits: [{ state: 'unknown', outcome: 'accept' }],
    });
    expect(verdictWhen('no-card', [UNKNOWN], without('reject')).outcome).toBe('review');
    expect(verdictWhen('no-card', [ERROR], without('accept')).outcome).toBe('review');
  });

  test('every demand falls away, and the reason says so only where that changed something', () => {
    const mandated = set([['accept', { threeDs: 'mandate', exemption: 'tra' }]]);
    expect(verdictWhen('no-card', [HIT], mandated)).toMatchObject({
      outcome: 'accept',
      threeDs: 'none',
      exemption: 'none',
      reasons: ['why.0', 'three-ds.no-card'],
    });
    expect(verdictWhen('no-card', [HIT], set([['review']])).reasons).toEqual(['why.0']);
    expect(verdictWhen('no-card', [NO_HIT], without('reject')).reasons).toEqual([]);
    const allowed = without('review', ['allow']);
    expect(verdictWhen('no-card', [HIT, HIT], allowed).reasons).toEqual(['why.1']);
  });
});

describe('scores', () => {
  const scored = set(
    [
      ['score', { score: 6 }],
      ['score', { score: 25 }],
      ['score', { score: -5 }],
      ['review', { score: 4 }],
    ],
    {
      thresholds: THRESHOLDS,
    },
  );

  test.each<[string, readonly number[], number, Outcome]>([
    ['below every threshold', [HIT, NO_HIT, NO_HIT, NO_HIT], 6, 'accept'],
    ['just reached, with the points of a review rule', [HIT, NO_HIT, NO_HIT, HIT], 10, 'review'],
    ['the highest one reached', [HIT, HIT, NO_HIT, NO_HIT], 31, 'reject'],
    ['taken back by negative points', [HIT, HIT, HIT, NO_HIT], 26, 'review'],
  ])('%s', (_, states, score, outcome) => {
    const result = verdict(states, scored);
    expect([result.outcome, result.scores]).toEqual([outcome, { 'a-set': score }]);
  });

  test('a reached threshold brings its demand and reason, and the reasons of its points', () => {
    const result = verdict([HIT, HIT, HIT, HIT], scored);
    expect(result.threeDs).toBe('challenge');
    expect(result.reasons).toEqual(['score.high', 'why.0', 'why.1', 'why.3']);
    expect(result.hits.map(({ rule, outcome, score }) => [rule, outcome, score])).toEqual([
      ['r0', 'accept', 6],
      ['r1', 'accept', 25],
      ['r2', 'accept', -5],
      ['r3', 'review', 4],
    ]);
  });

  test('are added within a set, not across sets', () => {
    const half = set([['score', { score: 6 }]], { thresholds: THRESHOLDS });
    expect(verdict([HIT, HIT], half, { ...half, id: 'other' })).toMatchObject({
      outcome: 'accept',
      scores: { 'a-set': 6, other: 6 },
    });
  });

  test('unknown points count for what they could reach, at most what the policy asks', () => {
    expect(verdict([HIT, UNKNOWN, NO_HIT, NO_HIT], scored)).toMatchObject({
      outcome: 'review',
      threeDs: 'request',
      degraded: true,
      scores: { 'a-set': 6 },
      reasons: ['score.medium', 'why.1'],
      hits: [{ rule: 'r0' }, { rule: 'r1', state: 'unknown', outcome: 'review', score: 0 }],
    });
    const strict = { ...scored, policy: { onUnknown: 'reject' as const } };
    expect(verdict([HIT, UNKNOWN, NO_HIT, NO_HIT], strict).outcome).toBe('reject');
    const lax = { ...scored, policy: { onUnknown: 'accept' as const } };
    expect(verdict([HIT, UNKNOWN, NO_HIT, NO_HIT], lax)).toMatchObject({
      outcome: 'accept',
      threeDs: 'none',
    });
  });

  test('unknown points that reach nothing, or are below zero, change nothing', () => {
    expect(verdict([UNKNOWN, NO_HIT, NO_HIT, NO_HIT], scored)).toMatchObject({
      outcome: 'accept',
      degraded: true,
    });
    expect(verdict([HIT, HIT, UNKNOWN, NO_HIT], scored).outcome).toBe('reject');
  });

  test('unknown points below zero do not make up for unknown points above', () => {
    const strict = { ...scored, policy: { onUnknown: 'reject' as const } };
    expect(verdict([HIT, UNKNOWN, UNKNOWN, NO_HIT], strict).outcome).toBe('reject');
  });

  test('unknown points that reach no further threshold contribute nothing to the one that is reached', () => {
    const reached = set(
      [
        ['score', { score: 12 }],
        ['score', { score: 3 }],
      ],
      { thresholds: THRESHOLDS ?? [] },
    );
    expect(verdict([HIT, UNKNOWN], reached)).toMatchObject({
      outcome: 'review',
      reasons: ['score.medium', 'why.0'],
      hits: [{ state: 'hit' }, { state: 'unknown', outcome: 'accept' }],
    });
  });

  test('a threshold that allows is never reached by unknown points, nor asks for anything because of them', () => {
    const trusting = set([['score', { score: 20 }]], {
      thresholds: [{ score: 10, outcome: 'allow', reason: 'trusted' }],
    });
    expect(verdict([HIT], trusting).outcome).toBe('allow');
    expect(verdict([UNKNOWN], trusting)).toMatchObject({ outcome: 'accept', reasons: [], degraded: true });
  });

  test('a threshold at 0 speaks without a hit', () => {
    const open = set([['score', { score: -5 }]], {
      thresholds: [{ score: 0, outcome: 'review', reason: 'base' }],
    });
    expect(verdict([NO_HIT], open)).toMatchObject({ outcome: 'review', reasons: ['base'] });
    expect(verdict([HIT], open).outcome).toBe('accept');
  });
});

describe('unknown and failed rules', () => {
  const weaker = (a: Outcome, b: Outcome): Outcome => (strongerOutcome(a, b) === a ? b : a);
  const cases = (['accept', 'review', 'reject'] as const).flatMap((policy) =>
    OUTCOMES.map((type) => [policy, type] as const),
  );

  test.each(cases)(
    'onUnknown %s, event %s: the weaker of both; an unknown allow says nothing',
    (onUnknown, type) => {
      const result = verdict([UNKNOWN], set([[type]], { policy: { onUnknown } }));
      expect(result.outcome).toBe(type === 'allow' ? 'accept' : weaker(onUnknown, type));
      expect(result).toMatchObject({ degraded: true, hits: [{ state: 'unknown', outcome: result.outcome }] });
      expect(result.reasons).toEqual(result.outcome === 'accept' ? [] : ['why.0']);
    },
  );

  test.each(cases)('onError %s, event %s: what the policy says', (onError, type) => {
    expect(verdict([ERROR], set([[type]], { policy: { onError } }))).toMatchObject({
      outcome: onError,
      degraded: true,
      hits: [{ state: 'error', outcome: onError }],
    });
  });

  test.each([UNKNOWN, ERROR])('nothing is allowed while a block may stand (state %i)', (state) => {
    const events: Event[] = [['allow'], ['block'], ['review', { threeDs: 'challenge' }]];
    expect(verdict([HIT, state, NO_HIT], set(events))).toMatchObject({ outcome: 'review', degraded: true });
    expect(verdict([HIT, state, HIT], set(events)).threeDs).toBe('challenge');
    expect(verdict([HIT, state], set([['allow']]), set([['block']])).outcome).toBe('review');
    // Where a set says that what is unknown does not matter, it does not.
    const lax = set([['block']], { policy: { onUnknown: 'accept', onError: 'accept' } });
    expect(verdict([HIT, state], set([['allow']]), lax).outcome).toBe('allow');
    expect(verdict([HIT, state], set([['allow'], ['reject']])).outcome).toBe('allow');
  });

  test('nothing is allowed while unknown points may come to a block', () => {
    const scored = set([['score', { score: 20 }]], {
      thresholds: [{ score: 10, outcome: 'block', reason: 'certain' }],
    });
    expect(verdict([HIT, UNKNOWN], set([['allow']]), scored).outcome).toBe('review');
  });

  test('nothing is allowed while points of failed rules may come to a block; they are not added', () => {
    const scored = (more: Partial<RuleSetDocument> = {}): RuleSetDocument =>
      set([['score', { score: 20 }]], {
        thresholds: [
          { score: 10, outcome: 'review', reason: 'likely' },
          { score: 20, outcome: 'block', reason: 'certain' },
        ],
        ...more,
      });
    const lenient = scored({ policy: { onError: 'accept' } });
    const high = scored({ thresholds: [{ score: 21, outcome: 'block', reason: 'more' }] });
    expect(verdict([HIT, ERROR], set([['allow']]), scored())).toMatchObject({
      outcome: 'review',
      reasons: ['why.0'],
      scores: {},
    });
    expect(verdict([HIT, ERROR], set([['allow']]), lenient).outcome).toBe('allow');
    expect(verdict([HIT, ERROR], set([['allow']]), high).outcome).toBe('allow');
    const both = set(
      [
        ['score', { score: 10 }],
        ['score', { score: 10 }],
      ],
      { thresholds: [{ score: 20, outcome: 'block', reason: 'certain' }] },
    );
    expect(verdict([HIT, UNKNOWN, ERROR], set([['allow']]), both).outcome).toBe('review');
  });

  test('by default both ask for a review: nothing is approved by accident', () => {
    expect(verdict([UNKNOWN], set([['block']])).outcome).toBe('review');
    expect(verdict([ERROR], set([['allow']])).outcome).toBe('review');
  });
});

describe('reasons', () => {
  const reasons = (states: readonly number[], ...events: readonly Event[]) =>
    verdict(states, set(events)).reasons;

  test('are of those who made the outcome, in document order, each once', () => {
    const events: Event[] = [
      ['review'],
      ['reject', { reason: 'z' }],
      ['review', { reason: 'z' }],
      ['reject', { reason: 'a' }],
      ['reject', { reason: 'z' }],
    ];
    expect(reasons([HIT, HIT, HIT, HIT, HIT], ...events)).toEqual(['z', 'a']);
    expect(reasons([HIT, NO_HIT, HIT, NO_HIT, NO_HIT], ...events)).toEqual(['why.0', 'z']);
    expect(reasons([HIT, HIT], ['allow'], ['reject'])).toEqual(['why.0']);
    // What is unknown asks for a review, and a refusal is not made of those.
    expect(reasons([HIT, UNKNOWN, UNKNOWN], ['reject'], ['review'], ['block'])).toEqual(['why.0']);
    expect(reasons([HIT, UNKNOWN], ['allow'], ['block'])).toEqual(['why.1']);
    expect(reasons([HIT], ['accept'])).toEqual(['why.0']);
  });

  test('are of those who made the demand too, where the payment goes on', () => {
    const demands: Event[] = [
      ['accept', { threeDs: 'request' }],
      ['score', { threeDs: 'challenge' }],
      ['review', { threeDs: 'request' }],
      ['reject'],
    ];
    expect(reasons([HIT, HIT, HIT, NO_HIT], ...demands)).toEqual(['why.2', 'why.1']);
    expect(reasons([HIT, NO_HIT, NO_HIT, NO_HIT], ...demands)).toEqual(['why.0']);
    expect(reasons([HIT, HIT, HIT, HIT], ...demands)).toEqual(['why.3']);
    expect(
      reasons([HIT, HIT], ['accept', { threeDs: 'request' }], ['accept', { threeDs: 'mandate' }]),
    ).toEqual(['why.1']);
    // An allow lifts a challenge, and its reason with it; a mandate stays.
    expect(reasons([HIT, HIT], ['allow'], ['review', { threeDs: 'challenge' }])).toEqual(['why.0']);
    expect(reasons([HIT, HIT], ['allow'], ['review', { threeDs: 'mandate' }])).toEqual(['why.0', 'why.1']);
  });

  test('are of those who made the exemption too, unless it was dropped', () => {
    const wishes: Event[] = [
      ['accept', { exemption: 'tra' }],
      ['accept', { exemption: 'trusted' }],
      ['review', { threeDs: 'challenge' }],
      ['review'],
    ];
    expect(reasons([HIT, HIT, NO_HIT, HIT], ...wishes)).toEqual(['why.3', 'why.1']);
    expect(reasons([HIT, NO_HIT, NO_HIT, NO_HIT], ...wishes)).toEqual(['why.0']);
    expect(reasons([HIT, HIT, HIT, NO_HIT], ...wishes)).toEqual(['why.2']);
  });
});
