import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const report = process.env['TOLLGATE_TEST_REPORT'] ?? '';
const globalSetup = './test/support/global-setup.ts';
const whole = 'test/**/*.int.test.ts';
/** Those that put something in the place of a module of Node's. */
const mocking = 'test/storage/sqlite/worker/*.test.ts';

/**
 * The thread that owns a database on SQLite loads its sources through hooks of its own, which takes longer than most
 * tests. A run that has just compiled them starts the compiled one.
 */
const compiled = process.env['TOLLGATE_TEST_COMPILED'] === '1';
const worker = {
  find: /^(\.|.*\/src\/storage\/sqlite)\/worker-thread\.js$/,
  replacement: fileURLToPath(new URL('dist/storage/sqlite/worker-thread.js', import.meta.url)),
};

export default defineConfig({
  resolve: { alias: compiled ? [worker] : [] },
  test: {
    setupFiles: ['./test/support/seed.ts'],
    // CI reads the report to be sure that no suite was skipped.
    reporters: report === '' ? ['default'] : ['default', ['json', { outputFile: report }]],
    pool: 'forks',
    // Of many tests much is waiting: for time-outs, for servers to start.
    maxWorkers: 3,
    // These end what hangs. They are no bounds on speed: a loaded machine must not fail a test that is right.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 30_000, interval: 20 } },
    // Files share their modules, but for those that mock: to load them anew for each takes longer than most tests.
    projects: [
      {
        extends: true,
        test: {
          name: 'whole',
          include: [whole],
          isolate: false,
          globalSetup: existsSync(new URL(globalSetup, import.meta.url)) ? [globalSetup] : [],
        },
      },
      {
        extends: true,
        test: { name: 'parts', include: ['test/**/*.test.ts'], exclude: [whole, mocking], isolate: false },
      },
      { extends: true, test: { name: 'mocking', include: [mocking] } },
    ],
  },
});
