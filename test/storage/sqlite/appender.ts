import { openSqliteStore } from '../../../src/storage/sqlite/store.js';
import { REAL_WORLD } from '../../../src/world/real-world.js';
import { appendUntilKilled } from '../contract/append-until-killed.js';

/* Run as a child process by the kill test: the path of a database file is its argument. */
await appendUntilKilled(await openSqliteStore({ file: process.argv[2] ?? '', world: REAL_WORLD }));
