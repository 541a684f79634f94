import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { migration } from '../../src/storage/sqlite/schema.js';
import { openSqliteStore } from '../../src/storage/sqlite/store.js';
import { REAL_WORLD } from '../../src/world/real-world.js';
import { member } from './contract/lists.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tollgate-migration-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

it('keeps lists of a file in which a membership had one end at most', async () => {
  const file = join(directory, 'store.db');
  const raw = new Database(file);
  for (const step of (migration(0) ?? []).slice(0, 2)) raw.exec(step);
  raw.exec(`
    INSERT INTO lists (no, id, type, kind, description, owner, revision) VALUES (1, 'l', 'card', 'block', '', '', 2);
    INSERT INTO list_entries VALUES
      (1, 'a', 10, 1, NULL, 'why', 'who', 'where', 20, 2),
      (1, 'b', 10, 1, NULL, 'why', 'who', 'where', NULL, NULL),
      -- Left over by an import that was cut off.
      (1, 'd', 10, 3, NULL, 'why', 'who', 'where', NULL, NULL);
    INSERT INTO list_staging VALUES (1, 'c', 10, NULL, '', '', '');`);
  raw.close();
  const store = await openSqliteStore({ file, world: REAL_WORLD });
  try {
    const ended = { actor: '', reason: '' };
    expect(await store.lists.check('l', ['a', 'b'], { asOf: 15 })).toEqual([
      { ...member('a', 10, 20), ended },
      member('b', 10),
    ]);
    expect(await store.lists.check('l', ['a', 'b'], { asOf: 25, knownAt: 15 })).toEqual([member('b', 10)]);
    const changes = [];
    for await (const batch of store.lists.changes('l', 0)) changes.push(...batch);
    expect(changes.map(({ revision, entry }) => [revision, entry.value])).toEqual([
      [1, 'b'],
      [2, 'a'],
    ]);
    expect(await store.lists.add('l', [member('a', 30)], 30)).toMatchObject({ added: 1, revision: 3 });
  } finally {
    await store.close();
  }
});
