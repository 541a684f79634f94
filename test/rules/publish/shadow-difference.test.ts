import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HIT, SKIPPED } from '../../../src/rules/outcome.js';
import { differenceOf, pairRules } from '../../../src/rules/publish/shadow-difference.js';
import { program, states, wanted, type Wanted } from './small-program.js';

describe('the difference between live and shadow on a payment', () => {
  const live = program([
    ['velocity', 'reject', 'none', 0],
    ['country', 'review', 'challenge', 0],
    ['old', 'block', 'none', 0],
  ]);
  const shadow = program([
    ['country', 'review', 'challenge', 0],
    ['velocity', 'review', 'none', 0],
    ['new', 'score', 'none', 10],
  ]);
  const pairs = pairRules(live, shadow);

  it('pairs rules by name, wherever they stand', () => {
    expect(pairs).toEqual([
      { rule: 'cards/velocity', live: 0, shadow: 1 },
      { rule: 'cards/country', live: 1, shadow: 0 },
      { rule: 'cards/old', live: 2, shadow: -1 },
      { rule: 'cards/new', live: -1, shadow: 2 },
    ]);
  });

  it('is what each said and which rules ended otherwise', () => {
    expect(differenceOf(pairs, live.judge([HIT, 0, 0]), shadow.judge([2, HIT, HIT]))).toEqual({
      verdictDiffers: true,
      live: { outcome: 'reject', threeDs: 'none', exemption: 'none', reasons: ['velocity'], scores: {} },
      shadow: {
        outcome: 'review',
        threeDs: 'request',
        exemption: 'none',
        reasons: ['country', 'velocity'],
        scores: { cards: 10 },
      },
      rules: [
        { rule: 'cards/country', live: 'no-hit', shadow: 'unknown' },
        { rule: 'cards/new', live: 'absent', shadow: 'hit' },
      ],
    });
  });

  it('is there, though nobody would notice, where only the reason, a score or a rule differs', () => {
    const strict = program([
      ['a', 'reject', 'none', 0],
      ['b', 'reject', 'none', 0],
    ]);
    const same = pairRules(strict, strict);
    expect(differenceOf(same, strict.judge([HIT]), strict.judge([HIT, HIT]))).toMatchObject({
      verdictDiffers: false,
    });
    const [ten, twenty] = [program([['a', 'score', 'none', 10]]), program([['a', 'score', 'none', 20]])];
    expect(differenceOf(pairRules(ten, twenty), ten.judge([HIT]), twenty.judge([HIT]))).toMatchObject({
      verdictDiffers: false,
      rules: [],
      live: { scores: { cards: 10 } },
      shadow: { scores: { cards: 20 } },
    });
  });

  it('does not mind in which order rules stand', () => {
    const rules: Wanted[] = [
      ['a', 'reject', 'none', 0],
      ['b', 'reject', 'none', 0],
    ];
    const [one, two] = [program(rules), program(rules.toReversed())];
    expect(differenceOf(pairRules(one, two), one.judge([HIT, HIT]), two.judge([HIT, HIT]))).toBeUndefined();
  });

  it('is none for a rule that is gone, new or switched off and does not hit', () => {
    expect(
      differenceOf(pairRules(live, live), live.judge([HIT, 0, SKIPPED]), live.judge([HIT])),
    ).toBeUndefined();
    const quiet = program([]);
    expect(differenceOf(pairRules(live, quiet), live.judge([0, 0, 0]), quiet.judge([]))).toBeUndefined();
  });

  it('is none between equals, and between two the same from either side', () => {
    fc.assert(
      fc.property(wanted, wanted, states, states, (a, b, x, y) => {
        const [one, two] = [program(a), program(b)];
        expect(differenceOf(pairRules(one, one), one.judge(x), one.judge(x))).toBeUndefined();
        const there = differenceOf(pairRules(one, two), one.judge(x), two.judge(y));
        const back = differenceOf(pairRules(two, one), two.judge(y), one.judge(x));
        expect(back?.verdictDiffers).toBe(there?.verdictDiffers);
        expect(back?.live).toEqual(there?.shadow);
        const turned = back?.rules.map(({ rule, live, shadow }) => ({ rule, live: shadow, shadow: live }));
        expect(turned?.toSorted((p, q) => (p.rule < q.rule ? -1 : 1))).toEqual(
          there?.rules.toSorted((p, q) => (p.rule < q.rule ? -1 : 1)),
        );
      }),
    );
  });
});
