import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { entryId } from '../src/decisions/record/decision-id.js';
import type { Journal } from '../src/decisions/ports.js';
import { openMongoStore } from '../src/storage/mongo/open.js';
import { openSqliteStore } from '../src/storage/sqlite/store.js';
import { REAL_WORLD } from '../src/world/real-world.js';
import { load, startEcho } from './loader/run.js';
import { writeRequests } from './loader/request-file.js';
import type { LoadResult } from './loader/tally.js';
import type { BenchResult, Figure } from './run.js';
import { benchAppends } from './support/append-load.js';
import { startBenchMongod } from './support/bench-mongod.js';
import { cpuShares } from './support/cpu-profile.js';
import { scratchFolder, startTollgate } from './support/processes.js';
import { benchRules, screenBulkRequest, screenRequest } from './support/screen-workload.js';
import { seeded } from './support/random.js';
import { median } from './support/statistics.js';
import { toBinary } from '@bufbuild/protobuf';
import {
  ScreenRequestSchema,
  ScreenStreamRequestSchema,
  type ScreenRequest,
} from '../src/gen/tollgate/v1/decision_service_pb.js';

const SCREEN = '/tollgate.v1.DecisionService/Screen';
const STREAM = '/tollgate.v1.DecisionService/ScreenStream';
const BULK = 100;

interface Target {
  readonly name: string;
  /** Addresses of databases by name. */
  readonly uriOf: (database: string) => string;
  /** Least share of the echo's rate. */
  readonly bar: number;
}

/** What all targets are sent. */
interface Workload {
  readonly folder: string;
  readonly rules: string;
  readonly file: string;
  readonly bulkFile: string;
  /** Ids of the decisions in the files, in their order. */
  readonly ids: { readonly unary: readonly string[]; readonly bulk: readonly string[] };
  readonly rounds: number;
  readonly seconds: number;
}

/**
 * Screen, unary and streamed, against a bare echo of the same messages, on both stores: one store after the other, so that
 * what one has still to write does not slow down the other, each in rounds of its own with the echo.
 */
export async function run(args: readonly string[]): Promise<BenchResult> {
  const rounds = Number(args[0] ?? 5);
  const seconds = Number(args[1] ?? 4);
  const work = workload(scratchFolder('screen'), rounds, seconds);
  const figures: Figure[] = [];
  const notes: string[] = [];
  const echo = await startEcho();
  const embedded: Target = {
    name: 'embedded',
    uriOf: (database) => `sqlite:${join(work.folder, `${database}.db`)}`,
    bar: 0.5,
  };
  await measure(embedded, work, echo.address, figures, notes);
  const mongod = await startBenchMongod();
  if (mongod === undefined)
    notes.push('MongoDB: not measured, no mongod was found (npm run mongod gets one)');
  else
    await measure(
      { name: 'MongoDB', uriOf: (database) => mongod.uriOf(database), bar: 0.3 },
      work,
      echo.address,
      figures,
      notes,
    );
  await mongod?.stop();
  echo.close();
  return { bench: 'screen', figures, notes };
}

function workload(folder: string, rounds: number, seconds: number): Workload {
  const count = Math.max(120_000, rounds * seconds * 9000);
  const file = join(folder, 'screen.requests');
  const bulkFile = join(folder, 'bulk.requests');
  const random = seeded(1);
  const ids = { unary: [] as string[], bulk: [] as string[] };
  const noted = (list: string[], request: ScreenRequest): ScreenRequest => {
    list.push(entryId('decision', request.payment?.site ?? '', request.requestId));
    return request;
  };
  writeRequests(
    file,
    (function* () {
      for (let index = 0; index < count; index += 1)
        yield toBinary(ScreenRequestSchema, noted(ids.unary, screenRequest(index, random, 'u')));
    })(),
  );
  writeRequests(
    bulkFile,
    (function* () {
      for (let index = 0; index < (count * 2) / BULK; index += 1) {
        const message = screenBulkRequest(index, BULK, random, 'b');
        for (const { entry } of message.entries) if (entry.case === 'screen') noted(ids.bulk, entry.value);
        yield toBinary(ScreenStreamRequestSchema, message);
      }
    })(),
  );
  return { folder, rules: benchRules(folder), file, bulkFile, ids, rounds, seconds };
}

