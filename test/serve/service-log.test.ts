import { pino } from 'pino';
import { expect, it } from 'vitest';
import { CanaryCounts } from '../../src/decisions/canary/canary-counts.js';
import { storeUnavailable } from '../../src/errors/store-unavailable.js';
import { createMetrics } from '../../src/server/metrics.js';
import { serviceObserver } from '../../src/serve/service-log.js';
import { sampleRecord } from '../server/support/records.js';

/** An observer at the default log level, and what it wrote, one JSON text a line. */
function observer(sample: number) {
  const lines: string[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(line) });
  const metrics = createMetrics({
    queueDepth: () => 0,
    shadowDepth: () => 0,
    storeUp: () => true,
    insecureListen: () => false,
    openSnoozes: () => 0,
    owedEvidence: () => 2,
    residentBytes: () => 0,
    cpuSeconds: () => 0,
  });
  return { lines, metrics, observer: serviceObserver(metrics, log, sample, new CanaryCounts()) };
}

it('tells of one decision in so many, in one short line without anything of the payer', () => {
  const { lines, observer: told } = observer(10);
  const record = sampleRecord();
  for (let i = 0; i < 25; i++) told.decided(record, i % 2 === 1, 1_234.5);
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    expect(line.length).toBeLessThan(300);
    expect(Object.keys(JSON.parse(line) as object).toSorted()).toEqual(
      ['id', 'level', 'msg', 'outcome', 'reasons', 'repeated', 'site', 'threeDs'].toSorted(),
    );
  }
});

it('says how long a decision took, which one that was made before did not', () => {
  const { lines, observer: told } = observer(1);
  told.decided(sampleRecord(), false, 1_234.5);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ us: 1235 });
});

it('tells of none where it is told so', () => {
  const { lines, observer: told } = observer(0);
  for (let i = 0; i < 10; i++) told.decided(sampleRecord(), false, 1);
  expect(lines).toEqual([]);
});

it('does not fill the log when a fact fails for every payment, but counts each', async () => {
  const { lines, metrics, observer: told } = observer(0);
  for (let i = 0; i < 1_500; i++) told.factFailed('velocity', new Error('broken'));
  told.factFailed('list', new Error('away'));
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { fact: 'velocity', times: 1, error: expect.stringMatching(/^Error: broken\n +at /) },
    { fact: 'velocity', times: 1001 },
    { fact: 'list', times: 1 },
  ]);
  expect(await metrics.text()).toContain('tollgate_fact_failures_total{fact="velocity"} 1500');
});

it('tells of a bug with its stack and causes, of a store that is away in one line', () => {
  const { lines, observer: told } = observer(0);
  told.backgroundFailed('follow', new Error('bug', { cause: new Error('why') }));
  told.backgroundFailed('follow', storeUnavailable('it is away', new Error('no route')));
  const [bug, away] = lines.map((line) => JSON.parse(line) as { readonly error: string });
  expect(bug?.error).toMatch(/^Error: bug\n +at [^]*caused by Error: why\n +at /);
  expect(away?.error).toBe('store unavailable: it is away (no route)');
});
