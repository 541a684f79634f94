import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A service under test in a process of its own. */
export interface ServiceProcess {
  readonly grpc: string;
  readonly http: string;
  readonly pid: number;
  /** Highest resident memory seen so far, bytes. */
  peakBytes(): number;
  /** Asks it to stop and waits until it has. */
  stop(): Promise<void>;
}

/** A folder that is gone when the benchmark is. */
export function scratchFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `tollgate-bench-${name}-`));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts the built `tollgate serve` on free ports. Build first. */
export async function startTollgate(
  options: readonly string[],
  nodeOptions: readonly string[] = [],
): Promise<ServiceProcess> {
  if (!existsSync(join(ROOT, 'dist/cli/main.js')))
    throw new Error("not built yet: run 'npm run build' first");
  const args = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0', '--log-level', 'warn', ...options];
  const child = spawn(process.execPath, [...nodeOptions, 'bin/tollgate.js', 'serve', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const line = await firstMatch(child, /listens on (\S+) \(gRPC\) and (\S+) \(HTTP\)/);
  const pid = child.pid ?? 0;
  let peak = 0;
  const sample = (): void => {
    peak = Math.max(peak, residentBytes(pid));
  };
  const timer = setInterval(sample, 200).unref();
  return {
    grpc: line[1] ?? '',
    http: line[2] ?? '',
    pid,
    peakBytes: () => (sample(), peak),
    stop: async () => {
      clearInterval(timer);
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** Waits for a line of the child's output. Rejects with what it said when it ends before. */
async function firstMatch(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  const stream = child.stdout ?? child.stderr;
  if (stream === null) throw new Error('the child has no output');
  stream.setEncoding('utf8');
  let text = '';
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error(`ended before it was ready: ${text.trim()}`));
    child.once('exit', ended);
    stream.on('data', (chunk: string) => {
      text = text.slice(-10_000) + chunk;
      const match = pattern.exec(text);
      if (match === null) return;
      child.off('exit', ended);
      resolve(match);
    });
  });
}

/** Resident memory of a process (Linux; elsewhere 0). */
function residentBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? '0') * 1024;
  } catch {
    return 0;
  }
}
