// `npm run check`: everything that can be said about the source without running it. Each step is named; all run, the
// exit code is 1 when any failed. `npm run check -- types lint` runs only the named steps.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const environment = { ...process.env, PATH: `${bin}:${process.env.PATH}` };

/** Runs a command and returns its exit code and output. */
function run(command, args, cwd = root) {
  const result = spawnSync(command, args, { cwd, env: environment, encoding: 'utf8', maxBuffer: 64 << 20 });
  return {
    ok: result.status === 0,
    output: `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ?? ''}`,
  };
}

const FLOOR_OF_MODULES = 60;

function dependencyRule() {
  const cruised = run('depcruise', ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src']);
  let summary;
  try {
    summary = JSON.parse(cruised.output).summary;
  } catch {
    return cruised.ok ? { ok: false, output: cruised.output } : cruised;
  }
  if (summary.totalCruised < FLOOR_OF_MODULES)
    return { ok: false, output: `only ${summary.totalCruised} modules were read; is the parser there?` };
  const errors = summary.violations.filter((violation) => violation.rule.severity === 'error');
  return {
    ok: errors.length === 0,
    output: errors.map((error) => `${error.rule.name}: ${error.from} -> ${error.to}`).join('\n'),
  };
}

/** The rule must find what it is there for: a capability that imports a store, and a circle. */
function plantedViolation() {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-planted-'));
  try {
    mkdirSync(join(folder, 'src/rules'), { recursive: true });
    mkdirSync(join(folder, 'src/storage/sqlite'), { recursive: true });
    writeFileSync(
      join(folder, 'src/rules/planted.ts'),
      "import { store } from '../storage/sqlite/store.js';\nexport const a = store;\n",
    );
    writeFileSync(
      join(folder, 'src/storage/sqlite/store.ts'),
      "import { b } from './other.js';\nexport const store = b;\n",
    );
    writeFileSync(
      join(folder, 'src/storage/sqlite/other.ts'),
      "import { store } from './store.js';\nexport const b = () => store;\n",
    );
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    cpSync(join(root, '.dependency-cruiser.cjs'), join(folder, '.dependency-cruiser.cjs'));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const cruised = run(
      'depcruise',
      ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'src'],
      folder,
    );
    const found = new Set(
      JSON.parse(cruised.output).summary.violations.map((violation) => violation.rule.name),
    );
    const missed = ['capabilities-know-no-edges', 'no-circles', 'money-and-rules-stand-alone'].filter(
      (name) => !found.has(name),
    );
    return {
      ok: missed.length === 0,
      output: missed.map((name) => `the planted violation of ${name} was not found`).join('\n'),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

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
  types: () => run('tsc', ['--noEmit', '-p', '.']),
  dependencies: dependencyRule,
  planted: plantedViolation,
  generated: generatedCodeIsFresh,
  schema: () => run('tsx', ['scripts/generate-schema.ts', '--check']),
  'cases-schema': () => run('tsx', ['scripts/generate-cases-schema.ts', '--check']),
  'buf-format': () => run('buf', ['format', '--diff', '--exit-code', 'proto']),
  'buf-lint': () => run('buf', ['lint']),
  'buf-breaking': breaking,
};

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
  const { ok, output } = step();
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (!ok) {
    failed += 1;
    console.log(output.trimEnd());
  }
}
process.exit(failed === 0 ? 0 : 1);
