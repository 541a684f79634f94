import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const report = process.env['TOLLGATE_TEST_REPORT'] ?? '';
const globalSetup = './test/support/global-setup.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: existsSync(new URL(globalSetup, import.meta.url)) ? [globalSetup] : [],
    // CI reads the report to be sure that no suite was skipped.
    reporters: report === '' ? ['default'] : ['default', ['json', { outputFile: report }]],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
  },
});
