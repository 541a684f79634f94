// `npm run bench -- NAME`: a table for people, then as last line one JSON object for machines. Without NAME: the list.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const names = readdirSync(join(root, 'bench'))
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length))
  .sort();
const [name, ...rest] = process.argv.slice(2);
if (name === undefined) {
  console.log(`benchmarks: ${names.join(', ')}\nrun one with: npm run bench -- NAME`);
  process.exit(0);
}
if (!names.includes(name)) {
  console.error(`no benchmark named ${name}; there are ${names.join(', ')}`);
  process.exit(2);
}
const { status } = spawnSync(process.execPath, ['--import', 'tsx', 'bench/run.ts', name, ...rest], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
