import { writeSync } from 'node:fs';
import { TollgateError } from '../../../src/errors/errors.js';
import { storeReason } from '../../../src/errors/store-unavailable.js';
import { openSqliteStore } from '../../../src/storage/sqlite/store.js';
import { REAL_WORLD } from '../../../src/world/real-world.js';
import { entries } from '../contract/entries.js';

/* Run as a child process: appends until it is refused, and says how far it came, what it was told, and what is known then. */
const store = await openSqliteStore({ file: process.argv[2] ?? '', world: REAL_WORLD });
let acknowledged = 0;
let code = 'none';
while (code === 'none' && acknowledged < 100_000) {
  try {
    await store.journal.append(entries(1, acknowledged + 1, 20, () => ({ payload: 3_000 })));
    acknowledged += 20;
  } catch (error) {
    code = error instanceof TollgateError ? error.code : String(error);
  }
}
const reason = await store.health.ping().then(
  () => 'it is back',
  (error: unknown) => storeReason(error),
);
writeSync(1, JSON.stringify({ acknowledged, code, reason }));
process.exit(0);
