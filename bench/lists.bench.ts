import { join } from 'node:path';
import type { BenchResult, Figure } from './run.js';
import { startBenchMongod } from './support/bench-mongod.js';
import { listImports } from './support/list-import.js';
import { scratchFolder } from './support/processes.js';

/** A million entries into a list, a dry run of replacing them, and replacing them: entries, and which store, may be given. */
export async function run(args: readonly string[] = []): Promise<BenchResult> {
  const entries = Number(args[0] ?? 1_000_000);
  const only = args[1];
  const folder = scratchFolder('lists');
  const figures: Figure[] = [];
  const notes = [
    'The service and the command line run on the same processors, but for the first beside 100 payments a second.',
  ];
  if (only !== 'MongoDB') {
    const store = `sqlite:${join(folder, 'lists.db')}`;
    figures.push(...(await listImports('embedded', store, join(folder, 'embedded'), entries)));
  }
  if (only !== 'embedded') {
    const mongod = await startBenchMongod();
    if (mongod === undefined)
      notes.push('MongoDB: not measured, no mongod was found (npm run mongod gets one)');
    else {
      figures.push(...(await listImports('MongoDB', mongod.uriOf('lists'), join(folder, 'mongo'), entries)));
      await mongod.stop();
    }
  }
  return { bench: 'lists', figures, notes };
}
