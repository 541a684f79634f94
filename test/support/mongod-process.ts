import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';

const KILLER = createRequire(import.meta.url).resolve('mongodb-memory-server-core/scripts/mongo_killer.js');

/** A mongod with data of its own, not yet started. */
export interface MongodProcess {
  /** HOST:PORT. */
  readonly address: string;
  /** Starts it, on the same data as before; resolves when it answers. */
  start(): Promise<void>;
  /** SIGKILL: as a power cut, as far as a process can tell. */
  kill(): Promise<void>;
  /** Stops it in its tracks until it is thawed. */
  freeze(): void;
  thaw(): void;
  /** Does something on this very server, whatever its role. */
  admin<T>(work: (client: MongoClient) => Promise<T>): Promise<T>;
  /** Kills it and removes its data. */
  remove(): Promise<void>;
}

/** Prepares one; `set` names the replica set that it is of. */
export async function mongodProcess(binary: string, set: string | undefined): Promise<MongodProcess> {
  const dbPath = mkdtempSync(join(tmpdir(), 'tollgate-killable-'));
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  let child: ChildProcess | undefined;

  const admin = async <T>(work: (client: MongoClient) => Promise<T>): Promise<T> => {
    const options = { serverSelectionTimeoutMS: 60_000, directConnection: true };
    const client = await MongoClient.connect(`mongodb://${address}/`, options);
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  };
  const kill = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, 'exit');
    running.kill('SIGKILL');
    await gone;
  };
  return {
    address,
    async start() {
      const place = ['--dbpath', dbPath, '--port', String(port), '--bind_ip', '127.0.0.1'];
      const role = set === undefined ? [] : ['--replSet', set, '--oplogSize', '64'];
      child = spawn(binary, [...place, ...role, '--wiredTigerCacheSizeGB', '0.25'], { stdio: 'ignore' });
      // Ends the server should this process be killed before it could.
      const watch = [String(process.pid), String(child.pid)];
      fork(KILLER, watch, { detached: true, stdio: 'ignore', execArgv: [] }).unref();
      const failed = once(child, 'exit').then(([code, signal]) => {
        throw new Error(`mongod on port ${port} ended by itself: ${String(code ?? signal)}`);
      });
      // Later ends are wanted.
      failed.catch(() => undefined);
      await Promise.race([admin(async () => undefined), failed]);
    },
    kill,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    admin,
    async remove() {
      await kill();
      rmSync(dbPath, { recursive: true, force: true });
    },
  };
}

/** Ports that one process of a run needs at most. */
const BLOCK = 16;
let taken = 0;

/**
 * A port below those that the system gives to whoever asks for any: while the server is away, no other test gets it. The
 * processes of a run search in blocks of their own, since the next one's pid is often the next number; one that was given
 * is not given again.
 */
async function freePort(): Promise<number> {
  let port = Math.max(taken + 1, 20_000 + (process.pid % 600) * BLOCK);
  while (!(await isFree(port))) port += 1;
  taken = port;
  return port;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
