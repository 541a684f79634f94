import type { Command } from 'commander';
import type { Finding } from '../../../rules/check/check.js';
import { counted } from '../../counted.js';
import { CliError, EXIT } from '../../exit.js';
import type { Host } from '../../host.js';
import { readText } from '../../input/files.js';
import type { Output } from '../../output.js';
import { withSession } from '../../session.js';

/** A finding of this check or of the server's. */
type Shown = Omit<Finding, 'severity'> & { readonly severity: string };

/** Prints findings, errors first. */
export function printFindings(out: Output, findings: readonly Shown[]): void {
  if (findings.length === 0) return;
  const rank = (severity: string): number => (severity === 'error' ? 0 : 1);
  out.table(
    ['', 'rule', 'path', 'what'],
    findings
      .toSorted((a, b) => rank(a.severity) - rank(b.severity))
      .map((finding) => [
        out.paint(finding.severity === 'error' ? 'red' : 'yellow', finding.severity),
        finding.rule === '' ? '-' : finding.rule,
        finding.path === '' ? '/' : finding.path,
        `${finding.message} (${finding.code})`,
      ]),
  );
}

/** `tollgate rules check FILE...`: needs no server. */
export function addCheck(parent: Command, host: Host): void {
  parent
    .command('check <files...>')
    .description('Check rule-set documents without a server; 1 when one of them has errors.')
    .addHelpText(
      'after',
      `
Whether the lists exist that rules name is known to the server only: 'tollgate rules push' checks it.

Examples:
  $ tollgate rules check my.rules.json
  $ tollgate rules check rules/*.rules.json --json`,
    )
    .action((files: readonly string[], _options: unknown, command: Command) =>
      withSession(host, command, async ({ out }) => {
        const { checkRuleSetText } = await import('../../../rules/check/text.js');
        const { FACT_CATALOGUE, RULE_VOCABULARY } = await import('../../../facts/catalogue.js');
        const results = [];
        for (const file of files) {
          const { document, findings } = checkRuleSetText(await readText(file, host), {
            catalogue: FACT_CATALOGUE,
            ...RULE_VOCABULARY,
          });
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