async function measure(
  target: Target,
  work: Workload,
  echo: string,
  figures: Figure[],
  notes: string[],
): Promise<void> {
  const { rules, file, bulkFile, ids, rounds, seconds } = work;
  const add = (name: string, value: number, unit: string, bar?: string, holds?: boolean): void => {
    const figure = { name: `${target.name}: ${name}`, value, unit };
    figures.push(bar === undefined || holds === undefined ? figure : { ...figure, bar, holds });
  };
  const service = await startTollgate(['--store', target.uriOf('screen'), '--rules', rules]);
  const echoes: LoadResult[] = [];
  const unary: LoadResult[] = [];
  const bulk: LoadResult[] = [];
  const sent = { unary: 0, bulk: 0 };
  for (let round = 0; round < rounds; round += 1) {
    const timing = { durationMs: seconds * 1000, warmupMs: round === 0 ? 2000 : 500 };
    echoes.push(await load({ ...timing, address: echo, path: SCREEN, file, wrap: true }));
    const one = await load({ ...timing, address: service.grpc, path: SCREEN, file, first: sent.unary });
    sent.unary += one.sent;
    unary.push(one);
    const streamed = await load({
      ...timing,
      address: service.grpc,
      path: STREAM,
      file: bulkFile,
      mode: 'stream',
      first: sent.bulk,
      inFlight: 8,
    });
    sent.bulk += streamed.sent;
    bulk.push(streamed);
  }
  const all = [...unary, ...bulk];
  const ratio = median(unary.map((each, round) => each.perSecond / (echoes[round]?.perSecond ?? Number.NaN)));
  const rate = median(unary.map((each) => each.perSecond));
  const bulkRate = median(bulk.map((each) => each.perSecond));
  add('echo', median(echoes.map((each) => each.perSecond)), 'calls/s');
  add('loader CPU', median(echoes.map((each) => each.loaderCpuUs)), 'us/call');
  add('screen', rate, 'calls/s');
  add('screen p50', median(unary.map((each) => each.latencyUs.p50)) / 1000, 'ms');
  add('screen p99', median(unary.map((each) => each.latencyUs.p99)) / 1000, 'ms');
  add('screen / echo', ratio, 'x', `>= ${String(target.bar)}`, ratio >= target.bar);
  add(
    'refused',
    all.reduce((sum, each) => sum + each.refused, 0),
    'calls',
  );
  const peak = service.peakBytes();
  add('peak memory', peak / 2 ** 20, 'MiB', '< 512', peak < 512 * 2 ** 20);
  await service.stop();
  const storeRate = await storeOnly(target);
  const bulkBar = Math.min(2 * rate, 0.7 * storeRate);
  add('store alone, batches of 256', storeRate, 'entries/s');
  add(
    'bulk',
    bulkRate,
    'decisions/s',
    `>= ${Math.round(bulkBar).toString()} (the lesser of 2 x unary and 0.7 x store)`,
    bulkRate >= bulkBar,
  );
  const answered = all.reduce((sum, { ok, okOutside }) => sum + ok + okOutside, 0);
  const sentIds = [...ids.unary.slice(0, sent.unary), ...ids.bulk.slice(0, sent.bulk * BULK)];
  const lost = Math.max(0, answered - (await countStored(target, sentIds)));
  add('answered but not in the store', lost, 'calls', '0', lost === 0);
  const failures = all.flatMap(({ other, broken }) =>
    [...Object.entries(other).map(String), broken ?? []].flat(),
  );
  if (failures.length > 0) notes.push(`${target.name}: statuses other than OK: ${failures.join(' ')}`);

  const shares = await profile(target, work);
  const rulesShare = shares.of('rules') * 100;
  add("rules' share of the server's CPU", rulesShare, '%', '<= 5', rulesShare <= 5);
  const parts = shares.shares.map(({ part, share }) => `${part} ${(share * 100).toFixed(1)} %`);
  notes.push(`${target.name}: where the main thread's CPU goes: ${parts.join(', ')}`);
}

/** Where the processor time of unary calls goes. */
async function profile(target: Target, { folder, rules, file, seconds }: Workload) {
  const profiles = join(folder, `profile-${target.name}`);
  mkdirSync(profiles);
  const service = await startTollgate(
    ['--store', target.uriOf('profile'), '--rules', rules],
    ['--cpu-prof', '--cpu-prof-dir', profiles],
  );
  await load({ address: service.grpc, path: SCREEN, file, durationMs: seconds * 1000, warmupMs: 2000 });
  await service.stop();
  return cpuShares(profiles);
}

async function openJournal(uri: string): Promise<{ readonly journal: Journal; close(): Promise<void> }> {
  if (uri.startsWith('sqlite:'))
    return openSqliteStore({ file: uri.slice('sqlite:'.length), world: REAL_WORLD });
  return openMongoStore({ uri, world: REAL_WORLD });
}

/** How many of these ids are in the store. */
async function countStored(target: Target, ids: readonly string[]): Promise<number> {
  const store = await openJournal(target.uriOf('screen'));
  try {
    let found = 0;
    for (let from = 0; from < ids.length; from += 1000) {
      const slice = ids.slice(from, from + 1000);
      const { entries } = await store.journal.query({ ids: slice, ranges: [], seen: new Map() });
      found += entries.filter((entry) => entry !== undefined).length;
    }
    return found;
  } finally {
    await store.close();
  }
}

/** What the store takes in batches of 256 from this process, nothing else going on. */
async function storeOnly(target: Target): Promise<number> {
  const store = await openJournal(target.uriOf('alone'));
  try {
    return await benchAppends(store.journal, 256, 3000, 2);
  } finally {
    await store.close();
  }
}
