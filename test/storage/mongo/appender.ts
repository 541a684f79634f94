import { openMongoStore } from '../../../src/storage/mongo/open.js';
import { appendUntilKilled } from '../contract/append-until-killed.js';

/** The child process of the kill test: `node --import tsx appender.ts URI DATABASE`. */
import { OWN_TIME_WORLD } from '../../support/own-time.js';
const [uri, database] = process.argv.slice(2);
if (uri === undefined || database === undefined) throw new Error('usage: appender.ts URI DATABASE');
await appendUntilKilled(await openMongoStore({ uri, database, world: OWN_TIME_WORLD }));
