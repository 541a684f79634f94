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

/** A MongoDB server of its own that a test may kill and start again on the same data. */
export interface KillableMongod {
  readonly uri: string;
  /** SIGKILL: as a power cut, as far as a process can tell. */
  kill(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** Starts one: a replica set of one node, or a standalone. */
export async function killableMongod(binary: string, replicaSet = true): Promise<KillableMongod> {
  const dbPath = mkdtempSync(join(tmpdir(), 'tollgate-killable-'));
  const port = await freePort();
  const direct = `mongodb://127.0.0.1:${port}/?directConnection=true`;
  let child: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const set = replicaSet ? ['--replSet', 'tollgate'] : [];
    const place = ['--dbpath', dbPath, '--port', String(port), '--bind_ip', '127.0.0.1'];
    child = spawn(binary, [...place, ...set, '--wiredTigerCacheSizeGB', '0.25'], { stdio: 'ignore' });
    // Ends the server should this process be killed before it could.
    const watch = [String(process.pid), String(child.pid)];
    fork(KILLER, watch, { detached: true, stdio: 'ignore', execArgv: [] }).unref();
    const failed = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`mongod on port ${port} ended by itself: ${String(code ?? signal)}`);
    });
    // Later ends are wanted.
    failed.catch(() => undefined);
    const connected = MongoClient.connect(direct, { serverSelectionTimeoutMS: 60_000 });
    const client = await Promise.race([connected, failed]);
    try {
      const admin = client.db('admin');
      if (!replicaSet) return;
      const members = [{ _id: 0, host: `127.0.0.1:${port}` }];
      await admin.command({ replSetInitiate: { _id: 'tollgate', members } }).catch(() => undefined);
      while ((await admin.command({ hello: 1 }))['isWritablePrimary'] !== true)
        await new Promise((resolve) => setTimeout(resolve, 20));
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
  await start();
  return {
    uri: replicaSet ? `mongodb://127.0.0.1:${port}/?replicaSet=tollgate` : direct,
    kill,
    start,
    remove: async () => {
      await kill();
      rmSync(dbPath, { recursive: true, force: true });
    },
  };
}

/**
 * A port below those that the system gives to whoever asks for any: while the server is away, no other test gets it. Where
 * the search begins differs between the processes of a run.
 */
async function freePort(): Promise<number> {
  let port = 20_000 + (process.pid % 10_000);
  while (!(await isFree(port))) port += 1;
  return port;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
