import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addArm,
  armJson,
  armOf,
  createArm,
  countDecision,
  totalOf,
  type ArmCounts,
} from '../../../src/rules/publish/arm-counts.js';
import { limitProblems, DEFAULT_LIMITS } from '../../../src/rules/publish/canary-limits.js';
import { OUTCOMES, THREE_DS_DEMANDS } from '../../../src/rules/outcome.js';

const decision = fc.record({
  draw: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  outcome: fc.constantFrom(...OUTCOMES),
  threeDs: fc.constantFrom(...THREE_DS_DEMANDS),
  latencyUs: fc.nat(100_000),
});
const decisions = fc.array(decision, { maxLength: 60 });
type Decision = typeof decision extends fc.Arbitrary<infer T> ? T : never;

function arm(decided: readonly Decision[]): ArmCounts {
  const made = createArm();
  for (const one of decided) countDecision(made, one.draw, one);
  return made;
}

describe('what is counted of a version', () => {
  it('is what was decided: demands of 3-D Secure only of what goes on', () => {
    fc.assert(
      fc.property(decisions, (decided) => {
        const goes = decided.filter(({ outcome }) => outcome !== 'reject' && outcome !== 'block');
        expect(totalOf(arm(decided))).toEqual({
          decisions: decided.length,
          stopped: decided.length - goes.length,
          reviewed: goes.filter(({ outcome }) => outcome === 'review').length,
          threeDs: goes.filter(({ threeDs }) => threeDs !== 'none').length,
          challenged: goes.filter(({ threeDs }) => threeDs === 'challenge' || threeDs === 'mandate').length,
        });
      }),
    );
  });

  it('adds up over instances, through JSON too, in any order', () => {
    fc.assert(
      fc.property(decisions, decisions, (a, b) => {
        const [there, back] = [arm(a), arm(b)];
        addArm(there, armOf(JSON.parse(JSON.stringify(armJson(arm(b))))));
        addArm(back, arm(a));
        expect(armJson(there)).toEqual(armJson(arm([...a, ...b])));
        expect(armJson(back)).toEqual(armJson(there));
      }),
      { numRuns: 50 },
    );
  });

  it('keeps the tries of one subject together', () => {
    const made = arm(
      [0.3, 0.3, 0.9].map((draw) => ({ draw, outcome: 'reject', threeDs: 'none', latencyUs: 1 })),
    );
    expect(made.groups.map(({ stopped }) => stopped).filter((stopped) => stopped > 0)).toEqual([2, 1]);
    const one = { outcome: 'accept', threeDs: 'none', latencyUs: 1 } as const;
    expect(() => countDecision(made, 1, one)).toThrow(RangeError);
  });
});

describe('limits of a canary', () => {
  it('are fine as they are proposed', () => {
    expect(limitProblems(DEFAULT_LIMITS)).toEqual([]);
  });

  it('are refused where they could not be judged, each by its place', () => {
    expect(limitProblems({})).toEqual([
      'a canary needs at least one limit: stopped, reviewed, threeDs, challenged or latency',
    ]);
    const wrong = {
      stopped: {},
      reviewed: { maxRise: -1 },
      threeDs: { maxDrop: NaN },
      latency: { quantile: 1, maxFactor: 0.5 },
    };
    expect(limitProblems(wrong).map((problem) => problem.split(':')[0])).toEqual([
      'stopped',
      'reviewed.maxRise',
      'threeDs.maxDrop',
      'latency.quantile',
      'latency.maxFactor',
    ]);
  });
});
