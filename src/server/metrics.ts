import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ControlLot } from '../decisions/control/control-lot.js';
import type { Observer } from '../decisions/observer.js';
import type { ErrorCode } from '../errors/errors.js';
import { ERRORS } from '../errors/errors.js';
import { STREAM_KINDS } from '../facts/attributes.js';
import { REFUSALS, type Refusal } from '../identity/authenticate.js';
import { FACT_CATALOGUE } from '../facts/catalogue.js';
import type { ShadowObserver } from '../decisions/shadow/shadow-queue.js';
import { OUTCOMES } from '../rules/outcome.js';
import { DROP_REASONS } from '../rules/publish/shadow-tally.js';

/** What is read when metrics are asked for, rather than told as it happens. */
export interface MetricSources {
  /** Calls admitted and not yet answered. */
  queueDepth(): number;
  /** Decisions that wait for their shadow. */
  shadowDepth(): number;
  storeUp(): boolean;
  /** Whether other machines reach the service without TLS, or without being asked who they are. */
  insecureListen(): boolean;
  /** Snoozes that are neither over nor ended. */
  openSnoozes(): number;
  /** Versions that are live without their backtest or approval. */
  owedEvidence(): number;
  /** Resident memory, bytes. */
  residentBytes(): number;
  /** CPU used so far, seconds. */
  cpuSeconds(): number;
}

/**
 * What goes on beside calls: asking for the store, following other instances, giving back holds that lapsed, writing down
 * when keys were used, keeping what shadows said, guarding canaries, looking for evidence that is owed.
 */
export const BACKGROUND_TASKS = ['health', 'follow', 'expire', 'keys', 'shadow', 'canaries', 'owed'] as const;
export type BackgroundTask = (typeof BACKGROUND_TASKS)[number];

/** Counters of the service: told what happens by the pipeline and the gRPC edge, read in Prometheus' text format. */
export interface Metrics extends Observer, ShadowObserver {
  /** An error went out over gRPC. */
  answered(code: ErrorCode): void;
  backgroundFailed(task: BackgroundTask): void;
  /** A call was nobody's. */
  refusedCaller(why: Refusal): void;
  /** The files of certificates have changed, for better or worse. */
  tlsReloaded(ok: boolean): void;
  /** A canary broke its limits. */
  canaryRolledBack(): void;
  readonly contentType: string;
  text(): Promise<string>;
}

