/** `npm run mongod`: says which MongoDB server the tests and benchmarks will use, and fetches one when there is none. */
import { shownStore } from '../src/config/shown-store.js';
import { HOW_TO_GET_ONE, getMongod } from './lib/mongod.mjs';

try {
  const found = await getMongod(process.env, (line) => console.error(line));
  if (found?.kind === 'uri') {
    console.log(`${shownStore(found.uri)} (MONGODB_URI)`);
  } else if (found) {
    console.log(`${found.path} (MongoDB ${found.version}, from ${found.from})`);
  } else {
    const advice = HOW_TO_GET_ONE.replace(/^run `npm run mongod`, or /, '');
    console.error(
      `No MongoDB server was found or could be fetched: install one so that mongod is on PATH, or ${advice}.`,
    );
    process.exitCode = 1;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
// A download that was given up may still hold the process.
process.exit();
