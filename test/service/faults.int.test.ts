import { mkdirSync, renameSync, rmdirSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { MongoClient } from 'mongodb';
import { afterEach, describe, expect, it } from 'vitest';
import { describeMongo } from '../support/mongo-suite.js';
import { ownTime } from '../support/own-time.js';
import { faultyProxy, type FaultyProxy } from '../support/proxy.js';
import { mongoPlace, sqlitePlace, until, type Instance, type Place } from './harness.js';
import { expectExact, expectKept, health, LOAD_RULES, readiness, startLoad, type Load } from './load.js';

const UNAVAILABLE = new Set(['STORE_UNAVAILABLE']);

/** The store is back: soon calls work again and health says so. */
async function healed(tollgate: Instance, load: Load): Promise<void> {
  const before = load.decided.size;
  await until(() => load.decided.size > before + 50, 20_000);
  await until(async () => (await health(tollgate)) === 'SERVING', 5_000);
  expect(await readiness(tollgate)).toBe(200);
}

/** Whatever happened: what was acknowledged is there, what is seen is what is stored, also after a restart. */
async function nothingLost(place: Place, tollgate: Instance, load: Load): Promise<void> {
  await load.stop();
  expect(new Set(load.failed.map(({ code }) => code))).toEqual(UNAVAILABLE);
  expect(load.slowest).toBeLessThan(8_000);
  await expectKept(tollgate, load);
  await expectExact(tollgate, load.cards);
  await tollgate.close();
  const again = await place.start();
  await expectKept(again, load);
  await expectExact(again, load.cards);
}

describeMongo('a service whose MongoDB server misbehaves under load', (uri) => {
  let place: Place | undefined;
  let proxy: FaultyProxy | undefined;
  afterEach(async () => {
    proxy?.set('pass');
    await place?.remove();
    await proxy?.close();
  });

  it.each([
    ['is silent', 'silent'],
    ['is cut off', 'cut'],
    ['takes everything in and answers nothing', 'no-answers'],
  ] as const)(
    'that %s: refused, healed, and nothing is lost or doubled',
    { timeout: 240_000 },
    async (_, fault) => {
      proxy = await faultyProxy(await primaryOf(uri));
      place = mongoPlace(uri, `mongodb://127.0.0.1:${String(proxy.port)}/?directConnection=true`);
      const tollgate = await place.start();
      await tollgate.activate(LOAD_RULES);
      const load = startLoad(tollgate, 16);
      await until(() => load.decided.size > 100);
      proxy.set(fault);
      // Shorter than this, the driver tries again by itself and nobody is refused.
      await until(async () => (await health(tollgate)) === 'NOT_SERVING', 5_000);
      await until(() => load.failed.length > 200);
      proxy.set('pass');
      await healed(tollgate, load);
      // And so short that it may have healed before anybody is refused.
      const lost = proxy.lost();
      proxy.set(fault);
      const broken = proxy;
      await until(() => broken.lost() > lost);
      proxy.set('pass');
      await healed(tollgate, load);
      await nothingLost(place, tollgate, load);
    },
  );
});

describe('a service whose database thread fails under load, on SQLite', () => {
  const workers: Worker[] = [];
  const note = (worker: Worker): void => void workers.push(worker);
  let place: Place | undefined;
  afterEach(async () => {
    process.off('worker', note);
    await place?.remove();
  });

  it(
    'and cannot open its file for a while: refused at once, healed, and nothing is lost',
    { timeout: 240_000 },
    async () => {
      process.on('worker', note);
      place = sqlitePlace();
      const file = place.store.replace('sqlite:', '');
      const tollgate = await place.start();
      await tollgate.activate(LOAD_RULES);
      const load = startLoad(tollgate, 16);
      for (const away of [false, true, false]) {
        const enough = load.decided.size + 200;
        await until(() => load.decided.size > enough);
        const failures = load.failed.length;
        if (away) {
          // A folder in its place: the file cannot be opened again.
          renameSync(file, `${file}.away`);
          mkdirSync(file);
        }
        let ended: Worker | undefined;
        await until(async () => {
          // Once more should it have fallen between two calls.
          if (workers.at(-1) !== ended) await (ended = workers.at(-1))?.terminate();
          return load.failed.length > failures;
        });
        if (away) {
          const began = ownTime();
          await until(async () => (await health(tollgate)) === 'NOT_SERVING', 3_000);
          expect(await readiness(tollgate)).toBe(503);
          const during = (): number[] => load.failed.filter(({ at }) => at > began + 500).map(({ ms }) => ms);
          // Long enough to be tried again, and for every lane to be refused many times.
          const tries = workers.length + 2;
          await until(() => workers.length > tries && during().length > 400);
          expect(Math.max(...during())).toBeLessThan(1_000);
          expect(await health(tollgate)).toBe('NOT_SERVING');
          rmdirSync(file);
          renameSync(`${file}.away`, file);
        }
        await healed(tollgate, load);
      }
      await nothingLost(place, tollgate, load);
    },
  );
});

async function primaryOf(uri: string): Promise<{ host: string; port: number }> {
  const client = await MongoClient.connect(uri);
  try {
    const hello = await client.db('admin').command({ hello: 1 });
    const [host, port] = String(hello['me']).split(':');
    return { host: host ?? '127.0.0.1', port: Number(port ?? 27_017) };
  } finally {
    await client.close();
  }
}
