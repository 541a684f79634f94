import { findMongod } from '../../scripts/lib/mongod.mjs';
import { startMongod } from '../../test/support/mongod.js';

/** A MongoDB for benchmarks: one node on this machine. */
export interface BenchMongod {
  /** A URI with this database. */
  uriOf(database: string): string;
  stop(): Promise<void>;
}

/** Starts one when the binary is there; undefined when it is not. */
export async function startBenchMongod(): Promise<BenchMongod | undefined> {
  const found = findMongod();
  if (!found || found.kind === 'uri') return undefined;
  const server = await startMongod(found.path, found.version);
  return {
    uriOf: (database) => server.uri.replace(/\/(\?|$)/, `/${database}$1`),
    stop: () => server.stop(),
  };
}
