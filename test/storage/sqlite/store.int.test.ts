import { readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DecisionFilter } from '../../../src/decisions/ports.js';
import { Connection } from '../../../src/storage/sqlite/connection.js';
import { SCHEMA_VERSION } from '../../../src/storage/sqlite/schema/schema.js';
import { openSqliteStore } from '../../../src/storage/sqlite/store.js';
import type { SqliteStore } from '../../../src/storage/sqlite/store.js';
import { startWorker } from '../../../src/storage/sqlite/worker-thread.js';
import { REAL_WORLD } from '../../../src/world/real-world.js';
import { T0, entries, entry, keyOf, plain, whole } from '../contract/entries.js';

const NONE: ReadonlyMap<number, number> = new Map();
const unavailable = { code: 'STORE_UNAVAILABLE' };
const RARE = { ruleSet: 'rare', rule: 'one', state: 'hit', outcome: 'block', reason: '', score: 0 } as const;

describe('the embedded store', () => {
  let directory: string;
  let file: string;
  const open = new Set<{ close(): Promise<void> }>();

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tollgate-'));
    file = join(directory, 'store.db');
  });
  afterEach(async () => {
    for (const one of open) await one.close();
    open.clear();
    rmSync(directory, { recursive: true, force: true });
  });

  const openStore = async (): Promise<SqliteStore> => {
    const store = await openSqliteStore({ file, world: REAL_WORLD });
    open.add(store);
    return store;
  };

  it('belongs to one process at a time, and says so', async () => {
    const first = await openStore();
    await expect(openStore()).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringContaining('in use by another process') as string,
    });
    await first.health.ping();
    await first.close();
    await (await openStore()).health.ping();
  });

  it('refuses a file of another release', async () => {
    await (await openStore()).close();
    const raw = new Database(file);
    raw.exec('PRAGMA user_version = 99');
    raw.close();
    await expect(openStore()).rejects.toMatchObject({
      name: 'WrongFile',
      message: expect.stringMatching(/schema 99; this one reads \d+/) as string,
    });
  });

  it.each([
    ['tables', 'CREATE TABLE orders (id TEXT)'],
    ['tables and a version', `CREATE TABLE orders (id TEXT); PRAGMA user_version = ${SCHEMA_VERSION}`],
    ['a version alone', 'PRAGMA user_version = 3'],
    ['an application id alone', 'PRAGMA application_id = 252006673'],
  ])('refuses a database of another program, with %s, and leaves it as it is', async (_, sql) => {
    const raw = new Database(file);
    raw.exec(sql);
    raw.close();
    const before = readFileSync(file);
    await expect(openStore()).rejects.toMatchObject({
      name: 'WrongFile',
      message: expect.stringContaining(`${file} is of another program`) as string,
    });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('refuses a file that is something else, and a place where no file can be', async () => {
    writeFileSync(file, 'site;amount\n'.repeat(1000));
    await expect(openStore()).rejects.toMatchObject({
      name: 'WrongFile',
      message: expect.stringContaining('is not a Tollgate database') as string,
    });
    file = join(directory, 'no', 'such', 'folder', 'store.db');
    await expect(openStore()).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringContaining('cannot be opened') as string,
    });
  });

  it('answers STORE_UNAVAILABLE at once when its thread dies, and heals by itself', async () => {
    const workers: Worker[] = [];
    let deaf = false;
    const settings = { file, hashKey: new Uint8Array(32), cacheKb: 1024, checkpointBytes: 1 << 20 };
    const connection = new Connection(settings, REAL_WORLD.timers, (given) => {
      const worker = startWorker(given);
      workers.push(worker);
      const post = worker.postMessage.bind(worker);
      worker.postMessage = (message, transfer) => {
        if (!deaf) post(message, transfer);
      };
      return worker;
    });
    open.add(connection);
    await connection.open();
    expect(await connection.call('limits.used', ['c'])).toBe(0);
    // It dies before it comes to the call.
    deaf = true;
    const asked = connection.call('store.ping', [1]);
    const refused = expect(asked).rejects.toMatchObject(unavailable);
    await workers[0]?.terminate();
    await refused;
    deaf = false;
    // Callers are told in words of ours, the log why.
    await expect(connection.call('store.ping', [2])).rejects.toMatchObject({
      ...unavailable,
      message: 'store unavailable: its file cannot be used',
      cause: { message: 'the database thread ended' },
    });
    const healed = async (): Promise<boolean> =>
      connection.call('store.ping', [3]).then(
        () => true,
        () => false,
      );
    await expect.poll(healed).toBe(true);
    expect(workers).toHaveLength(2);
  });

  it('refuses calls after close', async () => {
    const store = await openStore();
    await store.close();
    await expect(store.journal.list({}, 1, undefined)).rejects.toMatchObject(unavailable);
    await store.close();
  });

  it('refuses sequences that go back, and goes on', async () => {
    const store = await openStore();
    await store.journal.append(entries(1, 1, 10));
    await expect(
      store.journal.append([entry({ log: 1, seq: 11 }), entry({ log: 1, seq: 5, id: 'other' })]),
    ).rejects.toThrow(/sequences only grow/);
    expect(await store.journal.append([entry({ log: 1, seq: 11 })])).toEqual(['stored']);
    expect((await store.journal.list({}, 20, undefined)).entries).toHaveLength(11);
  });

  it('keeps writes that come together apart: one that fails takes no other with it', async () => {
    const store = await openStore();
    const results = await Promise.allSettled([
      store.journal.append([entry({ log: 1, seq: 1 })]),
      store.journal.append([entry({ log: 1, seq: 1, id: 'back' })]),
      store.lists.add('none', [], T0),
      store.journal.append([
        entry({ log: 1, seq: 2 }),
        entry({ log: 1, seq: 3, id: entry({ log: 1, seq: 1 }).id }),
      ]),
      store.limits.reserve('a', [{ counter: 'c', amount: 1, cap: 5, periodEnd: T0 }], T0),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(results[1]).toMatchObject({ reason: { cause: expect.stringMatching(/^Error: .*\n +at /) } });
    expect(results[3]).toMatchObject({ value: ['stored', 'duplicate'] });
    expect((await store.journal.list({}, 20, undefined)).entries).toHaveLength(2);
    expect(await store.limits.used('c')).toBe(1);
  });

  it('finds everything across sealed and merged parts of the key index, before and after a restart', async () => {
    const count = 150_000;
    const shape = (seq: number) => ({
      log: 1,
      seq,
      payload: 3,
      values: { card: `c${seq % 5_000}`, order: `o${seq}`, ip: 'hot' },
    });
    let store = await openStore();
    for (let first = 1; first <= count; first += 1_000) {
      await store.journal.append(Array.from({ length: 1_000 }, (_, index) => entry(shape(first + index))));
    }
    const check = async (): Promise<void> => {
      const keys = [
        keyOf('order', 'o1'),
        keyOf('order', `o${count}`),
        keyOf('card', 'c17'),
        keyOf('card', 'none'),
      ];
      const ranges = keys.map((key) => ({ key, from: -Infinity }));
      ranges.push({ key: keyOf('ip', 'hot'), from: T0 + (count - 3_000) * 1000 });
      const ids = [1, 70_000, count].map((seq) => entry(shape(seq)).id);
      const answer = await store.journal.query({ ids, ranges, seen: NONE });
      expect(whole(answer).map((range) => range.length)).toEqual([1, 1, count / 5_000, 0, 3_000]);
      expect(answer.ranges[2]?.map(({ seq }) => seq)).toEqual(
        Array.from({ length: count / 5_000 }, (_, index) => 17 + index * 5_000),
      );
      expect(answer.entries.map(plain)).toEqual([1, 70_000, count].map((seq) => plain(entry(shape(seq)))));
      const again = [1, 60_000, 149_000].map((seq, index) => ({
        ...entry({ ...shape(count + 1 + index), id: entry(shape(seq)).id }),
      }));
      expect(await store.journal.append(again)).toEqual(['duplicate', 'duplicate', 'duplicate']);
      const page = await store.journal.list(
        { keys: [keyOf('card', 'c17'), keyOf('ip', 'hot')] },
        7,
        undefined,
      );
      expect(page.entries.map(({ event }) => event.seq)).toEqual(
        Array.from({ length: 7 }, (_, index) => count - 5_000 + 17 - index * 5_000),
      );
    };
    await check();
    await store.close();
    store = await openStore();
    await check();
  }, 240_000);

  it('lists what a busy key carries by event time, in bounded steps, also when it was busy long ago', async () => {
    const store = await openStore();
    const order: { readonly seq: number; readonly at: number }[] = [];
    for (let first = 1; first <= 45_000; first += 1_000) {
      await store.journal.append(
        entries(1, first, 1_000, (index) => {
          const seq = first + index;
          const at = T0 + seq * 1000 - (seq % 10 === 0 ? 3_600_000 : 0);
          const busy = seq <= 22_000;
          if (busy) order.push({ seq, at });
          return { payload: 3, at, values: { merchant: busy ? 'old' : 'new', card: `c${seq % 9_000}` } };
        }),
      );
    }
    const expected = order.sort((a, b) => b.at - a.at || b.seq - a.seq).map(({ seq }) => seq);
    const seqs = async (filter: DecisionFilter, limit: number): Promise<number[]> => {
      const page = await store.journal.list(filter, limit, undefined);
      return page.entries.map(({ event }) => event.seq);
    };
    const old = keyOf('merchant', 'old');
    expect(await seqs({ keys: [old] }, 50)).toEqual(expected.slice(0, 50));
    const to = T0 + 9_000_000;
    const before = expected.filter((seq) => (order.find((one) => one.seq === seq)?.at ?? 0) < to);
    expect(await seqs({ keys: [old], to }, 20)).toEqual(before.slice(0, 20));
    expect(await seqs({ keys: [keyOf('card', 'c17'), old] }, 5)).toEqual([18_017, 9_017, 17]);
  }, 60_000);

  it.each([{ outcomes: ['block'] }, { rule: 'rare/one' }] as const)(
    'lists by a filter that nearly nothing fits in bounded steps: %j',
    async (filter) => {
      const store = await openStore();
      for (let first = 1; first <= 50_000; first += 1_000) {
        await store.journal.append(
          entries(1, first, 1_000, (index) => ({
            payload: 3,
            ...(first + index === 3 ? { outcome: 'block', hits: [RARE] } : {}),
          })),
        );
      }
      const found: number[] = [];
      let pages = 0;
      let token: string | undefined;
      do {
        const page = await store.journal.list(filter, 10, token);
        found.push(...page.entries.map(({ event }) => event.seq));
        token = page.next;
        pages += 1;
      } while (token !== undefined && pages < 20);
      expect(found).toEqual([3]);
      expect(pages).toBeGreaterThan(1);
      expect(pages).toBeLessThan(6);
    },
  );

  it(
    'says STORE_UNAVAILABLE when the disk is full, and keeps what it acknowledged',
    { timeout: 240_000 },
    async () => {
      const script = fileURLToPath(new URL('full-disk.ts', import.meta.url));
      // A limit on the size of files stands for a full disk; the signal that comes with it is ignored.
      const command = `trap '' XFSZ; ulimit -f 6000; exec "$0" --import tsx "$1" "$2"`;
      const child = spawn('bash', ['-c', command, process.execPath, script, file], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.on('data', (chunk) => (output += String(chunk)));
      await once(child, 'close');
      const { acknowledged, code, reason } = JSON.parse(output) as {
        acknowledged: number;
        code: string;
        reason: string;
      };
      expect(code).toBe('STORE_UNAVAILABLE');
      expect(reason).toContain('SQLITE_');
      expect(acknowledged).toBeGreaterThan(100);
      const store = await openStore();
      const ids = Array.from({ length: acknowledged }, (_, index) => entry({ log: 1, seq: index + 1 }).id);
      const answer = await store.journal.query({ ids, ranges: [], seen: NONE });
      expect(answer.entries.filter((one) => one === undefined)).toEqual([]);
      expect(await store.journal.append([entry({ log: 1, seq: store.journal.lastSeq + 1 })])).toEqual([
        'stored',
      ]);
    },
  );
});
