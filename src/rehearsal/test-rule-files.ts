import { RULE_VOCABULARY } from '../facts/catalogue.js';
import { parseListsFile } from '../facts/lists/shipped-lists.js';
import type { FactCatalogue } from '../rules/catalogue.js';
import type { Finding } from '../rules/check/check.js';
import { checkRuleSetText } from '../rules/check/text.js';
import type { RuleSetDocument } from '../rules/document/document.js';
import { parseCaseFile, type CaseFile } from './case-file.js';
import { uncovered, type Uncovered } from './coverage.js';
import { runCases, type CaseResult } from './run-cases.js';
import type { RehearsalList } from './fixture-lists.js';

/** A file that was read: `*.rules.json`, `*.cases.json` or `lists.json`; folders in the name do not matter. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** How the cases of one file ended. */
export interface CaseFileResult {
  readonly name: string;
  /** Why the file could not be run; then there are no cases. */
  readonly problems: readonly string[];
  readonly cases: readonly CaseResult[];
}

/** How everything ended. */
export interface RuleTestReport {
  /** Rule sets and lists that cannot be used, by file. */
  readonly problems: readonly { readonly name: string; readonly findings: readonly Finding[] }[];
  readonly files: readonly CaseFileResult[];
  readonly passed: number;
  readonly failed: number;
  /** Of all rule sets among the files. */
  readonly uncovered: Uncovered;
}

interface RuleFile {
  readonly name: string;
  readonly document: RuleSetDocument;
}

/** Runs the cases among these files over the rule sets and lists among them. Reads nothing, keeps nothing. */
export async function testRuleFiles(
  files: readonly NamedText[],
  catalogue: FactCatalogue,
): Promise<RuleTestReport> {
  const problems: { name: string; findings: readonly Finding[] }[] = [];
  const lists: RehearsalList[] = [];
  for (const file of files) {
    if (
      !baseName(file.name).startsWith('lists.') ||
      !file.name.endsWith('.json') ||
      isCases(file) ||
      isRules(file)
    )
      continue;
    const read = parseListsFile(file.text);
    if ('ok' in read)
      for (const { id, type, source } of read.ok)
        lists.push({ id, type, entries: 'entries' in source ? source.entries : [] });
    else
      problems.push({ name: file.name, findings: read.problems.map((text) => finding('bad-lists', text)) });
  }
  const known = new Map(lists.map((list) => [list.id, list]));
  const rules: RuleFile[] = [];
  for (const file of files.filter(isRules)) {
    const { document, findings } = readRules(file.text, catalogue, known);
    if (document === undefined) problems.push({ name: file.name, findings });
    else rules.push({ name: file.name, document });
  }
  const results: CaseFileResult[] = [];
  const told: CaseFile[] = [];
  for (const file of files.filter(isCases)) {
    const parsed = parseCaseFile(file.text);
    if (!('ok' in parsed)) {
      results.push({ name: file.name, problems: parsed.problems, cases: [] });
      continue;
    }
    const chosen = documentsFor(file.name, parsed.ok, rules);
    if ('problem' in chosen) {
      results.push({ name: file.name, problems: [chosen.problem], cases: [] });
      continue;
    }
    told.push(parsed.ok);
    const cases = await runCases(parsed.ok, { documents: chosen.ok, lists, catalogue });
    results.push({ name: file.name, problems: [], cases });
  }
  const all = results.flatMap(({ cases }) => cases);
  const broken = problems.length + results.filter((result) => result.problems.length > 0).length;
  return {
    problems,
    files: results,
    passed: all.filter(({ passed }) => passed).length,
    failed: all.filter(({ passed }) => !passed).length + broken,
    uncovered: uncovered(
      rules.map(({ document }) => document),
      told,
    ),
  };
}

/** The part of a name after the last slash. */
function baseName(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
}

function isRules({ name }: NamedText): boolean {
  return name.endsWith('.rules.json');
}

function isCases({ name }: NamedText): boolean {
  return name.endsWith('.cases.json');
}

function readRules(
  text: string,
  catalogue: FactCatalogue,
  lists: ReadonlyMap<string, { readonly type: string }>,
): { readonly document?: RuleSetDocument; readonly findings: readonly Finding[] } {
  const known = { catalogue, ...RULE_VOCABULARY };
  return checkRuleSetText(text, lists.size === 0 ? known : { ...known, lists });
}

function finding(code: string, message: string): Finding {
  return { severity: 'error', code, rule: '', path: '', message };
}

function documentsFor(
  name: string,
  file: CaseFile,
  rules: readonly RuleFile[],
): { readonly ok: readonly RuleSetDocument[] } | { readonly problem: string } {
  const beside = `${name.slice(0, -'.cases.json'.length)}.rules.json`;
  const wanted = file.ruleSets ?? [rules.find((one) => one.name === beside)?.document.id ?? ''];
  const found = wanted.map((id) => rules.find(({ document }) => document.id === id)?.document);
  const missing = wanted.filter((_, index) => found[index] === undefined);
  if (file.ruleSets === undefined && missing.length > 0)
    return {
      problem: `there is no usable rule set ${baseName(beside)} beside it; name others in "ruleSets"`,
    };
  if (missing.length > 0) return { problem: `no usable rule set is named ${missing.join(', ')}` };
  return { ok: found.filter((document) => document !== undefined) };
}
