// Who may import whom (.dependency-cruiser.cjs), and the proof that the rule finds what it is there for.
import { withPlanted } from './planted.mjs';
import { run } from './run.mjs';

const CONFIG = '.dependency-cruiser.cjs';
/** Without its parser the tool reads nothing, and finds nothing wrong with that. */
const FLOOR_OF_MODULES = 250;

function cruise(folder) {
  const { ok, output } = run('depcruise', ['--config', CONFIG, '--output-type', 'json', 'src'], folder);
  try {
    return JSON.parse(output).summary;
  } catch {
    throw new Error(ok ? `depcruise said no JSON: ${output}` : output);
  }
}

/** Checks the modules of a folder; refuses one in which too few were read to believe the answer. */
export function dependencyRule(folder) {
  const summary = cruise(folder);
  if (summary.totalCruised < FLOOR_OF_MODULES)
    return { ok: false, output: `only ${summary.totalCruised} modules were read; is the parser there?` };
  const errors = summary.violations.filter((violation) => violation.rule.severity === 'error');
  return {
    ok: errors.length === 0,
    output: errors.map((error) => `${error.rule.name}: ${error.from} -> ${error.to}`).join('\n'),
  };
}

const PLANTED = {
  'src/rules/planted.ts': "import { store } from '../storage/sqlite/store.js';\nexport const a = store;\n",
  'src/facts/planted.ts': "import { MongoClient } from 'mongodb';\nexport const a = MongoClient;\n",
  'src/decisions/planted.ts': "import type { a } from '../gen/a_pb.js';\nexport type A = typeof a;\n",
  'src/statistics/planted.ts': "import { a } from '../gen/a_pb.js';\nexport const b = a;\n",
  'src/gen/a_pb.ts': 'export const a = 1;\n',
  'src/storage/mongo/planted.ts': "import { store } from '../sqlite/store.js';\nexport const a = store;\n",
  'src/storage/sqlite/store.ts': "import { b } from './other.js';\nexport const store = b;\n",
  'src/storage/sqlite/other.ts': "import { store } from './store.js';\nexport const b = () => store;\n",
};
const EXPECTED = [
  'capabilities-know-no-edges',
  'capabilities-know-no-drivers',
  'generated-types-stay-at-the-edge',
  'money-and-rules-stand-alone',
  'no-circles',
  'statistics-stand-alone',
  'stores-are-siblings',
];

/** The rule must find planted violations, and must not believe an answer about so few modules. */
export function plantedDependencies() {
  return withPlanted(PLANTED, [CONFIG], (folder) => {
    const found = new Set(cruise(folder).violations.map((violation) => violation.rule.name));
    const missed = EXPECTED.filter((name) => !found.has(name)).map((name) => `${name} was not found`);
    if (!dependencyRule(folder).output.startsWith('only ')) missed.push('too few modules were not refused');
    return { ok: missed.length === 0, output: missed.map((what) => `planted: ${what}`).join('\n') };
  });
}
