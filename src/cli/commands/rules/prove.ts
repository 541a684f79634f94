import { toJson } from '@bufbuild/protobuf';
import type { Command } from 'commander';
import {
  EvidenceKind,
  Waivable,
  type OwedEvidence,
  type RuleEvidence,
  type RuleProof,
} from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import {
  ApproveVersionResponseSchema,
  AttachCasesResponseSchema,
  GetProofResponseSchema,
  ListOwedEvidenceResponseSchema,
  WaiveEvidenceResponseSchema,
  WithdrawApprovalResponseSchema,
  type RuleSetVersion,
} from '../../../gen/tollgate/v1/rule_service_pb.js';
import { enumText, timeText } from '../../decision-text.js';
import { CliError, EXIT, usageError } from '../../exit.js';
import type { Host } from '../../host.js';
import { readText } from '../../input/files.js';
import type { Output } from '../../output.js';
import { actorName, withSession } from '../../session.js';
import { stageText } from '../../stage-text.js';
import { printCases } from './cases-text.js';
import { versionNumber } from './version-number.js';

interface Saying {
  readonly actor?: string;
  readonly comment: string;
}

/** Shown of a hash elsewhere: enough to be sure of. */
const HASH_CHARS = 12;

function withSaying(command: Command): Command {
  return command
    .option('--actor <name>', 'who does it (default: TOLLGATE_ACTOR, or your user name)')
    .option('--comment <text>', 'what was looked at, for the log', '');
}

function evidenceText(evidence: RuleEvidence): string {
  const { kind, development } = evidence;
  const said = kind === EvidenceKind.APPROVAL || kind === EvidenceKind.WAIVER;
  return `${whatText(evidence)}${said && development ? ' (development mode)' : ''}`;
}

function whatText({ kind, cases, waives }: RuleEvidence): string {
  if (cases !== undefined)
    return `golden cases: ${cases.passed} passed, ${cases.failed} failed (${cases.casesHash.slice(0, HASH_CHARS)})`;
  if (kind === EvidenceKind.WAIVER)
    return `waiver of ${waives.map((one) => enumText(Waivable, one)).join(' and ')}`;
  return enumText(EvidenceKind, kind);
}

/** What speaks for a version, and what it lacks. */
function printProof(out: Output, proof: RuleProof | undefined, version?: RuleSetVersion): void {
  if (version !== undefined) {
    out.fields([
      ['version', `${version.ruleSet} ${version.version} (${version.hash})`],
      ['author', [version.author, ...version.editors].join(', ')],
      ['stands', version.staged.map(stageText).join('; ') || 'committed, nowhere yet'],
    ]);
    out.line();
  }
  if (proof === undefined) return;
  if (proof.evidence.length > 0) {
    const rows = proof.evidence.map((one) => [timeText(one.at), one.actor, evidenceText(one), one.comment]);
    out.table(['when', 'who', 'what', 'comment'], rows);
    out.line();
  }
  for (const { what, actor, reason } of proof.waived)
    out.line(
      `${out.paint('yellow', 'without')} ${enumText(Waivable, what)}, on the word of ${actor}: ${reason}`,
    );
  for (const missing of proof.missing) out.line(`${out.paint('red', 'missing')} ${missing}`);
  out.line(proof.ready ? out.paint('green', 'It may go live.') : out.paint('red', 'It may not go live yet.'));
}

/** `tollgate rules status RULE-SET [VERSION]`. */
export function addStatus(parent: Command, host: Host): void {
  parent
    .command('status <rule-set> [version]')
    .description(
      'Show where a version stands, what speaks for it and what it lacks to go live; without a version, of the active one.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules status velocity
  $ tollgate rules status velocity 4`,
    )
    .action((ruleSet: string, text: string | undefined, _options: unknown, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const version = text === undefined ? 0 : versionNumber(text);
        const response = await tollgate().rules.getProof({ ruleSet, version });
        if (out.json) out.document(toJson(GetProofResponseSchema, response, { alwaysEmitImplicit: true }));
        else printProof(out, response.proof, response.version);
      }),
    );
}

/** `tollgate rules cases RULE-SET VERSION FILE`. */
export function addCases(parent: Command, host: Host): void {
  withSaying(parent.command('cases <rule-set> <version> <file>'))
    .option('--lists <file>', 'lists with the entries that the cases need')
    .description('Run golden cases over a stored version and keep how they ended; 1 when one of them fails.')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules cases velocity 4 my.cases.json`,
    )
    .action(
      (ruleSet: string, text: string, file: string, options: Saying & { lists?: string }, command: Command) =>
        withSession(host, command, async ({ out, tollgate }) => {
          const response = await tollgate().rules.attachCases({
            ruleSet,
            version: versionNumber(text),
            casesJson: await readText(file, host),
            listsJson: options.lists === undefined ? '' : await readText(options.lists, host),
            actor: actorName(options.actor, host),
            comment: options.comment,
          });
          if (out.json)
            out.document(toJson(AttachCasesResponseSchema, response, { alwaysEmitImplicit: true }));
          else printCases(out, response.cases);
          const failed = response.cases?.failed ?? 0;
          if (failed > 0) throw new CliError(EXIT.refused, 'CASES_FAILED', `${failed} failed`);
        }),
    );
}

