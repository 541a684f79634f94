// `npm run quickstart`: starts Tollgate on a fresh embedded store with the shipped rules, sends a seeded day of payments
// through it, prints the summary and stops it. `--data DIR` keeps the store there; all else goes to `tollgate simulate`.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../bin/tollgate.js', import.meta.url));
const LISTENS = /^tollgate listens on (\S+) \(gRPC\)/;

/** Takes `--data DIR` out of the arguments. */
function splitData(args) {
  const at = args.indexOf('--data');
  if (at < 0) return { data: undefined, rest: args };
  if (args[at + 1] === undefined) {
    console.error('quickstart: --data needs a folder');
    process.exit(2);
  }
  return { data: args[at + 1], rest: args.toSpliced(at, 2) };
}

function tollgate(args, stdio) {
  return spawn(process.execPath, ['--enable-source-maps', command, ...args], { stdio });
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

const { data, rest } = splitData(process.argv.slice(2));
const folder = data ?? mkdtempSync(join(tmpdir(), 'tollgate-'));
mkdirSync(folder, { recursive: true });
const store = join(folder, 'tollgate.db');
const fresh = !existsSync(store);
console.log(`Starting Tollgate on ${fresh ? 'a fresh' : 'the'} store ${store} …`);
const service = await start(store);
let code = 1;
if (service.address !== undefined) {
  console.log(`It listens on ${service.address}. Sending a day of cross-border payments through it …\n`);
  const simulation = tollgate(['simulate', '--server', service.address, ...rest], 'inherit');
  const stop = () => simulation.kill('SIGINT');
  process.once('SIGINT', stop);
  code = await exited(simulation);
  service.child.kill('SIGTERM');
  await service.end;
}
if (data === undefined) rmSync(folder, { recursive: true, force: true });
else if (service.address !== undefined) {
  console.log(`\nThe store is kept. To look into it, run: npm start -- --store sqlite:${store}`);
  console.log('and beside it, for example: node bin/tollgate.js decisions list --outcome reject');
}
process.exitCode = code;
