import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../../../src/simulate/random.js';
import type { ArmCounts } from '../../../src/rules/publish/arm-counts.js';

import { DEFAULT_LIMITS, type CanaryLimits } from '../../../src/rules/publish/canary-limits.js';
import { canaryLooks, DEFAULT_PLAN, dueLook, judgeCanary } from '../../../src/rules/publish/guardrails.js';
import { addDuration } from '../../../src/statistics/histogram.js';
import { runs } from '../../support/runs.js';
import { armWith, runCanary, type Visit } from './arms.js';

const MOST_RISE = { stopped: { maxRise: 2 } };

/** The share of canaries that breach, of `canaries` seeded ones. */
function breached(
  canaries: number,
  visit: (random: Random, inCanary: boolean) => Visit,
  limits: CanaryLimits,
  alpha: number,
): number {
  const { numRuns } = runs(canaries);
  let found = 0;
  for (let seed = 0; seed < numRuns; seed++) {
    const random = createRandom(seed, 'canary');
    const plan = { first: 100, growth: 1.3, alpha };
    const run = { share: 0.2, decisions: 5000, limits, plan };
    if (runCanary(random, (inCanary) => visit(random, inCanary), run).state === 'breached') found++;
  }
  return found / numRuns;
}

function once(stopped: boolean, latencyUs = 0): Visit {
  return { tries: 1, stopped, latencyUs };
}

