import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import {
  DecisionFlag,
  Outcome,
  RuleState,
  StreamEntrySchema,
  StreamResultSchema,
  ThreeDsDemand,
} from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { invalidRequest, TollgateError } from '../../src/errors/errors.js';
import { toEntryStatus } from '../../src/server/grpc/to-status.js';
import type { Host } from '../../src/cli/host.js';
import { createOutput } from '../../src/cli/output.js';
import type { ScreenItem } from '../../src/cli/stream/items.js';
import { percent, printSummary } from '../../src/cli/stream/summary-text.js';
import { summarise } from '../../src/cli/stream/summary.js';
import { countResult, createTally, type Tally } from '../../src/cli/stream/tally.js';

function item(fraud: boolean | undefined, fraudKind = ''): ScreenItem {
  return { kind: 'screen', entry: create(StreamEntrySchema), lane: '', fraud, fraudKind };
}

function answer(outcome: Outcome, cents: number | undefined, rule = '') {
  const base = cents === undefined ? {} : { baseAmount: { minor: BigInt(cents), currency: 'USD' } };
  const hits = rule === '' ? [] : [{ ruleSet: 'set', rule, state: RuleState.HIT }];
  const decision = { outcome, threeDs: ThreeDsDemand.NONE, hits, ...base };
  return create(StreamResultSchema, { result: { case: 'screen', value: { decision } } });
}

function count(
  tally: Tally,
  times: number,
  of: ScreenItem,
  result: ReturnType<typeof answer>,
  ms = 10,
): void {
  for (let i = 0; i < times; i++) countResult(tally, of, result, ms);
}

function sample(): Tally {
  const tally = createTally();
  count(tally, 1, item(true, 'stolen-card'), answer(Outcome.BLOCK, 30_000, 'a'));
  count(tally, 2, item(true, 'stolen-card'), answer(Outcome.REJECT, 10_000, 'a'), 20);
  count(tally, 1, item(true, 'card-testing'), answer(Outcome.REVIEW, 10_000, 'b'));
  count(tally, 1, item(true, 'card-testing'), answer(Outcome.ALLOW, 40_000));
  count(tally, 1, item(false), answer(Outcome.REJECT, 5_000, 'b'));
  count(tally, 2, item(false), answer(Outcome.REVIEW, 5_000));
  count(tally, 1992, item(false), answer(Outcome.ACCEPT, 5_000));
  return tally;
}

