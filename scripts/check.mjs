// `npm run check`: everything that can be said about the source without running it. Each step is named; all run, the
// exit code is 1 when any failed. `npm run check -- types lint` runs only the named steps.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { dependencyRule, plantedDependencies } from './lib/dependency-rule.mjs';
import { plantedDoors } from './lib/planted-doors.mjs';
import { root, run } from './lib/run.mjs';

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

function generatedCodeIsFresh() {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-generated-'));
  try {
    const generated = run('buf', ['generate', '--output', folder]);
    if (!generated.ok) return generated;
    const fresh = join(folder, 'src/gen');
    const checkedIn = join(root, 'src/gen');
    const names = [...new Set([...filesBelow(fresh), ...filesBelow(checkedIn)])];
    const stale = names.filter((name) => {
      const [a, b] = [join(fresh, name), join(checkedIn, name)];
      return !existsSync(a) || !existsSync(b) || readFileSync(a, 'utf8') !== readFileSync(b, 'utf8');
    });
    return {
      ok: stale.length === 0,
      output: stale.map((name) => `src/gen/${name} is stale: npm run generate`).join('\n'),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The API may only grow: compared with the last released proto, kept beside it as a buf image. */
function breaking() {
  return run('buf', ['breaking', '--against', 'proto/released.binpb']);
}

const steps = {
  format: () => run('prettier', ['--check', '--log-level', 'warn', '.']),
  lint: () => run('oxlint', ['--type-aware', '--deny-warnings']),
  'planted-doors': plantedDoors,
  types: () => run('tsc', ['--noEmit', '-p', '.']),
  dependencies: () => dependencyRule(root),
  'planted-dependencies': plantedDependencies,
  generated: generatedCodeIsFresh,
  schema: () => run('tsx', ['scripts/generate-schema.ts', '--check']),
  'cases-schema': () => run('tsx', ['scripts/generate-cases-schema.ts', '--check']),
  'buf-format': () => run('buf', ['format', '--diff', '--exit-code', 'proto']),
  'buf-lint': () => run('buf', ['lint']),
  'buf-breaking': breaking,
};

/** A step that cannot even be run has failed like any other. */
function outcomeOf(step) {
  try {
    return step();
  } catch (error) {
    return { ok: false, output: String(error) };
  }
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in steps));
if (unknown.length > 0) {
  console.error(`no such step: ${unknown.join(', ')}; there are ${Object.keys(steps).join(', ')}`);
  process.exit(2);
}
let failed = 0;
for (const [name, step] of Object.entries(steps)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const started = performance.now();
  const { ok, output } = outcomeOf(step);
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (!ok) {
    failed += 1;
    console.log(output.trimEnd());
  }
}
process.exit(failed === 0 ? 0 : 1);
