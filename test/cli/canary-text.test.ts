import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { canaryLimits, limitOption } from '../../src/cli/canary-limits.js';
import { printCanaryReport } from '../../src/cli/canary-text.js';
import type { Host } from '../../src/cli/host.js';
import { createOutput } from '../../src/cli/output.js';
import { CanaryLimitsSchema } from '../../src/gen/tollgate/v1/rule_publishing_pb.js';
import type { ArmReport, CanaryReport } from '../../src/decisions/canary/canary-report.js';
import { DEFAULT_LIMITS } from '../../src/rules/publish/canary-limits.js';
import { DEFAULT_PLAN } from '../../src/rules/publish/guardrails.js';
import { fromLimits, toCanaryReport } from '../../src/server/grpc/convert/canary.js';

const arm = (decisions: number, stopped: number): ArmReport => ({
  decisions,
  rates: (['stopped', 'reviewed', 'threeDs', 'challenged'] as const).map((measure) => ({
    measure,
    count: measure === 'stopped' ? stopped : 0,
    rate: measure === 'stopped' ? stopped / decisions : 0,
    interval: { low: 0, high: 0.5 },
  })),
  latencyUs: { p50: 1_200, p95: 4_000, p99: 9_900 },
});
const REPORT: CanaryReport = {
  run: {
    ruleSet: 'velocity',
    version: 5,
    scope: 'site:shop-de',
    since: 12,
    sinceAt: Date.UTC(2026, 10, 30, 14),
    settings: {
      share: 0.05,
      by: 'card',
      periodMs: 30 * 86_400_000,
      limits: DEFAULT_LIMITS,
      plan: DEFAULT_PLAN,
    },
  },
  stableVersion: 4,
  state: 'holding',
  stable: arm(9_512, 930),
  canary: arm(486, 49),
  latest: {
    look: 3,
    at: Date.UTC(2026, 10, 30, 15),
    judgement: {
      state: 'holding',
      findings: [
        {
          measure: 'stopped',
          state: 'open',
          stable: 0.1,
          canary: 0.1,
          interval: { low: -0.01, high: 0.03 },
          alpha: 0.001,
          text: 'reject rate as said',
        },
      ],
    },
  },
  nextLookAt: 1_286,
  endedBy: undefined,
};

function shown(report: CanaryReport): string {
  let text = '';
  const print = (more: string): void => void (text += more);
  const host = { environment: {}, stdoutIsTerminal: false, columns: undefined, print } as unknown as Host;
  printCanaryReport(createOutput(host, false), toCanaryReport(report));
  return text;
}

it('the report of a canary says first what became of it, then both arms, then what was found', () => {
  const lines = shown(REPORT).split('\n');
  expect(lines[0]).toBe('It runs; nothing is surely beyond its limit.');
  const text = lines.join('\n');
  expect(text).toContain('velocity v5 at site shop-de');
  expect(text).toContain('5 % of the cards, drawn anew every 30d');
  expect(text).toContain(
    '3, the last at 2026-11-30T15:00:00Z; the next when either version has 1,286 decisions',
  );
  expect(text).toMatch(/^decisions +9,512 +486$/m);
  expect(text).toMatch(/^rejected or blocked +9\.8 % +0\.0 % to 50\.0 % +10\.1 % +0\.0 % to 50\.0 %$/m);
  expect(text).toMatch(/^latency p99 +9\.9 ms +9\.9 ms$/m);
  expect(text).toMatch(/^ {2}open +reject rate as said$/m);
});

it('of a canary that is over says who ended it and why; of one that was rolled back by itself, that', () => {
  const ended = {
    ruleSet: 'velocity',
    revision: 13,
    scope: 'site:shop-de',
    version: 5,
    from: 4,
    to: 4,
    actor: 'bob',
    reason: 'seen enough',
    at: Date.UTC(2026, 10, 30, 16),
    step: 'stop-canary',
  } as const;
  const first = (report: CanaryReport): string => shown(report).split('\n')[0] ?? '';
  expect(first({ ...REPORT, endedBy: ended })).toBe(
    'Ended by bob (stop-canary) at 2026-11-30T16:00:00Z: seen enough',
  );
  const itself = { ...ended, actor: 'guardrail', step: 'roll-back' } as const;
  expect(first({ ...REPORT, state: 'breached', endedBy: itself })).toBe(
    'Rolled back by itself at 2026-11-30T16:00:00Z',
  );
  expect(first({ ...REPORT, state: 'gathering', latest: undefined })).toBe(
    'Too few decisions to say anything yet.',
  );
});

it('limits that are given take the place of the usual ones, and those that are off of none', () => {
  const read = (options: Parameters<typeof canaryLimits>[0]) => {
    const limits = canaryLimits(options);
    return limits && fromLimits(create(CanaryLimitsSchema, limits));
  };
  expect(read({})).toBeUndefined();
  expect(read({ maxStoppedRise: 1, maxLatency: 'off', maxReviewedRise: 'off' })).toEqual({
    stopped: { maxRise: 1, maxDrop: 5 },
    threeDs: { maxRise: 5 },
    challenged: { maxRise: 3 },
  });
  expect(read({ latencyQuantile: 0.95 })).toEqual({
    ...DEFAULT_LIMITS,
    latency: { quantile: 0.95, maxFactor: 2 },
  });
  expect(limitOption('0')).toBe(0);
  for (const text of ['', '-1', 'x', 'Infinity']) expect(() => limitOption(text)).toThrow("'off'");
});