describe('the summary', () => {
  it('says what was wrong with the first entry once, with all of its fields', () => {
    const reporter = { reference: () => '', unexpected: () => undefined };
    const exampleOf = (error: TollgateError): string | undefined => {
      const tally = createTally();
      const value = toEntryStatus(error, reporter);
      countResult(tally, item(false), create(StreamResultSchema, { result: { case: 'error', value } }), 1);
      return tally.errors.get(error.code)?.example;
    };
    const ip = { field: 'payment.ip', description: 'is no address' };
    const site = { field: 'payment.site', description: 'is required' };
    expect(exampleOf(invalidRequest([ip]))).toBe('request : payment.ip: is no address');
    expect(exampleOf(invalidRequest([ip, site]))).toBe(
      'request : payment.ip: is no address; payment.site: is required',
    );
    const other = new TollgateError('INVALID_REQUEST', 'two things', { violations: [ip, site] });
    expect(exampleOf(other)).toBe(
      'request : two things; payment.ip: is no address; payment.site: is required',
    );
    expect(exampleOf(new TollgateError('OVERLOADED', 'later'))).toBe('request : later');
  });

  it('tells what each bar caught, at what cost', () => {
    const { labels, outcomes } = summarise(sample(), 10_000);
    expect(outcomes['accept']).toEqual({ count: 1992, share: 1992 / 2000 });
    expect(labels).toMatchObject({
      fraud: { payments: 5, money: 100_000 },
      good: { payments: 1995, money: 9_975_000 },
      stopped: {
        fraudPayments: 3,
        fraudPaymentShare: 0.6,
        fraudMoneyShare: 0.5,
        precision: 0.75,
        goodPayments: 1,
        goodMoney: 5000,
      },
      stoppedOrReviewed: { fraudPayments: 4, fraudMoneyShare: 0.6, precision: 4 / 7, goodPayments: 3 },
      kinds: [
        { kind: 'card-testing', payments: 2, stopped: 0, stoppedOrReviewed: 1 },
        { kind: 'stolen-card', payments: 3, stopped: 3, stoppedOrReviewed: 3 },
      ],
    });
  });

  it('tells throughput, latency and the rules that hit most', () => {
    const summary = summarise(sample(), 10_000);
    expect(summary).toMatchObject({ decisions: 2000, wallSeconds: 10, decisionsPerSecond: 200 });
    expect(summary.latencyMs.max).toBe(20);
    expect(summary.latencyMs.p50).toBeCloseTo(10, 0);
    expect(summary.topRules).toEqual([
      { rule: 'set/a', count: 3, share: 0.0015 },
      { rule: 'set/b', count: 2, share: 0.001 },
    ]);
  });

  it('has no labels where nothing is known, and no precision where nothing was stopped', () => {
    const unknown = createTally();
    count(unknown, 3, item(undefined), answer(Outcome.REJECT, 100));
    expect(summarise(unknown, 1000).labels).toBeNull();
    const idle = createTally();
    count(idle, 3, item(true), answer(Outcome.ACCEPT, undefined));
    expect(summarise(idle, 1000)).toMatchObject({
      withoutBaseAmount: 3,
      labels: { stopped: { precision: null, fraudMoneyShare: 0 } },
    });
  });

  it('counts refused entries by code, with the first of each', () => {
    const tally = createTally();
    const refused = (message: string) =>
      create(StreamResultSchema, { result: { case: 'error', value: { code: 3, message } } });
    countResult(tally, item(true), refused('first'), 1);
    countResult(tally, item(true), refused('second'), 1);
    const degraded = create(StreamResultSchema, {
      result: { case: 'screen', value: { repeated: true, decision: { flags: [DecisionFlag.DEGRADED] } } },
    });
    countResult(tally, item(undefined), degraded, 1);
    const summary = summarise(tally, 1000);
    expect(summary.errors).toEqual([{ code: 'STATUS_3', count: 2, example: 'request : first' }]);
    expect(summary).toMatchObject({ decisions: 1, repeated: 1, degraded: 1 });
  });

  it('is printed as tables for people', () => {
    let text = '';
    const host = { environment: {}, stdoutIsTerminal: false, print: (part: string) => (text += part) };
    printSummary(createOutput(host as unknown as Host, false), summarise(sample(), 10_000));
    expect(text).toBe(`decisions   2,000
events      0
wall time   10.0 s
throughput  200 decisions a second
latency     p50 10.2 ms, p90 10.2 ms, p99 10.2 ms, max 20 ms (batch sent to answer)
degraded    0
errors      0

outcome  payments   share
accept      1,992  99.6 %
review          3  0.15 %
reject          3  0.15 %
allow           1  0.05 %
block           1  0.05 %

3-D Secure  payments  share
none           2,000  100 %

rules that hit most  payments   share
set/a                       3  0.15 %
set/b                       2  0.10 %

Against what the payments really were
       payments        USD
fraud         5   1,000.00
good      1,995  99,750.00

outcome          fraud caught  of fraud  of its money  precision  good stopped  of good  of its money
reject or block             3    60.0 %        50.0 %     75.0 %             1   0.05 %        0.05 %
review too                  4    80.0 %        60.0 %     57.1 %             3   0.15 %        0.15 %

kind of fraud  payments  rejected or blocked  review too
card-testing          2              0 (0 %)  1 (50.0 %)
stolen-card           3            3 (100 %)   3 (100 %)
`);
  });

  it.each([
    [0, '0 %'],
    [1 / 1_150_000, '< 0.01 %'],
    [0.0001, '0.01 %'],
    [0.09994, '9.99 %'],
    [0.09996, '10.0 %'],
    [0.999, '99.9 %'],
    [1_149_999 / 1_150_000, '> 99.9 %'],
    [1, '100 %'],
  ])('shows the share %d as %s', (share, text) => {
    expect(percent(share)).toBe(text);
  });

  it('is coloured on a terminal only, and not with NO_COLOR', () => {
    const paint = (terminal: boolean, environment: Record<string, string>): string =>
      createOutput({ environment, stdoutIsTerminal: terminal } as unknown as Host, false).paint('red', 'x');
    expect(paint(true, {})).toBe('\u001b[31mx\u001b[0m');
    expect(paint(true, { NO_COLOR: '1' })).toBe('x');
    expect(paint(false, {})).toBe('x');
  });
});
