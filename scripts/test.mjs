// `npm test`: builds, then runs every test. Further arguments go to vitest: `npm test -- test/money`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
// Tests may run what is built here: see vitest.config.ts.
const environment = {
  ...process.env,
  TOLLGATE_TEST_COMPILED: '1',
  PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`,
};

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, env: environment, stdio: 'inherit' });
  if (error) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

run('npm', ['run', '--silent', 'build']);
run('vitest', ['run', ...process.argv.slice(2)]);
