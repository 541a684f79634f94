import { toBinary } from '@bufbuild/protobuf';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ScreenRequestSchema } from '../src/gen/tollgate/v1/decision_service_pb.js';
import { quantileRanks } from '../src/statistics/quantile.js';
import { readRequests, writeRequests } from './loader/request-file.js';
import { load } from './loader/run.js';
import type { LoadResult } from './loader/tally.js';
import { runUnary } from './loader/unary.js';
import type { BenchResult, Figure } from './run.js';
import { startBenchMongod } from './support/bench-mongod.js';
import { listImports } from './support/list-import.js';
import { scratchFolder, startTollgate } from './support/processes.js';
import { publisher, switchTimes, type Publisher } from './support/publisher.js';
import { seeded } from './support/random.js';
import { benchRules, candidateRuleSet, screenRequest } from './support/screen-workload.js';
import { median } from './support/statistics.js';

const SCREEN = '/tollgate.v1.DecisionService/Screen';
/** Of what the service can do, in open load. */
const SHARE = 0.3;
/** Of the intervals of ratios. */
const ALPHA = 0.05;
/** Not counted at the beginning of a round, s: what the shadow alone asks for is not known yet. */
const WARM_UP_S = 0.5;
/** How long the last calls of a round are waited for at most, ms: later than that, the load is more than can be done. */
const LATE_MS = 10_000;
/** How often a version is switched to and fro. */
const SWITCHES = 20;

/** What the measurements share. */
interface Setup {
  readonly name: 'embedded' | 'MongoDB';
  /** The address of a database. */
  readonly uriOf: (name: string) => string;
  readonly folder: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly entries: number;
}

/** Of a list that is imported. */
const ENTRIES = 1_000_000;

/**
 * What the life of rules costs those who pay meanwhile: a version that is switched, one in shadow, and a list that is
 * imported, on both stores. Arguments: rounds with and as many without the shadow, seconds each, one store, entries.
 */
export async function run(args: readonly string[]): Promise<BenchResult> {
  const rounds = Number(args[0] ?? 60);
  const seconds = Number(args[1] ?? 2);
  const only = args[2];
  const entries = Number(args[3] ?? ENTRIES);
  const figures: Figure[] = [];
  const notes: string[] = [];
  const folder = scratchFolder('lifecycle');
  const timing = { folder, rounds, seconds, entries };
  if (only !== 'MongoDB')
    await measure(
      { name: 'embedded', uriOf: (name) => `sqlite:${join(folder, `${name}.db`)}`, ...timing },
      figures,
      notes,
    );
  const mongod = only === 'embedded' ? undefined : await startBenchMongod();
  if (mongod !== undefined) {
    await measure({ name: 'MongoDB', uriOf: (name) => mongod.uriOf(name), ...timing }, figures, notes);
    await mongod.stop();
  } else if (only !== 'embedded')
    notes.push('MongoDB: not measured, no mongod was found (npm run mongod gets one)');
  return { bench: 'lifecycle', figures, notes };
}

async function measure(setup: Setup, figures: Figure[], notes: string[]): Promise<void> {
  const { name, uriOf, rounds, seconds, entries } = setup;
  const uri = uriOf('life');
  const folder = join(setup.folder, name);
  mkdirSync(folder);
  const rules = benchRules(folder);
  const service = await startTollgate(['--store', uri, '--rules', rules]);
  const requests = await requestsFor(service.grpc, folder, rounds * 3 * (seconds + 1) + 60);
  const publish = publisher(service.grpc);
  const version = await publish.push(candidateRuleSet());
  const rate = Math.floor(requests.capacity * SHARE);
  figures.push({ name: `${name}: capacity, 64 in flight`, value: requests.capacity, unit: 'calls/s' });
  figures.push({ name: `${name}: open load`, value: rate, unit: 'calls/s' });

  const others: number[] = [];
  while (others.length < rounds / 2) others.push(await publish.push(candidateRuleSet(others.length + 1)));
  const versions = [...Array.from({ length: rounds }, () => version), ...others];
  const pairs = await shadowRounds({ ...setup, rate, requests, service: service.grpc, publish, versions });
  const shadow = [
    ...shadowFigures(name, pairs.slice(0, rounds)),
    ...shadowFigures(`${name}, each time a new window`, pairs.slice(rounds), false),
  ];
  figures.push(...shadow);
  for (const { name: what, value, unit } of shadow) console.error(`${what}: ${value.toFixed(3)} ${unit}`);
  const compared = await publish.shadowText(others.at(-1) ?? version);
  notes.push(`${name}: ${compared}`);

  const other = name === 'MongoDB' ? await startTollgate(['--store', uri, '--rules', rules]) : service;
  const switched = await switchTimes(publish, [1, version], other.grpc, SWITCHES);
  const slowest = Math.max(...switched);
  const where = other === service ? 'asked instance' : 'another instance';
  figures.push(
    { name: `${name}: switch, until ${where} decides by it, median`, value: median(switched), unit: 'ms' },
    {
      name: `${name}: the slowest of ${String(SWITCHES)}`,
      value: slowest,
      unit: 'ms',
      bar: '<= 2000',
      holds: slowest <= 2000,
    },
  );
  publish.close();
  if (other !== service) await other.stop();
  const peak = service.peakBytes();
  figures.push({ name: `${name}: peak memory`, value: peak / 2 ** 20, unit: 'MiB' });
  await service.stop();
  if (entries > 0)
    figures.push(...(await listImports(name, uriOf('lists'), join(setup.folder, `${name}-lists`), entries)));
}

/** Requests enough for all rounds, and how many a second the service takes. */
interface PreparedRequests {
  readonly file: string;
  readonly capacity: number;
}

