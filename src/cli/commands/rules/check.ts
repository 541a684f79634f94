import { join } from 'node:path';
import type { Command } from 'commander';
import type { Finding } from '../../../rules/check/check.js';
import { counted } from '../../counted.js';
import { CliError, EXIT, usageError } from '../../exit.js';
import type { Host } from '../../host.js';
import { namesIn, readText } from '../../input/files.js';
import type { Output } from '../../output.js';
import { withSession } from '../../session.js';

/** A finding of this check or of the server's. */
type Shown = Omit<Finding, 'severity'> & { readonly severity: string; readonly line?: number };

/** Prints findings, errors first. */
export function printFindings(out: Output, findings: readonly Shown[]): void {
  if (findings.length === 0) return;
  const rank = (severity: string): number => (severity === 'error' ? 0 : 1);
  const lines = findings.some(({ line }) => line !== undefined);
  out.table(
    ['', ...(lines ? ['line'] : []), 'rule', 'path', 'what'],
    findings
      .toSorted((a, b) => rank(a.severity) - rank(b.severity))
      .map((finding) => [
        out.paint(finding.severity === 'error' ? 'red' : 'yellow', finding.severity),
        ...(lines ? [String(finding.line ?? '')] : []),
        finding.rule === '' ? '-' : finding.rule,
        finding.path === '' ? '/' : finding.path,
        `${finding.message} (${finding.code})`,
      ]),
  );
}

/** Where a text is JSON, each finding is told its line too. */
async function withLines(findings: readonly Finding[], text: string): Promise<readonly Shown[]> {
  if (findings.length === 0 || findings.some(({ code }) => code === 'not-json')) return findings;
  const { linesOf } = await import('../../../rules/check/json-lines.js');
  const lines = linesOf(
    text,
    findings.map(({ path }) => path),
  );
  return findings.map((finding) => {
    const line = lines.get(finding.path);
    return line === undefined ? finding : { ...finding, line };
  });
}

/** `tollgate rules check FILE...`: needs no server. */
export function addCheck(parent: Command, host: Host): void {
  parent
    .command('check <paths...>')
    .description('Check rule-set documents without a server; 1 when one of them has errors.')
    .addHelpText(
      'after',
      `
A path is a file, or a folder, of which every NAME.rules.json is meant. Whether the lists exist that rules name is known to the server only: 'tollgate rules push' checks it.

Examples:
  $ tollgate rules check my.rules.json
  $ tollgate rules check my-rules/ --json`,
    )
    .action((paths: readonly string[], _options: unknown, command: Command) =>
      withSession(host, command, async ({ out }) => {
        const { checkRuleSetText } = await import('../../../rules/check/text.js');
        const { FACT_CATALOGUE, RULE_VOCABULARY } = await import('../../../facts/catalogue.js');
        const files = await filesOf(paths);
        const results = [];
        for (const file of files) {
          const text = await readText(file, host);
          const { document, findings: found } = checkRuleSetText(text, {
            catalogue: FACT_CATALOGUE,
            ...RULE_VOCABULARY,
          });
          const findings = await withLines(found, text);
          const rules = document?.rules.length ?? 0;
          const limits = document?.limits?.length ?? 0;
          results.push({ file, valid: document !== undefined, rules, limits, findings });
        }
        if (out.json) out.document(results);
        else {
          for (const { file, valid, rules, limits, findings } of results) {
            const size = counted(rules, 'rule') + (limits === 0 ? '' : `, ${counted(limits, 'limit')}`);
            out.line(
              `${file}: ${valid ? out.paint('green', `good, ${size}`) : out.paint('red', 'has errors')}`,
            );
            printFindings(out, findings);
          }
        }
        const bad = results.filter((result) => !result.valid);
        if (bad.length > 0) {
          const names = bad.map((result) => result.file).join(', ');
          throw new CliError(EXIT.refused, 'RULE_SET_INVALID', `${names}: not usable as it is`);
        }
      }),
    );
}

async function filesOf(paths: readonly string[]): Promise<readonly string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const names = path === '-' ? undefined : await namesIn(path);
    const rules = names?.filter((name) => name.endsWith('.rules.json')).toSorted() ?? [];
    if (names !== undefined && rules.length === 0) throw usageError(`${path}: there is no NAME.rules.json`);
    files.push(...(names === undefined ? [path] : rules.map((name) => join(path, name))));
  }
  return files;
}
