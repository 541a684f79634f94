import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '../../../src/cli/host.js';
import { main } from '../../../src/cli/main.js';

/** How a run of the command ended. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Width of the terminal that stdout is; else it is none. */
  readonly columns?: number;
  /** Called when the command starts to listen for interrupts. */
  readonly interrupt?: (now: () => void) => void;
}

async function* text(of: string): AsyncGenerator<string> {
  yield of;
}

let ids = 0;

/** Runs `tollgate` in this process, as a shell without a terminal would. */
export async function tollgate(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  let out = '';
  let err = '';
  const host: Host = {
    environment: { TOLLGATE_ACTOR: 'tester', ...options.environment },
    userName: () => '',
    newId: () => `id-${String((ids += 1))}`,
    columns: options.columns,
    stdin: text(options.stdin ?? '') as never,
    stdoutIsTerminal: false,
    terminal: undefined,
    print: (text) => void (out += text),
    printed: async () => undefined,
    complain: (text) => void (err += text),
    now: () => Date.now(),
    elapsed: () => performance.now(),
    sleep: (ms) =>
      new Promise((resolve) => {
        setTimeout(resolve, Math.min(ms, 50));
      }),
    stayAlive: () => () => undefined,
    leave: (exitCode) => {
      throw new Error(`left with ${String(exitCode)}`);
    },
    onInterrupt: (callback) => {
      options.interrupt?.(callback);
      return () => undefined;
    },
  };
  const code = await main(args, host);
  return { code, out, err };
}

/** A folder for the files of a test. */
export interface Folder {
  readonly path: string;
  /** Writes a file and gives its path. */
  file(name: string, content: string | Buffer): string;
  remove(): void;
}

/** Makes a folder of its own. */
export function createFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'tollgate-cli-'));
  return {
    path,
    file(name, content) {
      writeFileSync(join(path, name), content);
      return join(path, name);
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