/** `tollgate rules approve RULE-SET VERSION --hash HASH`. */
export function addApprove(parent: Command, host: Host): void {
  withSaying(parent.command('approve <rule-set> <version>'))
    .requiredOption(
      '--hash <hash>',
      `of the version that you looked at, at least its first ${HASH_CHARS} characters`,
    )
    .description('Approve a version that you did not write.')
    .addHelpText(
      'after',
      `
Look at it first: 'tollgate rules diff RULE-SET' and 'tollgate rules status RULE-SET VERSION'.

Examples:
  $ tollgate rules approve velocity 4 --hash HASH --actor ben --comment "as agreed on Monday"`,
    )
    .action((ruleSet: string, text: string, options: Saying & { readonly hash: string }, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const { rules } = tollgate();
        const version = versionNumber(text);
        if (options.hash.length < HASH_CHARS)
          throw usageError(`--hash: give at least the first ${HASH_CHARS} characters`);
        const found = (await rules.getVersion({ ruleSet, version })).version;
        if (found?.hash.startsWith(options.hash.toLowerCase()) !== true)
          throw new CliError(
            EXIT.refused,
            'STALE_ETAG',
            `version ${version} of ${ruleSet} has another hash: ${found?.hash ?? ''}`,
          );
        const actor = actorName(options.actor, host);
        const { hash } = found;
        const response = await rules.approveVersion({
          ruleSet,
          version,
          hash,
          actor,
          comment: options.comment,
        });
        if (out.json)
          out.document(toJson(ApproveVersionResponseSchema, response, { alwaysEmitImplicit: true }));
        else printProof(out, response.proof);
      }),
    );
}

/** `tollgate rules withdraw RULE-SET VERSION`. */
export function addWithdraw(parent: Command, host: Host): void {
  withSaying(parent.command('withdraw <rule-set> <version>'))
    .description('Take your approval of a version back. What is live stays live.')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules withdraw velocity 4 --actor ben --comment "its cases miss vouchers"`,
    )
    .action((ruleSet: string, text: string, options: Saying, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const response = await tollgate().rules.withdrawApproval({
          ruleSet,
          version: versionNumber(text),
          actor: actorName(options.actor, host),
          comment: options.comment,
        });
        if (out.json)
          out.document(toJson(WithdrawApprovalResponseSchema, response, { alwaysEmitImplicit: true }));
        else printProof(out, response.proof);
      }),
    );
}

/** `tollgate rules waive RULE-SET VERSION backtest|approval... --reason TEXT`. */
export function addWaive(parent: Command, host: Host): void {
  parent
    .command('waive <rule-set> <version> <what...>')
    .requiredOption('--reason <text>', 'why it cannot wait; it stands in the log under your name')
    .option('--actor <name>', 'who does it (default: TOLLGATE_ACTOR, or your user name)')
    .description(
      `Let a version go live before its backtest or approval is there. 'rules owed' reports it until they follow.`,
    )
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules waive velocity 4 backtest --reason "there are no backtests yet"
  $ tollgate rules waive velocity 4 backtest approval --reason "incident 31: cards of one BIN are tested, nobody else is up"`,
    )
    .action(
      (
        ruleSet: string,
        text: string,
        what: readonly string[],
        options: { readonly reason: string; readonly actor?: string },
        command: Command,
      ) =>
        withSession(host, command, async ({ out, tollgate }) => {
          const response = await tollgate().rules.waiveEvidence({
            ruleSet,
            version: versionNumber(text),
            waives: what.map(waivable),
            actor: actorName(options.actor, host),
            reason: options.reason,
          });
          if (out.json)
            out.document(toJson(WaiveEvidenceResponseSchema, response, { alwaysEmitImplicit: true }));
          else printProof(out, response.proof);
        }),
    );
}

function waivable(text: string): Waivable {
  if (text === 'backtest') return Waivable.BACKTEST;
  if (text === 'approval') return Waivable.APPROVAL;
  throw usageError(`'${text}' cannot be waived; backtest and approval can`);
}

/** `tollgate rules owed`. */
export function addOwed(parent: Command, host: Host): void {
  parent
    .command('owed')
    .description('List what is live without its backtest or approval, and on whose word.')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules owed --json`,
    )
    .action((_options: unknown, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const response = await tollgate().rules.listOwedEvidence({});
        if (out.json)
          out.document(toJson(ListOwedEvidenceResponseSchema, response, { alwaysEmitImplicit: true }));
        else if (response.owed.length === 0) out.line('All that is live has its evidence.');
        else out.table(['rule set', 'stands', 'owed', 'on the word of', 'why'], response.owed.map(owedRow));
      }),
    );
}

function owedRow({ ruleSet, staged, owed, waivers }: OwedEvidence): string[] {
  return [
    ruleSet,
    staged === undefined ? '' : `version ${staged.version}, ${stageText(staged)}`,
    owed.map((one) => enumText(Waivable, one)).join(', '),
    [...new Set(waivers.map(({ actor }) => actor))].join(', '),
    [...new Set(waivers.map(({ reason }) => reason))].join('; '),
  ];
}
