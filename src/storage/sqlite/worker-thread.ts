import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { WorkerSettings } from './wire.js';

/**
 * Starts the thread that owns the database. Beside the compiled file it loads `worker.js`; where the sources
 * themselves run (tests, benchmarks) it loads `worker.ts` through tsx, which a thread has to be told in so many words:
 * it does not inherit the hooks of the thread that starts it.
 */
export function startWorker(settings: WorkerSettings): Worker {
  const name = 'tollgate-sqlite';
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('./worker.js', import.meta.url), { workerData: settings, name });
  }
  // Resolved for `require`; the module beside it is the one that works in a thread.
  const resolved = createRequire(import.meta.url).resolve('tsx/esm/api');
  const hooks = pathToFileURL(resolved.replace(/\.cjs$/, '.mjs')).href;
  const entry = new URL('./worker.ts', import.meta.url).href;
  const source = `import(${JSON.stringify(hooks)}).then((tsx) => {
    tsx.register();
    return import(${JSON.stringify(entry)});
  });`;
  return new Worker(source, { eval: true, workerData: settings, name, execArgv: [] });
}
