import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createMetrics } from '../../src/server/metrics.js';
import { sampleRecord } from './support/records.js';

function metrics() {
  const state = { depth: 0, up: true };
  return {
    state,
    ...createMetrics({
      queueDepth: () => state.depth,
      shadowDepth: () => 2 * state.depth,
      storeUp: () => state.up,
      insecureListen: () => false,
      openSnoozes: () => 0,
      owedEvidence: () => 2,
      residentBytes: () => 1000,
      cpuSeconds: () => 2.5,
    }),
  };
}

const lines = async (text: Promise<string>): Promise<string[]> => (await text).split('\n');

test('every counter is there from the start, at 0', async () => {
  const text = await metrics().text();
  for (const line of [
    'tollgate_decisions_total{outcome="accept"} 0',
    'tollgate_decisions_total{outcome="block"} 0',
    'tollgate_events_total{kind="chargeback"} 0',
    'tollgate_errors_total{code="OVERLOADED"} 0',
    'tollgate_intake_failures_total{code="STORE_UNAVAILABLE"} 0',
    'tollgate_repeated_total{kind="event"} 0',
    'tollgate_fact_failures_total{fact="list"} 0',
    'tollgate_background_failures_total{task="expire"} 0',
    'tollgate_decisions_degraded_total 0',
    'tollgate_cold_ranges_total 0',
    'tollgate_decision_seconds_count 0',
    'tollgate_round_size_count 0',
    'tollgate_queue_depth 0',
    'tollgate_shadow_queue_depth 0',
    'tollgate_control_draws_total{result="let-go"} 0',
    'tollgate_shadow_compared_total 0',
    'tollgate_shadow_dropped_total{reason="cold"} 0',
    'tollgate_store_up 1',
    'tollgate_insecure_listen 0',
    'process_resident_memory_bytes 1000',
    'process_cpu_seconds_total 2.5',
    '# TYPE process_cpu_seconds_total counter',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});

test('what happens is counted, and read twice it is counted once', async () => {
  const all = metrics();
  all.decided(sampleRecord({ outcome: 'reject', flags: [] }), false, 3_000);
  all.decided(sampleRecord({ outcome: 'reject', flags: ['degraded'] }), false, 30_000);
  all.decided(sampleRecord({ outcome: 'reject' }), true, 0);
  all.recorded('label', false);
  all.recorded('label', true);
  all.failed('OVERLOADED');
  all.answered('INVALID_REQUEST');
  all.round(64, 5);
  all.factFailed('velocity', new Error('x'));
  all.backgroundFailed('follow');
  all.shadowCompared();
  all.shadowDropped('busy');
  all.state.depth = 12;
  all.state.up = false;
  await all.text();
  const text = await lines(all.text());
  for (const line of [
    'tollgate_decisions_total{outcome="reject"} 2',
    'tollgate_events_total{kind="label"} 1',
    'tollgate_repeated_total{kind="decision"} 1',
    'tollgate_repeated_total{kind="event"} 1',
    'tollgate_decisions_degraded_total 1',
    'tollgate_cold_ranges_total 5',
    'tollgate_fact_failures_total{fact="velocity"} 1',
    'tollgate_background_failures_total{task="follow"} 1',
    'tollgate_intake_failures_total{code="OVERLOADED"} 1',
    'tollgate_errors_total{code="INVALID_REQUEST"} 1',
    'tollgate_decision_seconds_bucket{le="0.005"} 1',
    'tollgate_decision_seconds_bucket{le="0.05"} 2',
    'tollgate_decision_seconds_count 2',
    'tollgate_round_size_bucket{le="64"} 1',
    'tollgate_queue_depth 12',
    'tollgate_shadow_queue_depth 24',
    'tollgate_shadow_compared_total 1',
    'tollgate_shadow_dropped_total{reason="busy"} 1',
    'tollgate_store_up 0',
  ]) {
    expect(text).toContain(line);
  }
});

test('what control groups let go is counted, and what they would have', async () => {
  const all = metrics();
  const lot = { ruleSet: 'strict', rule: 'stop', share: 0.1, draw: 0.05, letGoTo: 'three-ds' } as const;
  const undrawn = { ...lot, drawn: false, letGo: false };
  const full = { ...lot, drawn: true, letGo: false, cap: 'full' } as const;
  for (const control of [{ ...lot, drawn: true, letGo: true }, full, undrawn, undrawn, undefined])
    all.decided(sampleRecord({ control }), false, 1);
  all.decided(sampleRecord({ control: undrawn }), true, 0);
  const text = await lines(all.text());
  expect(text).toContain('tollgate_control_draws_total{result="let-go"} 1');
  expect(text).toContain('tollgate_control_draws_total{result="cap-full"} 1');
  expect(text).toContain('tollgate_control_draws_total{result="not-drawn"} 2');
});

test('two sets of metrics do not meet', async () => {
  const one = metrics();
  one.decided(sampleRecord(), false, 10);
  expect(await lines(metrics().text())).toContain('tollgate_decisions_total{outcome="review"} 0');
});

test('the guide for operators names every metric, and no other', async () => {
  const text = await metrics().text();
  const names = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  const guide = readFileSync('docs/operating.md', 'utf8').matchAll(/^\| `((?:tollgate|process)_\w+)` /gm);
  expect(new Set([...guide].map(([, name]) => name))).toEqual(names);
});
