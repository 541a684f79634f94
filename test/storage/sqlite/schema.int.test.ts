import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteStore } from '../../../src/storage/sqlite/store.js';
import { REAL_WORLD } from '../../../src/world/real-world.js';
import { putSqliteStore } from '../fixtures/fixtures.js';

test('a file of an earlier release ends with the tables of a new one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-schema-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const schemaOf = async (file: string): Promise<unknown> => {
    await (await openSqliteStore({ file, world: REAL_WORLD })).close();
    const raw = new Database(file);
    const rows = raw
      .prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name')
      .all()
      .map((row) => {
        const { type, name, sql } = row as { type: string; name: string; sql: string | null };
        const words = (sql ?? '').replaceAll(/--[^\n]*/g, '').replaceAll(/\s+/g, ' ');
        return `${type} ${name}: ${words}`;
      });
    const { user_version: version } = raw.prepare('PRAGMA user_version').get() as { user_version: number };
    raw.close();
    return { rows, version };
  };
  const [fresh, old] = [join(folder, 'fresh.db'), join(folder, 'old.db')];
  putSqliteStore(old, 'sqlite-8');
  expect(await schemaOf(old)).toEqual(await schemaOf(fresh));
});
