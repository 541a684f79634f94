import { describe, expect, it } from 'vitest';
import { HOW_TO_GET_ONE, findMongod } from '../../../scripts/lib/mongod.mjs';
import { TollgateError } from '../../../src/errors/errors.js';
import { openMongoStore } from '../../../src/storage/mongo/open.js';
import { killableMongod } from '../../support/killable-mongod.js';
import { OWN_TIME_WORLD, ownTime } from '../../support/own-time.js';
import { entries, T0 } from '../contract/entries.js';
import { member } from '../contract/lists.js';

const found = findMongod();
const binary = found?.kind === 'binary' ? found.path : undefined;
const why = found
  ? 'MONGODB_URI names a server that is not ours to kill'
  : `no MongoDB server: ${HOW_TO_GET_ONE}`;

describe.skipIf(binary === undefined)(`a mongod of its own${binary === undefined ? ` (${why})` : ''}`, () => {
  it('is killed under load and started again: all that was acknowledged is there, the store heals', async () => {
    const server = await killableMongod(binary ?? '');
    const store = await openMongoStore({ uri: server.uri, world: OWN_TIME_WORLD });
    try {
      const { log } = store.journal;
      const acknowledged: string[] = [];
      let seq = 1;
      const appendOnce = async (): Promise<boolean> => {
        const batch = entries(log, seq, 16);
        seq += 16;
        try {
          await store.journal.append(batch);
          acknowledged.push(...batch.map(({ id }) => id));
          return true;
        } catch (error) {
          expect(error).toSatisfy((e) => e instanceof TollgateError && e.code === 'STORE_UNAVAILABLE');
          await new Promise((resolve) => setTimeout(resolve, 10));
          return false;
        }
      };
      for (let round = 0; round < 20; round++) await appendOnce();
      const underWay = [appendOnce(), appendOnce(), appendOnce()];
      await new Promise((resolve) => setImmediate(resolve));
      await server.kill();
      await Promise.all(underWay);
      expect(await appendOnce()).toBe(false);
      const restarted = server.start();
      while (!(await appendOnce()));
      await restarted;
      const answer = await store.journal.query({ ids: acknowledged, ranges: [], seen: new Map() });
      expect(answer.entries.filter((one) => one === undefined)).toEqual([]);
      expect(acknowledged.length).toBeGreaterThan(300);
    } finally {
      await store.close();
      await server.remove();
    }
  });

  it('is frozen for longer than a step may take, while entries are staged and while a list is switched: the import goes on', async () => {
    const server = await killableMongod(binary ?? '');
    const store = await openMongoStore({ uri: server.uri, world: OWN_TIME_WORLD });
    const frozen = async (): Promise<void> => {
      server.freeze();
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      server.thaw();
    };
    try {
      const by = { actor: 'ana', reason: 'a test' };
      await store.lists.create({ id: 'l', type: 'card', kind: 'block', description: '', owner: '' }, by, T0);
      const values = Array.from({ length: 40_000 }, (_, index) => `c${String((index * 7_919) % 40_000)}`);
      let thawed: Promise<void> = Promise.resolve();
      async function* batches() {
        for (let at = 0; at < values.length; at += 1_000) {
          if (at === 20_000) thawed = frozen();
          yield values.slice(at, at + 1_000).map((value) => member(value, T0));
        }
        await thawed;
        setTimeout(() => void (thawed = frozen()), 300);
      }
      const options = { replace: true, dryRun: false, by, now: () => T0 };
      expect(await store.lists.import('l', batches(), options)).toMatchObject({ added: 40_000, removed: 0 });
      await thawed;
      const [list] = await store.lists.lists();
      expect(list).toMatchObject({ revision: 1, entries: 40_000 });
    } finally {
      server.thaw();
      await store.close();
      await server.remove();
    }
  }, 60_000);

  it('is a standalone: refused at start with what is needed', async () => {
    const server = await killableMongod(binary ?? '', false);
    try {
      await expect(openMongoStore({ uri: server.uri, world: OWN_TIME_WORLD })).rejects.toThrow(
        /needs a replica set/,
      );
    } finally {
      await server.remove();
    }
  });

  it('is not there: STORE_UNAVAILABLE in time', async () => {
    const uri = 'mongodb://127.0.0.1:1/?replicaSet=none';
    const start = ownTime();
    await expect(openMongoStore({ uri, world: OWN_TIME_WORLD })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      cause: expect.objectContaining({ message: expect.stringContaining('ECONNREFUSED') }),
    });
    expect(ownTime() - start).toBeLessThan(3_000);
  });

  it('is of another replica set: that is said', async () => {
    const server = await killableMongod(binary ?? '');
    try {
      const uri = server.uri.replace(/replicaSet=\w+/, 'replicaSet=other');
      await expect(openMongoStore({ uri, world: OWN_TIME_WORLD })).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        cause: new Error("no server there belongs to a replica set 'other'"),
      });
    } finally {
      await server.remove();
    }
  });
});
