/**
 * Writes rules/rule-set.schema.json and docs/facts.md from the fact catalogue, docs/errors.md from the table of errors, and
 * docs/calls.md from the options of the calls. `--check` writes nothing and exits 1 when one of them is stale.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { ATTRIBUTE_MEANINGS } from '../src/facts/meanings.js';
import { PAYMENT_ATTRIBUTES } from '../src/facts/attributes/vocabulary.js';
import { hintsFrom } from '../src/rules/authoring/hints.js';
import { offered } from '../src/rules/authoring/words.js';
import type { RuleSetDocument } from '../src/rules/document/document.js';
import { ERRORS } from '../src/errors/errors.js';
import { FACT_CATALOGUE } from '../src/facts/catalogue.js';
import { ROLES } from '../src/identity/roles.js';
import { accessOf } from '../src/server/grpc/access.js';
import { SERVICES } from '../src/server/grpc/services/all.js';
import { factsDoc } from '../src/rules/authoring/facts-doc.js';
import { ruleSetSchema } from '../src/rules/authoring/schema.js';

/** Who may call what, in Markdown. */
function callsDoc(): string {
  const methods = SERVICES.flatMap(({ methods }) => [...methods]).map(accessOf);
  const marks = ({ roles, allSites }: ReturnType<typeof accessOf>): string =>
    [...ROLES.map((role) => (roles.includes(role) ? 'x' : '')), allSites ? 'x' : ''].join(' | ');
  return [
    '# Who may call what\n',
    'Generated from the options of the calls in `proto/tollgate/v1` by `scripts/generate-schema.ts`; do not edit. Any of the',
    'roles marked suffices. Calls about all sites are refused to callers that are bound to some. What the roles are for, and',
    'how callers get them, stands in [access.md](access.md). Health answers everybody, reflection whoever is known.\n',
    `| call | ${ROLES.join(' | ')} | about all sites |`,
    `| --- | ${ROLES.map(() => ':-:').join(' | ')} | :-: |`,
    ...methods.map((access) => `| \`${access.what}\` | ${marks(access)} |`),
  ].join('\n');
}

/** The table of errors for those who call, in Markdown. */
function errorsDoc(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, { status, meaning }]) => `| \`${code}\` | \`${status}\` | ${meaning} |`,
  );
  return [
    '# Errors\n',
    'Every error that Tollgate answers. Generated from `src/errors/errors.ts` by `scripts/generate-schema.ts`; do not edit.\n',
    'The reason stands in `google.rpc.ErrorInfo` (domain `tollgate`) among the details of the status; the fields at fault',
    'in `google.rpc.BadRequest`, as many as fit into 4 kB (64 kB for an entry of a stream or batch). Where there are more,',
    '`violations_total` in the metadata of the ErrorInfo says how many in all. A status without details comes from gRPC',
    'itself: `UNIMPLEMENTED` for a method that is not there, `RESOURCE_EXHAUSTED` for a message of more than 16 MiB, and',
    'what the caller’s own library says of a connection.\n',
    '| reason | status | meaning |',
    '| --- | --- | --- |',
    ...rows,
  ].join('\n');
}

const root = new URL('../', import.meta.url);

/** What the shipped rules and lists have to offer. */
async function hints() {
  const folder = new URL('rules/', root);
  const read = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(new URL(name, folder), 'utf8'));
  const names = (await readdir(folder)).filter((name) => name.endsWith('.rules.json')).toSorted();
  const { lists } = (await read('lists.json')) as { lists: { id: string; description?: string }[] };
  return hintsFrom(
    (await Promise.all(names.map(read))) as RuleSetDocument[],
    lists,
    offered(PAYMENT_ATTRIBUTES, ATTRIBUTE_MEANINGS),
  );
}

const files = [
  {
    name: 'rules/rule-set.schema.json',
    content: JSON.stringify(ruleSetSchema(FACT_CATALOGUE, await hints()), null, 2),
  },
  { name: 'docs/facts.md', content: factsDoc(FACT_CATALOGUE) },
  { name: 'docs/errors.md', content: errorsDoc() },
  { name: 'docs/calls.md', content: callsDoc() },
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
