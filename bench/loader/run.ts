import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LoadOptions } from './loader.js';
import type { LoadResult } from './tally.js';

const LOADER = fileURLToPath(new URL('./loader.ts', import.meta.url));
const ECHO = fileURLToPath(new URL('./echo-server.ts', import.meta.url));

/** Runs the load generator in a process of its own. */
export function load(options: LoadOptions): Promise<LoadResult> {
  const child = spawn(process.execPath, ['--import', 'tsx', LOADER, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(output) as LoadResult);
      else reject(new Error(`the load generator ended with ${code}`));
    });
  });
}

/** A bare echo server in a process of its own. */
export interface Echo {
  readonly address: string;
  readonly pid: number;
  close(): void;
}

/** Starts the bare echo server and resolves when it listens. */
export function startEcho(): Promise<Echo> {
  const child = spawn(process.execPath, ['--import', 'tsx', ECHO], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the echo server ended with ${code}`)));
    child.stdout.once('data', (line: Buffer) => {
      resolve({ address: line.toString().trim(), pid: child.pid ?? 0, close: () => child.kill() });
    });
  });
}