const CONTROL_RESULTS = ['let-go', 'cap-full', 'not-drawn'] as const;
const DURATION_BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];
const ROUND_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/**
 * All metrics with every label from the start, so that a rate over a counter never misses its first step. Counting is
 * adding to plain numbers; the registry sees them when it is asked.
 */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  const registers = [registry];

  const decisions = tally(registry, 'tollgate_decisions_total', 'Decisions by outcome.', 'outcome', OUTCOMES);
  const events = tally(registry, 'tollgate_events_total', 'Events taken in by kind.', 'kind', STREAM_KINDS);
  const codes = Object.keys(ERRORS) as ErrorCode[];
  const failed = tally(
    registry,
    'tollgate_intake_failures_total',
    'Payments and events that were valid and could not be taken in, by error code.',
    'code',
    codes,
  );
  const answered = tally(registry, 'tollgate_errors_total', 'Errors answered over gRPC.', 'code', codes);
  const degraded = total(
    registry,
    'tollgate_decisions_degraded_total',
    'Decisions of which a rule lacked an input or failed.',
  );
  const snoozed = total(
    registry,
    'tollgate_decisions_snoozed_total',
    'Decisions in which a rule was not heard that somebody snoozed.',
  );
  const controlDraws = tally(
    registry,
    'tollgate_control_draws_total',
    'Payments that one rule alone stopped and that drew for its control group, by what became of them.',
    'result',
    CONTROL_RESULTS,
  );
  const repeated = tally(
    registry,
    'tollgate_repeated_total',
    'Payments and events that were there already.',
    'kind',
    ['decision', 'event'] as const,
  );
  const factFailures = tally(
    registry,
    'tollgate_fact_failures_total',
    'Readings of facts that failed: bugs, or broken data.',
    'fact',
    [...FACT_CATALOGUE.keys()],
  );
  const coldRanges = total(
    registry,
    'tollgate_cold_ranges_total',
    'Windows of keys that were read from the store, not from memory.',
  );
  const backgroundFailures = tally(
    registry,
    'tollgate_background_failures_total',
    'Failures of what goes on beside calls.',
    'task',
    BACKGROUND_TASKS,
  );
  const refusedCallers = tally(
    registry,
    'tollgate_authentication_failures_total',
    'Calls that showed nothing in force, by what was wrong.',
    'why',
    REFUSALS,
  );
  const reloads = tally(
    registry,
    'tollgate_tls_reloads_total',
    'Changes of the files of certificates: taken over, or not usable.',
    'result',
    ['ok', 'failed'] as const,
  );
  const shadowCompared = total(
    registry,
    'tollgate_shadow_compared_total',
    'Decisions that a shadow was asked about, once for each shadow.',
  );
  const shadowDropped = tally(
    registry,
    'tollgate_shadow_dropped_total',
    'Decisions that a shadow has said nothing of, by why.',
    'reason',
    DROP_REASONS,
  );
  const canariesRolledBack = total(
    registry,
    'tollgate_canary_rolled_back_total',
    'Canaries that this instance rolled back for breaking their limits.',
  );
  const durations = new Histogram({
    name: 'tollgate_decision_seconds',
    help: 'From admission to durable.',
    buckets: DURATION_BUCKETS,
    registers,
  });
  const rounds = new Histogram({
    name: 'tollgate_round_size',
    help: 'Payments and events decided in one round.',
    buckets: ROUND_BUCKETS,
    registers,
  });
  gauge(registry, 'tollgate_queue_depth', 'Calls admitted and not yet answered.', () => sources.queueDepth());
  gauge(registry, 'tollgate_shadow_queue_depth', 'Decisions that wait for their shadow.', () =>
    sources.shadowDepth(),
  );
  gauge(registry, 'tollgate_store_up', '1 when the store can be used.', () => (sources.storeUp() ? 1 : 0));
  gauge(registry, 'tollgate_open_snoozes', 'Snoozes of rules and payers in force or to come.', () =>
    sources.openSnoozes(),
  );
  gauge(
    registry,
    'tollgate_rule_evidence_owed',
    'Versions that are live without their backtest or approval.',
    () => sources.owedEvidence(),
  );
  gauge(
    registry,
    'tollgate_insecure_listen',
    '1 when other machines reach the service without TLS, or without being asked who they are.',
    () => (sources.insecureListen() ? 1 : 0),
  );
  gauge(registry, 'process_resident_memory_bytes', 'Resident memory.', () => sources.residentBytes());
  const cpu: Counter = new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU used so far.',
    registers,
    collect() {
      cpu.reset();
      cpu.inc(sources.cpuSeconds());
    },
  });

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    decided(record, again, tookUs) {
      if (again) {
        repeated('decision');
        return;
      }
      decisions(record.outcome);
      if (record.flags.includes('degraded')) degraded();
      if (record.snoozed !== undefined) snoozed();
      if (record.control !== undefined) controlDraws(resultOf(record.control));
      durations.observe(tookUs / 1e6);
    },
    recorded(kind, again) {
      if (again) repeated('event');
      else events(kind);
    },
    failed: (code) => failed(code),
    answered: (code) => answered(code),
    round(size, cold) {
      rounds.observe(size);
      coldRanges(cold);
    },
    factFailed: (fact) => factFailures(fact),
    shadowCompared: () => shadowCompared(),
    shadowDropped: (reason) => shadowDropped(reason),
    backgroundFailed: (task) => backgroundFailures(task),
    refusedCaller: (why) => refusedCallers(why),
    tlsReloaded: (ok) => reloads(ok ? 'ok' : 'failed'),
    canaryRolledBack: () => canariesRolledBack(),
  };
}

function resultOf({ letGo, drawn }: ControlLot): (typeof CONTROL_RESULTS)[number] {
  if (letGo) return 'let-go';
  return drawn ? 'cap-full' : 'not-drawn';
}

function tally<T extends string>(
  registry: Registry,
  name: string,
  help: string,
  label: string,
  values: readonly T[],
): (value: T, by?: number) => void {
  const counts = new Map<T, number>(values.map((value) => [value, 0]));
  const counter = new Counter({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      counter.reset();
      for (const [value, count] of counts) counter.inc({ [label]: value }, count);
    },
  });
  return (value, by = 1) => {
    counts.set(value, (counts.get(value) ?? 0) + by);
  };
}

function total(registry: Registry, name: string, help: string): (by?: number) => void {
  let count = 0;
  const counter = new Counter({
    name,
    help,
    registers: [registry],
    collect() {
      counter.reset();
      counter.inc(count);
    },
  });
  return (by = 1) => {
    count += by;
  };
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  const metric: Gauge = new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      metric.set(read());
    },
  });
}
