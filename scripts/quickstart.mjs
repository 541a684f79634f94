// `npm run quickstart`: starts Tollgate on a fresh embedded store with the shipped rules, sends payments through it, prints
// the summary and stops it. The payments are those of the public file where that lies beside the project, else a seeded
// day. `--data DIR` keeps the store there, `--simulate` takes the seeded day in any case; all else goes to
// `tollgate replay-stream` or `tollgate simulate`.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const launcher = fileURLToPath(new URL('../bin/tollgate.js', import.meta.url));
/** Has no licence, so it does not come with the project. */
const PUBLIC_FILE = fileURLToPath(new URL('../../shared/data/payments-120d.csv.gz', import.meta.url));
const PUBLIC_MAP = fileURLToPath(new URL('../rules/maps/payments-120d.map.json', import.meta.url));
const LISTENS = /^tollgate listens on (\S+) \(gRPC\)/;

/** Takes `--data DIR` and `--simulate` out of the arguments. */
function splitOptions(args) {
  const simulate = args.includes('--simulate');
  const others = args.filter((arg) => arg !== '--simulate');
  const at = others.indexOf('--data');
  if (at < 0) return { data: undefined, simulate, rest: others };
  if (others[at + 1] === undefined) {
    console.error('quickstart: --data needs a folder');
    process.exit(2);
  }
  return { data: others[at + 1], simulate, rest: others.toSpliced(at, 2) };
}

function tollgate(args, stdio) {
  return spawn(process.execPath, ['--enable-source-maps', launcher, ...args], { stdio });
}

const exited = (child) =>
  new Promise((resolve) => {
    child.once('exit', (code) => resolve(code ?? 1));
  });

/** Starts the service on a free port; resolves with the address it says it listens on. */
async function start(store) {
  const args = ['serve', '--listen', '127.0.0.1:0', '--http', '127.0.0.1:0', '--store', `sqlite:${store}`];
  const child = tollgate([...args, '--log-level', 'warn'], ['ignore', 'ignore', 'pipe']);
  const end = exited(child);
  const address = await new Promise((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      const listening = LISTENS.exec(line);
      if (listening === null) console.error(line);
      else resolve(listening[1]);
    });
    void end.then(() => resolve(undefined));
  });
  return { child, end, address };
}

const { data, simulate, rest } = splitOptions(process.argv.slice(2));
const real = !simulate && existsSync(PUBLIC_FILE);
const folder = data ?? mkdtempSync(join(tmpdir(), 'tollgate-'));
mkdirSync(folder, { recursive: true });
const store = join(folder, 'tollgate.db');
const fresh = !existsSync(store);
console.log(`Starting Tollgate on ${fresh ? 'a fresh' : 'the'} store ${store} …`);
const service = await start(store);
let code = 1;
if (service.address !== undefined) {
  const what = real ? `the payments of ${PUBLIC_FILE}` : 'a simulated day of cross-border payments';
  console.log(`It listens on ${service.address}. Sending ${what} through it …\n`);
  const command = real ? ['replay-stream', PUBLIC_FILE, '--map', PUBLIC_MAP] : ['simulate'];
  const stream = tollgate([...command, '--server', service.address, ...rest], 'inherit');
  const stop = () => stream.kill('SIGINT');
  process.once('SIGINT', stop);
  code = await exited(stream);
  service.child.kill('SIGTERM');
  await service.end;
}
if (data === undefined) rmSync(folder, { recursive: true, force: true });
else if (service.address !== undefined) {
  console.log(`\nThe store is kept. To look into it, run: npm start -- --store sqlite:${store}`);
  console.log('and beside it, for example: node bin/tollgate.js decisions list --outcome reject');
}
process.exitCode = code;
