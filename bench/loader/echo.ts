/** How many calls the bare echo server answers: node --import tsx bench/loader/echo.ts [seconds] */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeRequests } from './request-file.js';
import { load, startEcho } from './run.js';
import { encodedRequests } from './sample-requests.js';

const seconds = Number(process.argv[2] ?? 5);
const folder = mkdtempSync(join(tmpdir(), 'tollgate-echo-'));
const file = join(folder, 'requests.bin');
let bytes = 0;
const count = writeRequests(
  file,
  (function* () {
    for (const message of encodedRequests({ count: 100_000, seed: 1 })) {
      bytes += message.length;
      yield message;
    }
  })(),
);
const echo = await startEcho();
const result = await load({
  address: echo.address,
  path: '/tollgate.v1.DecisionService/Screen',
  file,
  durationMs: seconds * 1000,
  wrap: true,
});
echo.close();
rmSync(folder, { recursive: true });
process.stdout.write(
  `${JSON.stringify({ requests: count, bytesEach: Math.round(bytes / count), ...result }, null, 2)}\n`,
);
process.exit();
