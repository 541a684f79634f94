import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Metadata } from '@grpc/grpc-js';
import { resolveConfig } from '../src/config/config.js';
import { DecisionService } from '../src/gen/tollgate/v1/decision_service_pb.js';
import { ANYBODY, knownCallers, type Callers } from '../src/identity/callers.js';
import { startService } from '../src/main.js';
import { keysOf } from '../src/serve/identities.js';
import { entranceTo, type ShowingCall } from '../src/server/grpc/access.js';
import { createClient, openChannel } from '../src/server/grpc/bridge.js';
import { openSqliteStore } from '../src/storage/sqlite/store.js';
import { REAL_WORLD } from '../src/world/real-world.js';
import type { BenchResult } from './run.js';
import { screenRequest } from './support/screen-workload.js';
import { seeded } from './support/random.js';
import { median } from './support/statistics.js';

const ROUNDS = 21;
const TURNS = 20_000;
const CALLS = 1_500;
const IN_FLIGHT = 64;

/**
 * What knowing who calls costs a call of Screen: the entrance alone, in development mode and with a key, and the CPU time
 * of whole calls (client and service in one process) with and without, in alternating rounds; medians.
 */
export async function run(args: readonly string[]): Promise<BenchResult> {
  const rounds = Number(args[0] ?? ROUNDS);
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-access-'));
  const key = await makeKey(`${folder}/required.db`);
  const [development, known] = await entrance(`${folder}/required.db`, key, rounds);
  const [without, withKey] = await calls(folder, key, rounds);
  rmSync(folder, { recursive: true });
  return {
    bench: 'access',
    figures: [
      { name: 'entrance, development', value: development, unit: 'us' },
      { name: 'entrance, key', value: known, unit: 'us' },
      { name: 'Screen without keys', value: without, unit: 'us CPU' },
      { name: 'Screen with a key', value: withKey, unit: 'us CPU' },
      { name: 'with / without', value: withKey / without, unit: 'x' },
    ],
  };
}

const cpuUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

async function makeKey(file: string): Promise<string> {
  const store = await openSqliteStore({ file, world: REAL_WORLD });
  const keys = keysOf(store.keys, REAL_WORLD);
  const { key } = await keys.create({
    name: 'bench',
    roles: ['operator'],
    sites: [],
    subject: '',
    expiresAt: undefined,
    by: 'bench',
  });
  await store.close();
  return key;
}

async function entrance(file: string, key: string, rounds: number): Promise<readonly [number, number]> {
  const store = await openSqliteStore({ file, world: REAL_WORLD });
  const keys = keysOf(store.keys, REAL_WORLD);
  await keys.refresh();
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${key}`);
  const call: ShowingCall = { metadata, getPeer: () => '127.0.0.1:1' };
  const never = (): never => {
    throw new Error('refused');
  };
  const known = knownCallers(keys, { failed: never }, { look: never }, never);
  const timed = (callers: Callers): number => {
    const enter = entranceTo(DecisionService.method.screen, callers);
    const before = cpuUs();
    for (let turn = 0; turn < TURNS; turn++) enter(call, never);
    return (cpuUs() - before) / TURNS;
  };
  const found = alternate(rounds, () => [timed(ANYBODY), timed(known)]);
  await store.close();
  return found;
}

async function calls(folder: string, key: string, rounds: number): Promise<readonly [number, number]> {
  const start = (identities: string) =>
    startService(
      resolveConfig({
        flags: {
          listen: '127.0.0.1:0',
          http: '127.0.0.1:0',
          logLevel: 'silent',
          rules: 'none',
          store: `sqlite:${folder}/${identities}.db`,
          identities,
        },
        environment: {},
        file: undefined,
      }),
    );
  const services = [await start('development'), await start('required')];
  const random = seeded(1);
  const contestants = services.map(({ grpcAddress }) => {
    const channel = openChannel(grpcAddress, { 'grpc.use_local_subchannel_pool': 1 });
    return { channel, client: createClient(DecisionService, channel, { key }) };
  });
  let no = 0;
  const round = async (at: number): Promise<number> => {
    const { client } = contestants[at] as (typeof contestants)[number];
    const requests = Array.from({ length: CALLS }, () => screenRequest(no++, random, 'access'));
    const before = cpuUs();
    const lane = async (): Promise<void> => {
      for (let next = requests.pop(); next !== undefined; next = requests.pop()) await client.screen(next);
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
    return (cpuUs() - before) / CALLS;
  };
  const times: [number[], number[]] = [[], []];
  for (let nth = 0; nth < rounds; nth++) {
    const order = nth % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const);
    for (const at of order) times[at].push(await round(at));
  }
  for (const { channel } of contestants) channel.close();
  for (const service of services) await service.close();
  return [median(times[0]), median(times[1])];
}

function alternate(rounds: number, round: () => readonly [number, number]): readonly [number, number] {
  const times = Array.from({ length: rounds }, round);
  return [median(times.map(([one]) => one)), median(times.map(([, other]) => other))];
}
