import { openMongoStore } from '../../src/storage/mongo/open.js';
import { REAL_WORLD } from '../../src/world/real-world.js';
import { appendUntilKilled } from './contract/append-until-killed.js';

/** The child process of the kill test: `node --import tsx mongo-appender.ts URI DATABASE`. */
const [uri, database] = process.argv.slice(2);
if (uri === undefined || database === undefined) throw new Error('usage: mongo-appender.ts URI DATABASE');
await appendUntilKilled(await openMongoStore({ uri, database, world: REAL_WORLD }));
