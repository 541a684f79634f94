import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../../src/storage/sqlite/store.js';
import type { SqliteStore } from '../../../src/storage/sqlite/store.js';
import type { StoreFactory } from '../contract/factory.js';
import { OWN_TIME_WORLD } from '../../support/own-time.js';

/** Databases in files of their own below the directory for temporary files. */
export const sqliteFactory: StoreFactory = {
  name: 'sqlite',
  shared: false,
  async create() {
    const directory = mkdtempSync(join(tmpdir(), 'tollgate-'));
    const file = join(directory, 'store.db');
    const open = new Set<SqliteStore>();
    return {
      appender: [new URL('appender.ts', import.meta.url).pathname, file],
      async open() {
        const store = await openSqliteStore({ file, world: OWN_TIME_WORLD });
        open.add(store);
        return store;
      },
      async drop() {
        for (const store of open) await store.close();
        rmSync(directory, { recursive: true, force: true });
      },
    };
  },
};