describe('guardrails of a canary', () => {
  it('say what they found in words', () => {
    const stable = armWith({ decisions: 50_000, stopped: 4900, reviewed: 1000 });
    const canary = armWith({ decisions: 8000, stopped: 1136, reviewed: 160 });
    const plan = { ...DEFAULT_PLAN, alpha: 0.01 };
    const limits = { stopped: { maxRise: 2 }, reviewed: { maxRise: 3, maxDrop: 3 } };
    const { state, findings } = judgeCanary({ stable, canary, limits, look: 1, plan });
    expect(state).toBe('breached');
    expect(findings.map(({ state, text }) => `${state}: ${text}`)).toEqual([
      'breached: reject rate 14.2 % against 9.8 %: 3.2 to 5.7 points more (99.7 % interval), limit 2.0 more',
      'within: review rate 2.0 % against 2.0 %: 0.5 points less to 0.5 more (99.7 % interval), limit 3.0 more, 3.0 less',
    ]);
  });

  it('gather until both arms have decisions enough for a first look', () => {
    const [few, many] = [armWith({ decisions: 99, stopped: 99 }), armWith({ decisions: 10_000 })];
    expect(dueLook(many, few, 0)).toBeUndefined();
    expect(dueLook(few, many, 0)).toBeUndefined();
    for (const [stable, canary] of [
      [many, few],
      [few, many],
    ] as const)
      expect(judgeCanary({ stable, canary, limits: MOST_RISE, look: 1 })).toEqual({
        state: 'gathering',
        findings: [],
      });
    expect(judgeCanary({ stable: many, canary: many, limits: MOST_RISE, look: 0 }).state).toBe('gathering');
  });

  it('stop at the first look a canary that stops everything', () => {
    const stable = armWith({ decisions: 900, stopped: 90 });
    const canary = armWith({ decisions: 100, stopped: 100 });
    expect(dueLook(stable, canary, 0)).toBe(1);
    expect(judgeCanary({ stable, canary, limits: DEFAULT_LIMITS, look: 1 }).state).toBe('breached');
    expect(canaryLooks(3)).toEqual([100, 130, 169]);
  });

  it('find a canary that stops far less as suspicious, if they are asked to', () => {
    const stable = armWith({ decisions: 9000, stopped: 900 });
    const canary = armWith({ decisions: 1000, stopped: 2 });
    const judged = (limits: CanaryLimits): string => judgeCanary({ stable, canary, limits, look: 3 }).state;
    expect(judged(MOST_RISE)).toBe('holding');
    expect(judged({ stopped: { maxRise: 2, maxDrop: 5 } })).toBe('breached');
  });

  it('do not take a handful of rare events for more than it is', () => {
    const stable = armWith({ decisions: 100_000, stopped: 100 });
    const state = (stopped: number): string => {
      const canary = armWith({ decisions: 1065, stopped });
      return judgeCanary({ stable, canary, limits: { stopped: { maxRise: 0 } }, look: 10 }).state;
    };
    // By chance there are 7 or more of 1065 once in 8,000 canaries, 9 or more once in 550,000; this look may be
    // wrong once in 33,000. Intervals by the normal distribution condemn from 6 on.
    expect([state(6), state(7), state(9)]).toEqual(['holding', 'holding', 'breached']);
  });

  it('see a difference from either side alike', () => {
    fc.assert(
      fc.property(
        arms(),
        fc.double({ min: 0, max: 30, noNaN: true }),
        fc.integer({ min: 1, max: 40 }),
        ([a, b], x, look) => {
          const up = judgeCanary({ stable: a, canary: b, limits: { stopped: { maxRise: x } }, look });
          const down = judgeCanary({ stable: b, canary: a, limits: { stopped: { maxDrop: x } }, look });
          expect(up.state).toBe(down.state);
          expect(up.findings[0]?.interval.low).toBeCloseTo(-(down.findings[0]?.interval.high ?? NaN), 12);
        },
      ),
    );
  });

  it('do not forgive a breach for more of what breached, a lower limit or an earlier look', () => {
    const step = fc.integer({ min: 0, max: 200 });
    fc.assert(
      fc.property(
        arms(),
        step,
        fc.integer({ min: 1, max: 40 }),
        fc.nat(30),
        ([stable, canary], more, look, x) => {
          const state = (arm: ArmCounts, maxRise: number, look: number): string =>
            judgeCanary({ stable, canary: arm, limits: { stopped: { maxRise } }, look }).state;
          if (state(canary, x, look) !== 'breached') return;
          const { decisions = 0, stopped = 0 } = canary.groups[0] ?? {};
          expect(state(armWith({ decisions, stopped: Math.min(decisions, stopped + more) }), x, look)).toBe(
            'breached',
          );
          expect(state(canary, x / 2, look)).toBe('breached');
          expect(state(canary, x, Math.max(1, look - 5))).toBe('breached');
        },
      ),
      runs(300),
    );
  });

  it('condemn at most alpha of the canaries that are the stable version, looked at all along', () => {
    // The limit is none at all on either side: what is within limits by more is condemned more rarely still.
    const limits = { stopped: { maxRise: 0, maxDrop: 0 } };
    expect(breached(60, (random) => once(random.chance(0.1)), limits, 0.2)).toBeLessThanOrEqual(0.2);
  });

  it('do so too where few attackers make most of what is stopped', () => {
    const attacked = (random: Random): Visit => {
      const stopped = random.chance(0.1);
      const tries = stopped && random.chance(0.05) ? random.between(20, 200) : random.between(1, 4);
      return { tries, stopped, latencyUs: 0 };
    };
    const limits = { stopped: { maxRise: 0, maxDrop: 0 } };
    expect(breached(40, attacked, limits, 0.1)).toBeLessThanOrEqual(0.1);
  });

  it('find a canary that is beyond its limit', () => {
    const worse = (random: Random, inCanary: boolean): Visit => once(random.chance(inCanary ? 0.25 : 0.1));
    expect(breached(20, worse, MOST_RISE, 0.01)).toBe(1);
  });

  it('compare how long decisions take, by the slowest', () => {
    const [stable, canary] = [armWith({ decisions: 5000 }), armWith({ decisions: 5000 })];
    for (let i = 0; i < 5000; i++) {
      addDuration(stable.latencyUs, 2000 + i);
      addDuration(canary.latencyUs, i % 20 === 0 ? 20_000 + i : 2000 + i);
    }
    const judged = (quantile: number, maxFactor: number): string[] =>
      judgeCanary({ stable, canary, limits: { latency: { quantile, maxFactor } }, look: 1 }).findings.map(
        ({ state, text }) => `${state}: ${text}`,
      );
    expect(judged(0.99, 2)).toEqual([
      'breached: p99 latency 23.9 ms against 6.94 ms: 3.34 to 3.56 times (99.39 % interval), limit 2.00 times',
    ]);
    expect(judged(0.5, 1.2)).toEqual([expect.stringMatching(/^within: p50 latency/)]);
  });

  it('cannot tell latencies from a sample that is too small', () => {
    const arm = armWith({ decisions: 100 });
    for (let i = 0; i < 100; i++) addDuration(arm.latencyUs, 500);
    const limits = { latency: { quantile: 0.99, maxFactor: 2 } };
    const [finding] = judgeCanary({ stable: arm, canary: arm, limits, look: 1 }).findings;
    expect(finding?.state).toBe('open');
  });

  it('condemn at most alpha of the canaries for latencies that are the same', () => {
    const visit = (random: Random): Visit => once(false, Math.round(2000 * Math.exp(random.normal())));
    const limits = { latency: { quantile: 0.95, maxFactor: 1 } };
    expect(breached(25, visit, limits, 0.2)).toBeLessThanOrEqual(0.2);
  });

  it('do so too where few payers come in slow bursts, and still find a canary that is slow', () => {
    const usual = (random: Random): number => Math.round(2000 * Math.exp(random.normal() / 4));
    const bursts = (random: Random): Visit =>
      random.chance(0.005)
        ? { tries: random.between(20, 100), stopped: false, latencyUs: 20_000 + usual(random) }
        : { tries: random.between(1, 3), stopped: false, latencyUs: usual(random) };
    const limits = { latency: { quantile: 0.9, maxFactor: 2 } };
    expect(breached(40, bursts, limits, 0.1)).toBeLessThanOrEqual(0.1);
    const slow = (random: Random, inCanary: boolean): Visit => ({
      tries: random.between(1, 3),
      stopped: false,
      latencyUs: usual(random) * (inCanary ? 3 : 1),
    });
    expect(breached(10, slow, limits, 0.01)).toBe(1);
  });
});

function arms(): fc.Arbitrary<readonly [ArmCounts, ArmCounts]> {
  const arm = fc
    .tuple(fc.integer({ min: 100, max: 20_000 }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([decisions, share]) => armWith({ decisions, stopped: Math.round(decisions * share) }));
  return fc.tuple(arm, arm);
}
