import { toJson } from '@bufbuild/protobuf';
import type { Command } from 'commander';
import {
  ActivateVersionResponseSchema,
  CreateVersionResponseSchema,
  DeactivateRuleSetResponseSchema,
  RollBackResponseSchema,
  type RuleSet,
  type RuleSetVersion,
} from '../../../gen/tollgate/v1/rule_service_pb.js';
import { RuleStage, Waivable } from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import { readScope, scopeText } from '../../../rules/publish/scope.js';
import type { Connection } from '../../client.js';
import { counted } from '../../counted.js';
import type { Host } from '../../host.js';
import { readText } from '../../input/files.js';
import type { Output } from '../../output.js';
import { noteScope } from '../../scope-note.js';
import { actorName, withSession } from '../../session.js';
import { casesBeside, printCases } from './cases-text.js';
import { printFindings } from './check.js';
import { allRuleSets } from './read.js';
import { versionNumber } from './version-number.js';

/** What every change of where a version stands says. */
export interface Change {
  readonly actor?: string;
  readonly reason: string;
  readonly scope: string;
  readonly etag?: string;
}

/** What may stand in for a backtest. */
export interface Waiving {
  readonly waiveBacktest?: string;
}

/** The option for a reason to. */
export const WAIVE = [
  '--waive-backtest <reason>',
  'let it go live before its backtest is there; reported until that follows',
] as const;

/** Adds the options that say it. */
export function withChange(command: Command): Command {
  return command
    .option('--actor <name>', 'who does it (default: TOLLGATE_ACTOR, or your user name)')
    .option('--reason <text>', 'why, for the log', '')
    .option('--scope <scope>', 'all (the default), group:ID or site:ID', 'all')
    .option('--etag <etag>', "only if nothing changed since 'rules list' showed this etag");
}

/** What is active in the scope that was changed. */
function activeText({ id, activeVersion, staged }: RuleSet, scope: string): string {
  const asked = readScope(scope) ?? 'all';
  if (asked === 'all')
    return activeVersion === 0
      ? `${id}: no version is active.`
      : `${id}: version ${activeVersion} is active.`;
  const here = staged.find((one) => one.stage === RuleStage.ACTIVE && one.scope === asked);
  return here === undefined
    ? `${id}: no version of its own is active at ${scopeText(asked)}; what is active around it decides there.`
    : `${id}: version ${here.version} is active at ${scopeText(asked)}.`;
}

function versionText(version: RuleSetVersion | undefined, created: boolean): string {
  if (version === undefined) return '';
  const { ruleSet, hash, rules } = version;
  const what = `${ruleSet} version ${version.version} (${counted(rules, 'rule')}, ${hash.slice(0, 12)})`;
  return created ? `${what} stored.` : `${what} is the same document: nothing stored.`;
}

interface Push extends Waiving {
  readonly author?: string;
  readonly comment: string;
  readonly expect?: string;
  readonly activate?: boolean;
  readonly cases?: string;
  readonly lists?: string;
}

/** Waives the backtest of a version where a reason to was given. */
export async function waiveBacktest(
  rules: Connection['rules'],
  { waiveBacktest: reason }: Waiving,
  said: { readonly ruleSet: string; readonly version: number; readonly actor: string },
): Promise<void> {
  if (reason !== undefined) await rules.waiveEvidence({ ...said, waives: [Waivable.BACKTEST], reason });
}

