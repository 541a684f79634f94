import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchResult, Figure } from './run.js';
import { scratchFolder, startTollgate } from './support/processes.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PUBLIC_FILE = join(ROOT, '..', 'shared', 'data', 'payments-120d.csv.gz');

/** What `tollgate replay-stream --json` and `tollgate simulate --json` end with, as far as this needs it. */
interface Summary {
  readonly decisions: number;
  readonly perSecond?: number;
  readonly throughput?: number;
}

/** The main job on real input: a file of payments with labels in one ordered stream through the service. */
export async function run(args: readonly string[]): Promise<BenchResult> {
  const folder = scratchFolder('stream');
  const limit = args[0];
  const service = await startTollgate(['--store', `sqlite:${join(folder, 'stream.db')}`]);
  const notes: string[] = [];
  const real = existsSync(PUBLIC_FILE);
  if (!real) notes.push('the public file of payments is not here: a simulated day was streamed instead');
  const command = real
    ? [
        'replay-stream',
        PUBLIC_FILE,
        '--map',
        'rules/maps/payments-120d.map.json',
        ...(limit === undefined ? [] : ['--limit', limit]),
      ]
    : ['simulate', '--payments', limit ?? '50000'];
  const started = performance.now();
  const output = await tollgate([...command, '--server', service.grpc, '--json']);
  const seconds = (performance.now() - started) / 1000;
  const peak = service.peakBytes();
  await service.stop();
  const summary = JSON.parse(output.slice(output.indexOf('{'))) as Summary;
  const figures: Figure[] = [
    { name: 'payments', value: summary.decisions, unit: 'payments' },
    { name: 'rate, one ordered stream', value: summary.decisions / seconds, unit: 'payments/s' },
    { name: 'wall time', value: seconds, unit: 's' },
    {
      name: 'peak memory of the service',
      value: peak / 2 ** 20,
      unit: 'MiB',
      bar: '< 512',
      holds: peak < 512 * 2 ** 20,
    },
  ];
  notes.push(output.slice(output.indexOf('{')).trim());
  return { bench: 'stream', figures, notes };
}

function tollgate(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, ['bin/tollgate.js', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    output += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`tollgate ${args[0] ?? ''} ended with ${String(code)}`));
    });
  });
}
