import { basename, dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { NamedText, RuleTestReport } from '../../../rehearsal/test-rule-files.js';
import { counted } from '../../counted.js';
import { CliError, EXIT, usageError } from '../../exit.js';
import type { Host } from '../../host.js';
import { namesIn, readText } from '../../input/files.js';
import { CASES, isListsFile, isRuleFile, RULES } from '../../input/rule-files.js';
import type { Output } from '../../output.js';
import { withSession } from '../../session.js';
import { printFindings } from './check.js';

/** The files of a test: rule sets and lists of the folders, and the cases that were chosen. */
interface Chosen {
  readonly names: ReadonlySet<string>;
  /** Whether all cases of the folders were chosen: only then is it worth saying what no case speaks of. */
  readonly whole: boolean;
}

async function addFolder(
  names: Set<string>,
  folder: string,
  wanted: (name: string) => boolean,
): Promise<void> {
  for (const name of (await namesIn(folder)) ?? []) if (wanted(name)) names.add(join(folder, name));
}

/** Other rule sets of the folder take part only where the cases name them: by their files, where these are named so. */
async function addCases(names: Set<string>, folder: string, cases: string, host: Host): Promise<void> {
  const path = join(folder, cases);
  const beside = cases.replace(CASES, RULES);
  const named = ruleSetsIn(await readText(path, host));
  const present = (await namesIn(folder)) ?? [];
  const files = named?.map((id) => `${id}${RULES}`) ?? [beside];
  const others = named !== undefined && !files.every((name) => present.includes(name));
  names.add(path);
  await addFolder(
    names,
    folder,
    (name) => isListsFile(name) || files.includes(name) || (others && name.endsWith(RULES)),
  );
}

/** What a file of cases names, as far as that can be told; what is wrong with it is said when it is run. */
function ruleSetsIn(text: string): readonly string[] | undefined {
  try {
    const { ruleSets } = JSON.parse(text) as { readonly ruleSets?: unknown };
    return Array.isArray(ruleSets) ? ruleSets.map(String) : undefined;
  } catch {
    return undefined;
  }
}

async function choose(paths: readonly string[], host: Host): Promise<Chosen> {
  const names = new Set<string>();
  let whole = true;
  for (const path of paths) {
    if ((await namesIn(path)) !== undefined) {
      await addFolder(names, path, isRuleFile);
      continue;
    }
    whole = false;
    const wanted = basename(path).replace(RULES, CASES);
    if (!wanted.endsWith(CASES))
      throw usageError(`${path}: give a folder, a ${CASES} file, or the ${RULES} file beside it`);
    await addCases(names, dirname(path), wanted, host);
  }
  return { names, whole };
}

function printReport(out: Output, report: RuleTestReport, whole: boolean): void {
  for (const { name, findings } of report.problems) {
    out.line(`${name}: ${out.paint('red', 'cannot be used')}`);
    printFindings(out, findings);
  }
  for (const { name, problems, cases } of report.files) {
    const good = cases.filter((one) => one.passed).length;
    const bad = problems.length > 0 || good < cases.length;
    out.line(
      `${name}: ${out.paint(bad ? 'red' : 'green', `${good} of ${counted(cases.length, 'case')} passed`)}`,
    );
    for (const problem of problems) out.line(`  ${problem}`);
    for (const { name: title, failures } of cases.filter((one) => !one.passed)) {
      out.line(`  ${out.paint('bold', title)}`);
      for (const { place, text, facts } of failures) {
        out.line(`    ${place === '' ? '' : `${place}: `}${text}`);
        for (const fact of facts) out.line(`      ${fact}`);
      }
    }
  }
  if (!whole) return;
  const { neverHit, neverMissed } = report.uncovered;
  if (neverHit.length > 0) out.line(`No case makes these hit: ${neverHit.join(', ')}`);
  if (neverMissed.length > 0) out.line(`No case shows a near miss of these: ${neverMissed.join(', ')}`);
}

/** `tollgate rules test [PATH...]`: runs golden cases; needs no server. */
export function addTest(parent: Command, host: Host): void {
  parent
    .command('test [paths...]')
    .description('Run the golden cases beside rule sets, without a server; 1 when one of them fails.')
    .addHelpText(
      'after',
      `
A path is a folder, a file of cases (NAME.cases.json), or the rule set it belongs to (NAME.rules.json); without one the
shipped rules are tested. The lists of the folder (lists.json) are there for the cases, and other rule sets of it where
the cases name theirs in "ruleSets".

Examples:
  $ tollgate rules test
  $ tollgate rules test my-rules/
  $ tollgate rules test my-rules/velocity.rules.json --json`,
    )
    .action((paths: readonly string[], _options: unknown, command: Command) =>
      withSession(host, command, async ({ out }) => {
        const { SHIPPED } = await import('../../../serve/assets.js');
        const { FACT_CATALOGUE } = await import('../../../facts/catalogue.js');
        const { testRuleFiles } = await import('../../../rehearsal/test-rule-files.js');
        const { names, whole } = await choose(paths.length > 0 ? paths : [SHIPPED], host);
        const files: NamedText[] = [];
        for (const name of [...names].toSorted()) files.push({ name, text: await readText(name, host) });
        const report = await testRuleFiles(files, FACT_CATALOGUE);
        if (out.json) out.document(report);
        else printReport(out, report, whole);
        if (report.failed > 0) {
          const text = `${counted(report.failed, 'case')} failed, ${report.passed} passed`;
          throw new CliError(EXIT.refused, 'CASES_FAILED', text);
        }
        if (report.files.length === 0) throw usageError(`no ${CASES} file in ${paths.join(', ')}`);
        if (!out.json) out.line(`${counted(report.passed, 'case')} passed.`);
      }),
    );
}
