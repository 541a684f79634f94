/**
 * Writes rules/rule-set.schema.json and docs/facts.md from the fact catalogue. `--check` writes nothing and exits 1
 * when one of them is stale.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { FACT_CATALOGUE } from '../src/facts/catalogue.js';
import { factsDoc } from '../src/rules/facts-doc.js';
import { ruleSetSchema } from '../src/rules/schema.js';

const root = new URL('../', import.meta.url);
const files = [
  { name: 'rules/rule-set.schema.json', content: JSON.stringify(ruleSetSchema(FACT_CATALOGUE), null, 2) },
  { name: 'docs/facts.md', content: factsDoc(FACT_CATALOGUE) },
];

let stale = false;
for (const { name, content } of files) {
  const path = fileURLToPath(new URL(name, root));
  const text = await format(content, { ...(await resolveConfig(path)), filepath: path });
  const current = await readFile(path, 'utf8').catch(() => '');
  if (current === text) continue;
  if (process.argv.includes('--check')) {
    console.error(`${name} is stale: run npx tsx scripts/generate-schema.ts`);
    stale = true;
  } else {
    await writeFile(path, text);
    console.log(`wrote ${name}`);
  }
}
if (stale) process.exitCode = 1;
