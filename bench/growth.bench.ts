import { toBinary } from '@bufbuild/protobuf';
import { join } from 'node:path';
import { ScreenRequestSchema } from '../src/gen/tollgate/v1/decision_service_pb.js';
import { openMongoStore } from '../src/storage/mongo/open.js';
import { openSqliteStore } from '../src/storage/sqlite/store.js';
import { REAL_WORLD } from '../src/world/real-world.js';
import { load } from './loader/run.js';
import { writeRequests } from './loader/request-file.js';
import type { LoadResult } from './loader/tally.js';
import type { BenchResult, Figure } from './run.js';
import { startBenchMongod } from './support/bench-mongod.js';
import { fillDecisions, fillList, HOT_IP } from './support/fill-store.js';
import { scratchFolder, startTollgate } from './support/processes.js';
import { seeded } from './support/random.js';
import { benchRules, screenRequest } from './support/screen-workload.js';
import { median } from './support/statistics.js';

const SCREEN = '/tollgate.v1.DecisionService/Screen';
const RATE = 500;
/** One payment in so many comes from the busy address. */
const HOT_EVERY = 10;
const MEMORY = 512 * 2 ** 20;

interface Size {
  readonly name: 'small' | 'large';
  readonly decisions: number;
  readonly hot: number;
  readonly listEntries: number;
}

/** Whether a store that has grown answers as fast as a new one: both open at once, in alternating rounds. */
export async function run(args: readonly string[]): Promise<BenchResult> {
  const scale = Number(args[0] ?? 1);
  const rounds = Number(args[1] ?? 8);
  const seconds = Number(args[2] ?? 8);
  const only = args[3];
  const folder = scratchFolder('growth');
  const figures: Figure[] = [];
  const notes: string[] = [];
  const stores = [
    { name: 'embedded', large: 5_000_000 },
    { name: 'MongoDB', large: 1_000_000 },
  ].filter(({ name }) => only === undefined || name === only);
  for (const { name, large } of stores) {
    const mongod = name === 'MongoDB' ? await startBenchMongod() : undefined;
    if (name === 'MongoDB' && mongod === undefined) {
      notes.push('MongoDB: not measured, no mongod was found (npm run mongod gets one)');
      continue;
    }
    const sizes: Size[] = [
      { name: 'small', decisions: 10_000, hot: 0, listEntries: 1000 },
      { name: 'large', decisions: large * scale, hot: 1_000_000 * scale, listEntries: 1_000_000 * scale },
    ];
    const uriOf = (size: Size): string =>
      mongod === undefined
        ? `sqlite:${join(folder, `${size.name}.db`)}`
        : mongod.uriOf(`growth-${size.name}`);
    const rules = benchRules(join(folder, name));
    const services = [];
    for (const size of sizes) {
      const uri = uriOf(size);
      await seedRules(uri, rules);
      const filled = await fill(uri, size);
      notes.push(`${name}, ${size.name}: ${filled}`);
      services.push(await startTollgate(['--store', uri, '--rules', rules]));
    }
    const file = join(folder, `${name}.requests`);
    const random = seeded(7);
    writeRequests(
      file,
      (function* () {
        for (let index = 0; index < (rounds * (seconds + 2) + 60) * RATE; index += 1) {
          const request = screenRequest(index, random, 'g');
          if (index % HOT_EVERY === 0 && request.payment !== undefined) request.payment.ip = HOT_IP;
          yield toBinary(ScreenRequestSchema, request);
        }
      })(),
    );
    const results = sizes.map(() => [] as LoadResult[]);
    const next = sizes.map(() => 0);
    for (let round = -1; round < rounds; round += 1)
      for (const index of round % 2 === 0 ? [0, 1] : [1, 0]) {
        const service = services[index];
        if (service === undefined) continue;
        const result = await load({
          address: service.grpc,
          path: SCREEN,
          file,
          first: next[index] ?? 0,
          mode: 'open',
          rate: RATE,
          // The first round reads the busy key for the first time: not counted.
          warmupMs: round < 0 ? 15_000 : 1000,
          durationMs: round < 0 ? 1000 : seconds * 1000,
        });
        next[index] = (next[index] ?? 0) + result.sent;
        if (round >= 0) results[index]?.push(result);
        const failed = Object.entries(result.other).map(String);
        if (failed.length > 0 || result.refused > 0)
          notes.push(
            `${name}, ${sizes[index]?.name ?? ''}, round ${round}: refused ${result.refused}, ${failed.join(' ')}`,
          );
      }
    const at = (index: number, of: 'p50' | 'p99'): number[] =>
      (results[index] ?? []).map((each) => each.latencyUs[of]);
    for (const [of, bar] of [
      ['p50', 1.3],
      ['p99', 2],
    ] as const) {
      const [small, large_] = [at(0, of), at(1, of)];
      const ratio = median(small.map((value, round) => (large_[round] ?? Number.NaN) / value));
      figures.push({ name: `${name}: ${of} small`, value: median(small) / 1000, unit: 'ms' });
      figures.push({ name: `${name}: ${of} large`, value: median(large_) / 1000, unit: 'ms' });
      figures.push({
        name: `${name}: ${of} large / small`,
        value: ratio,
        unit: 'x',
        bar: `<= ${bar}`,
        holds: ratio <= bar,
      });
    }
    for (const [index, service] of services.entries()) {
      const peak = service.peakBytes();
      figures.push({
        name: `${name}: peak memory, ${sizes[index]?.name ?? ''}`,
        value: peak / 2 ** 20,
        unit: 'MiB',
        bar: '< 512',
        holds: peak < MEMORY,
      });
      await service.stop();
    }
    await mongod?.stop();
  }
  return { bench: 'growth', figures, notes };
}

/** An empty store gets its rule sets from the service itself. */
async function seedRules(uri: string, rules: string): Promise<void> {
  const service = await startTollgate(['--store', uri, '--rules', rules]);
  await service.stop();
}

async function fill(uri: string, size: Size): Promise<string> {
  const store = uri.startsWith('sqlite:')
    ? await openSqliteStore({ file: uri.slice('sqlite:'.length), world: REAL_WORLD })
    : await openMongoStore({ uri, world: REAL_WORLD });
  try {
    const started = Date.now();
    await fillDecisions(store.journal, size.decisions, size.hot, started);
    const filled = Date.now();
    await fillList(store.lists, 'bench-emails', size.listEntries, filled);
    return `${size.decisions} decisions filled in ${Math.round((filled - started) / 1000)} s, ${size.listEntries} list entries in ${Math.round((Date.now() - filled) / 1000)} s`;
  } finally {
    await store.close();
  }
}
