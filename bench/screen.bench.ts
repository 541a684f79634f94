import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryId } from '../src/decisions/decision-id.js';
import type { Journal } from '../src/decisions/ports.js';
import { openMongoStore } from '../src/storage/mongo/open.js';
import { openSqliteStore } from '../src/storage/sqlite/store.js';
import { REAL_WORLD } from '../src/world/real-world.js';
import { load, startEcho } from './loader/run.js';
import { writeRequests } from './loader/request-file.js';
import type { LoadResult } from './loader/tally.js';
import type { BenchResult, Figure } from './run.js';
import { startBenchMongod } from './support/bench-mongod.js';
import { cpuShares } from './support/cpu-profile.js';
import { scratchFolder, startTollgate } from './support/processes.js';
import { LISTS, screenBulkRequest, screenRequest, screenRuleSet } from './support/screen-workload.js';
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
  readonly store: string;
  /** Least share of the echo's rate. */
  readonly bar: number;
}

/** Screen, unary and streamed, against a bare echo of the same messages, on both stores. */
export async function run(args: readonly string[]): Promise<BenchResult> {
  const rounds = Number(args[0] ?? 5);
  const seconds = Number(args[1] ?? 4);
  const folder = scratchFolder('screen');
  const rules = benchRules(folder);
  const count = Math.max(120_000, rounds * seconds * 9000);
  const file = join(folder, 'screen.requests');
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
  const bulkFile = join(folder, 'bulk.requests');
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

  const mongod = await startBenchMongod();
  const targets: Target[] = [{ name: 'embedded', store: `sqlite:${join(folder, 'screen.db')}`, bar: 0.5 }];
  if (mongod !== undefined) targets.push({ name: 'MongoDB', store: mongod.uriOf('screen'), bar: 0.3 });
  const figures: Figure[] = [];
  const notes: string[] = [];
  if (mongod === undefined)
    notes.push('MongoDB: not measured, no mongod was found (npm run mongod gets one)');

  const echo = await startEcho();
  const services = await Promise.all(
    targets.map(({ store }) => startTollgate(['--store', store, '--rules', rules])),
  );
  const results = targets.map(() => ({ unary: [] as LoadResult[], bulk: [] as LoadResult[] }));
  const echoes: LoadResult[] = [];
  const next = targets.map(() => ({ unary: 0, bulk: 0 }));
  for (let round = 0; round < rounds; round += 1) {
    const timing = { durationMs: seconds * 1000, warmupMs: round === 0 ? 2000 : 500 };
    echoes.push(await load({ ...timing, address: echo.address, path: SCREEN, file, wrap: true }));
    for (const [index, service] of services.entries()) {
      const at = next[index];
      const result = results[index];
      if (at === undefined || result === undefined) continue;
      const unary = await load({ ...timing, address: service.grpc, path: SCREEN, file, first: at.unary });
      at.unary += unary.sent;
      result.unary.push(unary);
      const bulk = await load({
        ...timing,
        address: service.grpc,
        path: STREAM,
        file: bulkFile,
        mode: 'stream',
        first: at.bulk,
        inFlight: 8,
      });
      at.bulk += bulk.sent;
      result.bulk.push(bulk);
    }
  }
  echo.close();
  figures.push({ name: 'echo', value: median(echoes.map((each) => each.perSecond)), unit: 'calls/s' });
  figures.push({
    name: 'loader CPU',
    value: median(echoes.map((each) => each.loaderCpuUs)),
    unit: 'us/call',
  });

  for (const [index, target] of targets.entries()) {
    const service = services[index];
    const result = results[index];
    const sent = next[index];
    if (service === undefined || result === undefined || sent === undefined) continue;
    const { unary, bulk } = result;
    const ratio = median(
      unary.map((each, round) => each.perSecond / (echoes[round]?.perSecond ?? Number.NaN)),
    );
    const rate = median(unary.map((each) => each.perSecond));
    const bulkRate = median(bulk.map((each) => each.perSecond));
    figures.push({ name: `${target.name}: screen`, value: rate, unit: 'calls/s' });
    figures.push({
      name: `${target.name}: screen p50`,
      value: median(unary.map((each) => each.latencyUs.p50)) / 1000,
      unit: 'ms',
    });
    figures.push({
      name: `${target.name}: screen p99`,
      value: median(unary.map((each) => each.latencyUs.p99)) / 1000,
      unit: 'ms',
    });
    figures.push({
      name: `${target.name}: screen / echo`,
      value: ratio,
      unit: 'x',
      bar: `>= ${String(target.bar)}`,
      holds: ratio >= target.bar,
    });
    figures.push({
      name: `${target.name}: refused`,
      value: unary.reduce((sum, each) => sum + each.refused, 0),
      unit: 'calls',
    });
    figures.push({
      name: `${target.name}: peak memory`,
      value: service.peakBytes() / 2 ** 20,
      unit: 'MiB',
      bar: '< 512',
      holds: service.peakBytes() < 512 * 2 ** 20,
    });
    await service.stop();
    const storeRate = await storeOnly(target, folder, mongod);
    const bulkBar = Math.min(2 * rate, 0.7 * storeRate);
    figures.push({
      name: `${target.name}: store alone, batches of 256`,
      value: storeRate,
      unit: 'entries/s',
    });
    figures.push({
      name: `${target.name}: bulk`,
      value: bulkRate,
      unit: 'decisions/s',
      bar: `>= ${Math.round(bulkBar).toString()} (the lesser of 2 x unary and 0.7 x store)`,
      holds: bulkRate >= bulkBar,
    });
    const answered = [...unary, ...bulk].reduce((sum, { ok, okOutside }) => sum + ok + okOutside, 0);
    const sentIds = [...ids.unary.slice(0, sent.unary), ...ids.bulk.slice(0, sent.bulk * BULK)];
    const lost = Math.max(0, answered - (await countStored(target, sentIds)));
    figures.push({
      name: `${target.name}: answered but not in the store`,
      value: lost,
      unit: 'calls',
      bar: '0',
      holds: lost === 0,
    });
    const failures = [...unary, ...bulk].flatMap(({ other, broken }) =>
      [...Object.entries(other).map(String), broken ?? []].flat(),
    );
    if (failures.length > 0) notes.push(`${target.name}: statuses other than OK: ${failures.join(' ')}`);
  }

  for (const target of targets) {
    const profiles = join(folder, `profile-${target.name}`);
    mkdirSync(profiles);
    const store =
      target.name === 'embedded' ? `sqlite:${join(folder, 'profile.db')}` : (mongod?.uriOf('profile') ?? '');
    const service = await startTollgate(
      ['--store', store, '--rules', rules],
      ['--cpu-prof', '--cpu-prof-dir', profiles],
    );
    await load({ address: service.grpc, path: SCREEN, file, durationMs: seconds * 1000, warmupMs: 2000 });
    await service.stop();
    const shares = cpuShares(profiles);
    const rulesShare = shares.of('rules') * 100;
    figures.push({
      name: `${target.name}: rules' share of the server's CPU`,
      value: rulesShare,
      unit: '%',
      bar: '<= 5',
      holds: rulesShare <= 5,
    });
    const parts = shares.shares.map(({ part, share }) => `${part} ${(share * 100).toFixed(1)} %`);
    notes.push(`${target.name}: where the main thread's CPU goes: ${parts.join(', ')}`);
  }
  await mongod?.stop();
  return { bench: 'screen', figures, notes };
}