/** `tollgate rules push FILE`. */
export function addPush(parent: Command, host: Host): void {
  parent
    .command('push <file>')
    .description('Store a rule-set document as the next version of its rule set. Not active until activated.')
    .option('--author <name>', 'who wrote it (default: TOLLGATE_ACTOR, or your user name)')
    .option('--comment <text>', 'what changed', '')
    .option('--expect <hash>', 'only if the newest version carries this hash')
    .option('--cases <file>', 'its golden cases (default: NAME.cases.json beside NAME.rules.json)')
    .option('--lists <file>', 'lists with the entries that the cases need (default: lists.json beside it)')
    .option('--activate', 'make it active at once')
    .option(...WAIVE)
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules push my.rules.json --comment "velocity: 5 -> 4 cards per e-mail"
  $ tollgate rules push my.rules.json --activate --waive-backtest "incident 31: cards of one BIN are tested"`,
    )
    .action((file: string, options: Push, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const documentJson = await readText(file, host);
        const author = actorName(options.author, host, '--author');
        const expectedLatestHash = options.expect ?? '';
        const { comment } = options;
        const { rules } = tollgate();
        const response = await rules.createVersion({
          documentJson,
          author,
          comment,
          expectedLatestHash,
          ...(await casesBeside(file, options, host)),
        });
        const { version } = response;
        if (!out.json) {
          out.line(versionText(version, response.created));
          printFindings(out, response.warnings);
          printCases(out, response.cases);
        }
        if (options.activate !== true || version === undefined) {
          if (out.json) out.document(toJson(CreateVersionResponseSchema, response));
          else if (version?.active !== true) out.line(activationHint(version));
          return;
        }
        await waiveBacktest(rules, options, {
          ruleSet: version.ruleSet,
          version: version.version,
          actor: author,
        });
        const activated = await rules.activateVersion({
          ruleSet: version.ruleSet,
          version: version.version,
          actor: author,
          reason: comment,
        });
        if (out.json) out.document(toJson(ActivateVersionResponseSchema, activated));
        else printActive(out, activated.ruleSet, 'all');
      }),
    );
}

function activationHint(version: RuleSetVersion | undefined): string {
  return `Make it active with: tollgate rules activate ${version?.ruleSet ?? ''} ${version?.version ?? ''}`;
}

function printActive(out: Output, ruleSet: RuleSet | undefined, scope: string): void {
  if (ruleSet !== undefined) out.line(activeText(ruleSet, scope));
}

/** A canary that was taken back leaves what is active as it was: that it has ended has to be said. */
async function printCanaryEnded(
  out: Output,
  rules: Connection['rules'],
  ruleSet: RuleSet | undefined,
): Promise<void> {
  if (ruleSet === undefined) return;
  // It is rolled back whether or not this can be read.
  const log = await rules.listPublications({ ruleSet: ruleSet.id, pageSize: 1 }).catch(() => undefined);
  const newest = log?.publications[0];
  if (newest === undefined || String(newest.revision) !== ruleSet.etag) return;
  if (newest.fromVersion === newest.toVersion)
    out.line(
      `${ruleSet.id}: the canary of version ${newest.version} has ended; roll back again to take back more.`,
    );
}

/** `tollgate rules activate RULE-SET VERSION`. */
export function addActivate(parent: Command, host: Host): void {
  withChange(parent.command('activate <rule-set> <version>'))
    .option(...WAIVE)
    .description('Make a version the active one. Its golden cases are green, and it is approved, before.')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules activate velocity 4 --reason "card tests of last week" --waive-backtest "no backtests yet"`,
    )
    .action((ruleSet: string, versionText: string, options: Change & Waiving, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const version = versionNumber(versionText);
        const { reason, scope, etag = '' } = options;
        const actor = actorName(options.actor, host);
        const { rules } = tollgate();
        await waiveBacktest(rules, options, { ruleSet, version, actor });
        const response = await rules.activateVersion({ ruleSet, version, actor, reason, scope, etag });
        if (out.json) {
          out.document(toJson(ActivateVersionResponseSchema, response));
          return;
        }
        printActive(out, response.ruleSet, scope);
        await noteScope(scope, tollgate(), out);
      }),
    );
}

/** What a roll-back in a scope takes back now; sent again it then takes back nothing more. */
async function takenBack(
  rules: Connection['rules'],
  id: string,
  { scope, etag }: Change,
): Promise<{ readonly fromVersion?: number; readonly etag?: string }> {
  if (etag !== undefined) return { etag };
  const ruleSet = (await allRuleSets({ rules })).find((one) => one.id === id);
  const here = ruleSet?.staged.filter((one) => one.scope === (readScope(scope) ?? 'all')) ?? [];
  const standing = (stage: RuleStage) => here.find((one) => one.stage === stage)?.version;
  const fromVersion = standing(RuleStage.CANARY) ?? standing(RuleStage.ACTIVE);
  return fromVersion === undefined ? { etag: ruleSet?.etag ?? '' } : { fromVersion };
}

/** `tollgate rules rollback RULE-SET`. */
export function addRollBack(parent: Command, host: Host): void {
  withChange(parent.command('rollback <rule-set>'))
    .option(
      '--from <version>',
      'the version to take back; taken back already, nothing more is',
      versionNumber,
    )
    .description(
      'Take back what went live last: the canary, where there is one; else the active version, in favour of the one before it.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules rollback velocity --reason "too many good payers in review"
  $ tollgate rules rollback velocity --from 4 --reason "incident 31"`,
    )
    .action((ruleSet: string, options: Change & { readonly from?: number }, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const { reason, scope, etag = '', from } = options;
        const actor = actorName(options.actor, host);
        const { rules } = tollgate();
        const meant =
          from === undefined ? await takenBack(rules, ruleSet, options) : { fromVersion: from, etag };
        const response = await rules.rollBack({ ruleSet, actor, reason, scope, ...meant });
        if (out.json) {
          out.document(toJson(RollBackResponseSchema, response));
          return;
        }
        await printCanaryEnded(out, rules, response.ruleSet);
        printActive(out, response.ruleSet, scope);
      }),
    );
}

/** `tollgate rules deactivate RULE-SET`. */
export function addDeactivate(parent: Command, host: Host): void {
  withChange(parent.command('deactivate <rule-set>'))
    .description('Take a rule set out of service. Its versions stay; activate one to have it back.')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules deactivate email --reason "refuses a whole provider, incident 31"`,
    )
    .action((ruleSet: string, options: Change, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const { reason, scope, etag = '' } = options;
        const actor = actorName(options.actor, host);
        const response = await tollgate().rules.deactivateRuleSet({ ruleSet, actor, reason, scope, etag });
        if (out.json) out.document(toJson(DeactivateRuleSetResponseSchema, response));
        else printActive(out, response.ruleSet, scope);
      }),
    );
}
