import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const report = process.env['TOLLGATE_TEST_REPORT'] ?? '';
const globalSetup = './test/support/global-setup.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['./test/support/seed.ts'],
    globalSetup: existsSync(new URL(globalSetup, import.meta.url)) ? [globalSetup] : [],
    // CI reads the report to be sure that no suite was skipped.
    reporters: report === '' ? ['default'] : ['default', ['json', { outputFile: report }]],
    pool: 'forks',
    maxWorkers: 2,
    // These end what hangs. They are no bounds on speed: a loaded machine must not fail a test that is right.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 30_000, interval: 20 } },
  },
});
