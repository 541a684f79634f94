import { basename, dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { CaseFile, CaseForm } from '../../../rehearsal/case-file.js';
import type { StoredDecision } from '../../../rehearsal/case-from/stored-decision.js';
import type { RehearsalList } from '../../../rehearsal/fixture-lists.js';
import { collect } from '../../arguments.js';
import { badInput, CliError, EXIT, usageError } from '../../exit.js';
import type { Host } from '../../host.js';
import { namesIn, readText } from '../../input/files.js';
import { CASES, isListsFile } from '../../input/rule-files.js';
import { writeTexts } from '../../output-file.js';
import { withSession } from '../../session.js';
import { readStoredDecision } from '../../stored-decision.js';

interface CaseFrom {
  readonly file?: string;
  readonly name?: string;
  readonly ruleSets?: readonly string[];
  readonly site?: string;
  readonly requestId?: string;
}

/** Where the case goes: a file that is there or not, with the lists beside it. */
interface Target {
  readonly file: CaseFile;
  readonly lists: readonly RehearsalList[];
}

const NOTHING: Target = { file: { cases: [] }, lists: [] };

/** `tollgate rules case-from DECISION`. */
export function addCaseFrom(parent: Command, host: Host): void {
  parent
    .command('case-from [decision]')
    .description('Write a golden case that decides as a stored decision did, without what tells a person.')
    .option(
      '--file <file>',
      'add it to this NAME.cases.json, or begin one (default: print a file of its own)',
    )
    .option('--name <text>', 'what the case is called (default: the decision, its outcome and reasons)')
    .option(
      '--rule-sets <ids>',
      'of a new file: the sets in force, with commas (default: those that had a say)',
      collect,
    )
    .option('--site <id>', 'with --request-id, in place of the id of the decision')
    .option('--request-id <id>', 'the idempotency key it was screened under')
    .addHelpText(
      'after',
      `
Names, addresses, numbers, devices and accounts are made up; the facts that the payment does not tell by itself are
written down as they were. The case is run before it is written, and refused where it would not decide as the versions
did that decided.

Examples:
  $ tollgate rules case-from 8szxq3rhr55pb05kb32hjyydct
  $ tollgate rules case-from 8szxq3rhr55pb05kb32hjyydct --file my-rules/velocity.cases.json`,
    )
    .action((id: string | undefined, options: CaseFrom, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const { caseFrom } = await import('../../../rehearsal/case-from/case-from.js');
        const { FACT_CATALOGUE } = await import('../../../facts/catalogue.js');
        const { laidOut } = await import('../../../rules/authoring/format.js');
        const { file: path } = options;
        const target = path === undefined ? NOTHING : await targetOf(path, host);
        const stored = await readStoredDecision(tollgate(), reference(id, options));
        const ruleSets = await ruleSetsOf(stored, target, options);
        const name = options.name ?? nameOf(stored);
        if (target.file.cases.some((one) => one.name === name))
          throw usageError(`${path ?? ''}: a case is named "${name}" already; choose another --name`);
        const made = await caseFrom(stored, {
          catalogue: FACT_CATALOGUE,
          name,
          ruleSets,
          lists: target.lists,
          file: target.file,
        });
        if ('problems' in made)
          throw new CliError(
            EXIT.refused,
            'CASE_DIFFERS',
            `decision ${stored.id}: a case would not decide as it did`,
            made.problems.slice(0, 20),
          );
        const whole = fileWith(target.file, made.ok, ruleSets, path);
        if (path !== undefined) await writeTexts(path, once(laidOut(whole)));
        if (out.json) out.document({ file: path ?? null, ruleSets, case: made.ok });
        else if (path === undefined) host.print(laidOut(whole));
        else out.line(`${path}: case "${name}" added. Run it with: tollgate rules test ${path}`);
      }),
    );
}

function reference(id: string | undefined, { site, requestId }: CaseFrom) {
  const byRequest = site !== undefined && requestId !== undefined;
  if ((id === undefined) !== byRequest || (id !== undefined && (site ?? requestId) !== undefined))
    throw usageError('which decision? Name its id, or both --site and --request-id');
  return { id: id ?? '', site: site ?? '', requestId: requestId ?? '' };
}

/** The file as it is, if it is, and the lists that cases beside it can ask. */
async function targetOf(path: string, host: Host): Promise<Target> {
  if (!path.endsWith(CASES)) throw usageError(`${path}: must end in ${CASES}`);
  const folder = dirname(path);
  const names = (await namesIn(folder)) ?? [];
  const { parseListsFile } = await import('../../../facts/lists/shipped-lists.js');
  const lists: RehearsalList[] = [];
  for (const name of names.filter(isListsFile)) {
    const read = parseListsFile(await readText(join(folder, name), host));
    if (!('ok' in read)) throw badInput(join(folder, name), 'has errors', read.problems.slice(0, 10));
    for (const { id, type, source } of read.ok)
      lists.push({ id, type, entries: 'entries' in source ? source.entries : [] });
  }
  if (!names.includes(basename(path))) return { file: { $schema: './cases.schema.json', cases: [] }, lists };
  const { parseCaseFile } = await import('../../../rehearsal/case-file.js');
  const parsed = parseCaseFile(await readText(path, host));
  if (!('ok' in parsed)) throw badInput(path, 'has errors', parsed.problems.slice(0, 10));
  return { file: parsed.ok, lists };
}

/** A file that is there says which sets are in force; for a new one those are taken that had a say. */
async function ruleSetsOf(
  stored: StoredDecision,
  { file }: Target,
  { ruleSets, file: path }: CaseFrom,
): Promise<readonly string[]> {
  const { speakingSets } = await import('../../../rehearsal/case-from/case-from.js');
  const own =
    path === undefined || file.cases.length === 0 ? undefined : [basename(path).slice(0, -CASES.length)];
  const fixed = file.ruleSets ?? own;
  if (fixed !== undefined && ruleSets !== undefined)
    throw usageError(`${path ?? ''}: says itself which rule sets are in force: leave --rule-sets out`);
  const wanted = fixed ?? ruleSets ?? speakingSets(stored);
  const known = stored.documents.map(({ id }) => id);
  const others = wanted.filter((id) => !known.includes(id));
  if (others.length > 0)
    throw usageError(
      `${others.join(', ')}: took no part in the decision; ${known.join(', ') || 'nobody'} did`,
    );
  return wanted;
}

function nameOf({ id, outcome, threeDs, reasons }: StoredDecision): string {
  const said = [outcome, ...(threeDs === 'none' ? [] : [`3-D Secure ${threeDs}`])].join(', ');
  return `decision ${id}: ${said}${reasons.length === 0 ? '' : ` (${reasons.join(', ')})`}`.slice(0, 200);
}

function fileWith(
  file: CaseFile,
  made: CaseForm,
  ruleSets: readonly string[],
  path: string | undefined,
): CaseFile {
  const named = path === undefined ? '' : basename(path).slice(0, -CASES.length);
  const alone = ruleSets.length === 1 && ruleSets[0] === named;
  const sets = file.ruleSets !== undefined || alone ? {} : { ruleSets };
  return { ...file, ...sets, cases: [...file.cases, made] };
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}
