import type { Command } from 'commander';
import type { Described, DescribedSet } from '../../../rules/sentences/rule-words.js';
import type { Sentence } from '../../../rules/sentences/condition-words.js';
import { badInput, usageError } from '../../exit.js';
import type { Host } from '../../host.js';
import { fileName } from '../../input/files.js';
import type { Output } from '../../output.js';
import { readRuleSet } from '../../rule-file.js';
import { withSession } from '../../session.js';

/** `tollgate rules explain FILE [RULE]`: needs no server. */
export function addExplain(parent: Command, host: Host): void {
  parent
    .command('explain <file> [rule]')
    .description('Say in plain words what a rule set, or one rule or limit of it, does.')
    .addHelpText(
      'after',
      `
Why a payment was decided as it was says 'tollgate decisions explain'.

Examples:
  $ tollgate rules explain my.rules.json
  $ tollgate rules explain my.rules.json card-burst`,
    )
    .action((file: string, rule: string | undefined, _options: unknown, command: Command) =>
      withSession(host, command, async ({ out }) => {
        const { describeRuleSet } = await import('../../../rules/sentences/rule-words.js');
        const { FACT_CATALOGUE } = await import('../../../facts/catalogue.js');
        const read = await readRuleSet(file, host);
        if ('errors' in read) throw badInput(fileName(file), 'has errors', read.errors.slice(0, 10));
        const described = describeRuleSet(read.document, FACT_CATALOGUE, rule);
        if (described === undefined) {
          const names = [...read.document.rules, ...(read.document.limits ?? [])].map(({ name }) => name);
          throw usageError(
            `${fileName(file)}: no rule or limit is named '${rule ?? ''}'; there are ${names.join(', ')}`,
          );
        }
        if (out.json) out.document(described);
        else print(out, described, rule === undefined);
      }),
    );
}

function print(out: Output, { id, description, owner, says, members }: DescribedSet, whole: boolean): void {
  if (whole) {
    out.line(`${out.paint('bold', id)}: ${description}`);
    out.line(`Owner: ${owner}`);
    for (const line of says) out.line(line);
  }
  for (const [at, member] of members.entries()) {
    if (whole || at > 0) out.line();
    printMember(out, id, member, !whole);
  }
}

function printMember(out: Output, set: string, member: Described, glossary: boolean): void {
  const { kind, name, description, enabled, when, does, otherwise, facts } = member;
  out.line(out.paint('bold', `${set}/${name}`) + (enabled ? '' : ' (switched off: it is skipped)'));
  if (description !== '') out.line(`  ${description}`);
  out.line(`  ${kind === 'rule' ? 'Hits' : 'Counts a payment'} when ${when.text}`);
  for (const part of when.parts) printSentence(out, part, 2);
  for (const line of does) out.line(`  ${line}`);
  for (const line of otherwise) out.line(out.paint('dim', `  ${line}`));
  if (!glossary) return;
  out.line();
  out.line('What it asks:');
  for (const one of facts) out.line(`  ${one.fact}: ${one.description}`);
}

function printSentence(out: Output, { text, parts }: Sentence, depth: number): void {
  out.line(`${'  '.repeat(depth)}- ${text}`);
  for (const part of parts) printSentence(out, part, depth + 1);
}
