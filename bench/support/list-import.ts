import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { DecisionService } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { createClient, openChannel } from '../../src/server/grpc/client.js';
import type { Figure } from '../run.js';
import { startTollgate, type ServiceProcess } from './processes.js';
import { seeded } from './random.js';
import { LISTS, screenRequest, screenRuleSet } from './screen-workload.js';

const LIST = 'bench-emails';
/** Imported before any payment comes, into a list of its own. */
const ALONE = 'bench-alone';
/** Payments a second while lists are imported: far below what a service can do. */
const RATE = 100;
const MEMORY = 512 * 2 ** 20;
const BAR_SECONDS = 60;

/** A run of the command line. */
interface CliRun {
  readonly seconds: number;
  readonly output: string;
  /** Highest resident memory, bytes. */
  readonly peakBytes: number;
  readonly cpuSeconds: number;
}

/**
 * What importing a list takes, with the command line as client and the service in a process of its own: into an empty list
 * with nothing else to do; then, payments coming in all the while, into another empty list, then a dry run of replacing all of it by as much of which a tenth differs, then
 * that. `folder` is for files; `name` names the store in the figures.
 */
export async function listImports(
  name: string,
  store: string,
  folder: string,
  entries = 1_000_000,
): Promise<Figure[]> {
  mkdirSync(folder, { recursive: true });
  const first = await valuesFile(join(folder, 'first.txt'), 0, entries);
  const second = await valuesFile(join(folder, 'second.txt'), Math.round(entries / 10), entries);
  const stallFile = join(folder, 'stall.json');
  process.env['TOLLGATE_BENCH_LOOP'] = stallFile;
  const service = await startTollgate(
    ['--store', store, '--rules', rulesFolder(folder)],
    ['--import', './bench/support/loop-delay.mjs'],
  );
  const figures: Figure[] = [];
  try {
    const label = (what: string): string => `${name}: ${what}`;
    await tollgate(service, [
      'lists',
      'create',
      ALONE,
      '--type',
      'email',
      '--kind',
      'block',
      '--reason',
      'bench',
    ]);
    const alone = await tollgate(service, ['lists', 'import', ALONE, first, '--reason', 'bench']);
    figures.push(bounded(label('import into an empty list, nothing else'), alone.seconds));
    console.error(`${name}: import, nothing else: ${alone.seconds.toFixed(1)} s, ${alone.output.trim()}`);
    const quiet = startScreening(service);
    await pause(10_000);
    figures.push({ name: label('Screen p99, nothing else'), value: (await quiet()).p99, unit: 'ms' });
    const steps: readonly (readonly [what: string, args: readonly string[]])[] = [
      ['import into an empty list', [first, '--reason', 'bench']],
      ['dry run of replacing it', [second, '--reason', 'bench', '--replace', '--dry-run']],
      ['replace, a tenth changed', [second, '--reason', 'bench', '--replace']],
    ];
    for (const [what, args] of steps) {
      await longestStall(service, stallFile);
      const cpu = cpuSeconds(service.pid);
      const screening = startScreening(service);
      const run = await tollgate(service, ['lists', 'import', LIST, ...args]);
      const used = cpuSeconds(service.pid) - cpu;
      // What is done in the background after the answer belongs to it.
      await pause(2_000);
      const stall = await longestStall(service, stallFile);
      const screened = await screening();
      figures.push(
        bounded(label(what), run.seconds),
        { name: label(`${what}, rate`), value: entries / run.seconds, unit: 'entries/s' },
        { name: label(`${what}, CPU of the service`), value: used, unit: 's' },
        { name: label(`${what}, CPU of the client`), value: run.cpuSeconds, unit: 's' },
        { name: label(`${what}, longest stall`), value: stall, unit: 'ms' },
        { name: label(`${what}, Screen p99`), value: screened.p99, unit: 'ms' },
        { name: label(`${what}, Screen worst`), value: screened.worst, unit: 'ms' },
        memory(label(`${what}, client's peak memory`), run.peakBytes),
      );
      console.error(`${name}: ${what}: ${run.seconds.toFixed(1)} s, ${run.output.trim()}`);
    }
    figures.push(memory(label('peak memory of the service'), service.peakBytes()));
  } finally {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return figures;
}

function bounded(name: string, seconds: number): Figure {
  return { name, value: seconds, unit: 's', bar: `<= ${BAR_SECONDS}`, holds: seconds <= BAR_SECONDS };
}

function memory(name: string, bytes: number): Figure {
  return { name, value: bytes / 2 ** 20, unit: 'MiB', bar: '< 512', holds: bytes < MEMORY };
}

async function valuesFile(path: string, from: number, count: number): Promise<string> {
  const file = createWriteStream(path);
  for (let at = 0; at < count; at += 10_000) {
    const lines = Array.from(
      { length: Math.min(10_000, count - at) },
      (_, index) => `listed.${from + at + index}@mail.example\n`,
    );
    if (!file.write(lines.join(''))) await once(file, 'drain');
  }
  file.end();
  await finished(file);
  return path;
}

function rulesFolder(folder: string): string {
  const rules = join(folder, 'rules');
  mkdirSync(rules);
  writeFileSync(join(rules, 'bench.rules.json'), JSON.stringify(screenRuleSet()));
  const lists = LISTS.map((list) => ({ ...list, description: 'bench', owner: 'bench', entries: [] }));
  writeFileSync(join(rules, 'lists.json'), JSON.stringify({ lists }));
  return rules;
}

/** Latencies of payments, ms. */
interface Screened {
  readonly p99: number;
  readonly worst: number;
}

/** Sends payments at a steady rate until it is told to stop, whether or not they are answered. */
function startScreening(service: ServiceProcess): () => Promise<Screened> {
  const channel = openChannel(service.grpc, { 'grpc.use_local_subchannel_pool': 1 });
  const { screen } = createClient(DecisionService, channel);
  const random = seeded(performance.now());
  const run = `l${String(Math.round(performance.now()))}-`;
  const latencies: number[] = [];
  const underWay = new Set<Promise<void>>();
  let index = 0;
  const timer = setInterval(() => {
    const begun = performance.now();
    const answered = screen(screenRequest(index++, random, run)).then(
      () => void latencies.push(performance.now() - begun),
      () => void latencies.push(Infinity),
    );
    underWay.add(answered);
    void answered.finally(() => underWay.delete(answered));
  }, 1000 / RATE);
  return async () => {
    clearInterval(timer);
    await Promise.all(underWay);
    channel.close();
    latencies.sort((a, b) => a - b);
    const at = (share: number): number => latencies[Math.ceil((latencies.length - 1) * share)] ?? 0;
    return { p99: at(0.99), worst: at(1) };
  };
}

async function longestStall({ pid }: ServiceProcess, file: string): Promise<number> {
  rmSync(file, { force: true });
  process.kill(pid, 'SIGUSR2');
  while (!existsSync(file)) await pause(10);
  await pause(10);
  return (JSON.parse(readFileSync(file, 'utf8')) as { longest: number }).longest;
}

async function tollgate(service: ServiceProcess, args: readonly string[]): Promise<CliRun> {
  const started = performance.now();
  const child = spawn(process.execPath, ['bin/tollgate.js', ...args, '--server', service.grpc], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  let peakBytes = 0;
  let cpu = 0;
  const pid = child.pid ?? 0;
  const sample = setInterval(() => {
    try {
      cpu = Math.max(cpu, cpuSeconds(pid));
      const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
      peakBytes = Math.max(peakBytes, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? '0') * 1024);
    } catch {
      // It has ended.
    }
  }, 50);
  const [code] = (await once(child, 'close')) as [number];
  clearInterval(sample);
  if (code !== 0) throw new Error(`tollgate ${args.join(' ')} ended with ${code}: ${output}`);
  return { seconds: (performance.now() - started) / 1000, output, peakBytes, cpuSeconds: cpu };
}

/** User and system time of a process and its threads so far (Linux; elsewhere 0). */
function cpuSeconds(pid: number): number {
  try {
    const fields =
      readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
        .split(') ')[1]
        ?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}
