import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Libsql from 'libsql';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { migration } from '../../src/storage/sqlite/schema.js';
import { openSqliteStore, type SqliteStore } from '../../src/storage/sqlite/store.js';
import { REAL_WORLD } from '../../src/world/real-world.js';
import { T0 } from './contract/entries.js';

const HOUR = 3_600_000;
const PERIOD_END = T0 + 24 * HOUR;

let directory: string;
let store: SqliteStore;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tollgate-'));
  const file = join(directory, 'store.db');
  const db = new Libsql(file);
  for (const step of (migration(0) ?? []).slice(0, 2)) db.exec(step);
  db.exec(`
    INSERT INTO limit_counters (counter, used, period_end)
      VALUES ('day', 1100, ${PERIOD_END}), ('month', 1000, ${PERIOD_END});
    INSERT INTO limit_decisions (decision, state, expires_at, used) VALUES
      ('open', 'held', ${T0 + HOUR}, '[0]'), ('made', 'confirmed', ${T0 + HOUR}, '[0,0]'),
      ('declined', 'held', ${T0 + HOUR}, '[0]'), ('lapsed', 'expired', ${T0 + HOUR}, '[0]'),
      ('both', 'confirmed', ${T0 + HOUR}, '[0]'), ('no', 'refused', ${T0 + HOUR}, '[1100]');
    INSERT INTO limit_holds (decision, counter, amount, given) VALUES
      ('open', 'day', 100, 0), ('made', 'day', 1000, 0), ('made', 'month', 1000, 0),
      ('declined', 'day', 0, 300), ('lapsed', 'day', 50, 0), ('both', 'day', 0, 70);
    INSERT INTO limit_releases (decision, reason) VALUES ('declined', 'declined'), ('both', 'declined');
  `);
  db.close();
  store = await openSqliteStore({ file, world: REAL_WORLD });
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true, force: true });
});

it('goes on with the limits of a file of schema 2 where they were', async () => {
  const { limits } = store;
  expect([await limits.used('day'), await limits.used('month')]).toEqual([1100, 1000]);
  await limits.settle('open', { kind: 'failed' });
  expect(await limits.used('day')).toBe(1000);
  for (const decision of ['open', 'declined', 'lapsed', 'both'])
    await limits.settle(decision, { kind: 'made', at: T0 });
  expect(await limits.used('day')).toBe(1520);
  await limits.settle('made', { kind: 'refunded', id: 'r', amount: 400, counters: ['day', 'month'] });
  expect([await limits.used('day'), await limits.used('month')]).toEqual([1120, 600]);
  await limits.settle('made', { kind: 'cancelled', at: T0 });
  expect([await limits.used('day'), await limits.used('month')]).toEqual([520, 0]);
  expect(await limits.expire(T0 + HOUR)).toBe(0);
  const more = { counter: 'day', amount: 10, cap: 530, periodEnd: PERIOD_END };
  expect(await limits.reserve('no', [more], T0 + HOUR)).toEqual({ reserved: true, used: [520] });
});