function benchRules(folder: string): string {
  const rules = join(folder, 'rules');
  mkdirSync(rules);
  writeFileSync(join(rules, 'bench.rules.json'), JSON.stringify(screenRuleSet()));
  const lists = LISTS.map((list) => ({ ...list, description: 'bench', owner: 'bench', entries: [] }));
  writeFileSync(join(rules, 'lists.json'), JSON.stringify({ lists }));
  return rules;
}

async function openJournal(target: Target): Promise<{ readonly journal: Journal; close(): Promise<void> }> {
  if (target.store.startsWith('sqlite:'))
    return openSqliteStore({ file: target.store.slice('sqlite:'.length), world: REAL_WORLD });
  return openMongoStore({ uri: target.store, world: REAL_WORLD });
}

/** How many of these ids are in the store. */
async function countStored(target: Target, ids: readonly string[]): Promise<number> {
  const store = await openJournal(target);
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
async function storeOnly(
  target: Target,
  folder: string,
  mongod: Awaited<ReturnType<typeof startBenchMongod>>,
): Promise<number> {
  const { benchAppends } = await import('./support/append-load.js');
  const store =
    target.name === 'embedded' ? `sqlite:${join(folder, 'alone.db')}` : (mongod?.uriOf('alone') ?? '');
  const open = await openJournal({ ...target, store });
  try {
    return await benchAppends(open.journal, 256, 3000, target.name === 'embedded' ? 2 : 1);
  } finally {
    await open.close();
  }
}