async function requestsFor(address: string, folder: string, seconds: number): Promise<PreparedRequests> {
  const random = seeded(3);
  const write = (file: string, count: number, prefix: string): number =>
    writeRequests(
      file,
      (function* () {
        for (let index = 0; index < count; index += 1)
          yield toBinary(ScreenRequestSchema, screenRequest(index, random, prefix));
      })(),
    );
  const first = join(folder, 'capacity.requests');
  write(first, 150_000, 'c');
  const results: LoadResult[] = [];
  let used = 0;
  for (let round = 0; round < 3; round += 1) {
    const each = await load({
      address,
      path: SCREEN,
      file: first,
      first: used,
      warmupMs: 1500,
      durationMs: 4000,
    });
    used += each.sent;
    results.push(each);
  }
  const capacity = median(results.map((each) => each.perSecond));
  const file = join(folder, 'open.requests');
  write(file, Math.ceil(capacity * SHARE * seconds), 'o');
  return { file, capacity };
}

interface Rounds extends Setup {
  readonly rate: number;
  readonly requests: PreparedRequests;
  readonly service: string;
  readonly publish: Publisher;
  /** The version that goes into shadow, by pair. */
  readonly versions: readonly number[];
}

/** Latencies of calls that were due in a round, from when they were due, ms. */
type Round = number[];

interface Pair {
  readonly off: Round;
  readonly on: Round;
}

/**
 * One load all the while, since a load generator that starts disturbs more than a shadow does; the shadow is switched on and
 * off meanwhile, first without and first with it in turn, so that what drifts hits both.
 */
async function shadowRounds(setup: Rounds): Promise<readonly Pair[]> {
  const { seconds, rate, requests, service, publish, versions } = setup;
  const pairs: Pair[] = [];
  let current: { readonly from: number; to: number; readonly latencies: Round } | undefined;
  /** The call that was due last of those that are answered. */
  let answered = 0;
  const over = new AbortController();
  const loaded = runUnary({
    address: service,
    path: SCREEN,
    requests: readRequests(requests.file),
    first: 0,
    inFlight: 2000,
    warmupMs: 0,
    durationMs: 3_600_000,
    maxCalls: Number.POSITIVE_INFINITY,
    rate,
    wrap: false,
    signal: over.signal,
    answered(due, ms) {
      answered = Math.max(answered, due);
      if (current && due >= current.from && due < current.to) current.latencies.push(ms);
    },
  }).then((result) => {
    if (!over.signal.aborted) throw new Error(`the load ended early: ${JSON.stringify(result)}`);
  });
  const round = async (version: number, shadow: boolean): Promise<Round> => {
    await publish.shadow(version, shadow);
    const from = performance.now() + WARM_UP_S * 1000;
    const mine = { from, to: from + seconds * 1000, latencies: [] };
    current = mine;
    await pause(mine.to - performance.now());
    while (answered < mine.to) {
      if (performance.now() > mine.to + LATE_MS) throw new Error('the service fell behind the open load');
      await pause(10);
    }
    // Answers do not come quite in order.
    await pause(50);
    return mine.latencies;
  };
  const all = async (): Promise<void> => {
    await pause(5_000);
    for (const [pair, version] of versions.entries()) {
      if (pair % 2 === 0) {
        const off = await round(version, false);
        pairs.push({ off, on: await round(version, true) });
      } else {
        const on = await round(version, true);
        pairs.push({ off: await round(version, false), on });
      }
    }
    await publish.shadow(versions.at(-1) ?? 0, false);
    over.abort();
  };
  await Promise.all([loaded, all()]);
  return pairs;
}

/** `barred`: held to the bars. A shadow that asks what no other did is no steady state: that is told, no more. */
function shadowFigures(name: string, pairs: readonly Pair[], barred = true): Figure[] {
  const p50 = pairs.map(({ off, on }) => latency(on, 'p50') / latency(off, 'p50'));
  const p99 = pairs.map(({ off, on }) => latency(on, 'p99') / latency(off, 'p99'));
  const figure = (what: string, ratios: readonly number[], bar: number): Figure => ({
    name: `${name}: shadow on / off, ${what}, median of ${String(ratios.length)} pairs, ${intervalText(ratios)}`,
    value: median(ratios),
    unit: 'x',
    ...(barred ? { bar: `<= ${String(bar)}`, holds: median(ratios) <= bar } : {}),
  });
  const ms = (of: (pair: Pair) => Round, which: 'p50' | 'p99'): number =>
    median(pairs.map((pair) => latency(of(pair), which)));
  return [
    { name: `${name}: off, p50`, value: ms(({ off }) => off, 'p50'), unit: 'ms' },
    { name: `${name}: off, p99`, value: ms(({ off }) => off, 'p99'), unit: 'ms' },
    { name: `${name}: on, p50`, value: ms(({ on }) => on, 'p50'), unit: 'ms' },
    { name: `${name}: on, p99`, value: ms(({ on }) => on, 'p99'), unit: 'ms' },
    figure('p50', p50, 1.05),
    figure('p99', p99, 1.2),
  ];
}

function latency(round: Round, which: 'p50' | 'p99'): number {
  const sorted = round.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * (which === 'p50' ? 0.5 : 0.99)) - 1] ?? Infinity;
}

/** Where the median of such ratios lies, by the ranks between which it must be. */
function intervalText(ratios: readonly number[]): string {
  const sorted = ratios.toSorted((a, b) => a - b);
  const { low, high } = quantileRanks(ratios.length, 0.5, ALPHA);
  const at = (rank: number): string => sorted[rank - 1]?.toFixed(3) ?? '-';
  return `95 % interval ${at(low)} to ${at(high)}`;
}
