/** Writes rules/cases.schema.json. `--check` writes nothing and exits 1 when it is stale. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { CASES_SCHEMA } from '../src/rehearsal/case-schema.js';

const path = fileURLToPath(new URL('../rules/cases.schema.json', import.meta.url));
const text = await format(JSON.stringify(CASES_SCHEMA, null, 2), {
  ...(await resolveConfig(path)),
  filepath: path,
});
if ((await readFile(path, 'utf8').catch(() => '')) !== text) {
  if (process.argv.includes('--check')) {
    console.error('rules/cases.schema.json is stale: run npx tsx scripts/generate-cases-schema.ts');
    process.exitCode = 1;
  } else {
    await writeFile(path, text);
    console.log('wrote rules/cases.schema.json');
  }
}
