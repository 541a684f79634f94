import { toJson } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { DrawBy } from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import {
  GetCanaryReportResponseSchema,
  StartCanaryResponseSchema,
  StopCanaryResponseSchema,
} from '../../../gen/tollgate/v1/rule_service_pb.js';
import { readScope, scopeText } from '../../../rules/publish/scope.js';
import { durationMs } from '../../../world/duration.js';
import { positiveNumber, shareUpTo, wholeNumber } from '../../arguments.js';
import { canaryLimits, limitOption, type LimitOptions } from '../../canary-limits.js';
import { percentText, printCanaryReport } from '../../canary-text.js';
import type { Host } from '../../host.js';
import { noteScope } from '../../scope-note.js';
import { actorName, withSession } from '../../session.js';
import { waiveBacktest, WAIVE, withChange, type Change, type Waiving } from './change.js';
import { versionNumber } from './version-number.js';

interface Start extends Change, Waiving, LimitOptions {
  readonly share: number;
  readonly by: 'card' | 'customer';
  /** ms */
  readonly period?: number;
  readonly firstLook?: number;
  readonly alpha?: number;
}

/** `tollgate rules canary start|stop|report`. */
export function addCanary(parent: Command, host: Host): void {
  const canary = parent
    .command('canary')
    .description('Let a version decide for a share of the payers, watched by guardrails.');
  addStart(canary, host);
  addStop(canary, host);
  addReport(canary, host);
}

function addStart(parent: Command, host: Host): void {
  withChange(parent.command('start <rule-set> <version>'))
    .description(
      'Let a version decide for a share of the payers, until it is stopped, activated or breaks a limit.',
    )
    .requiredOption('--share <share>', 'of the payers: 5% or 0.05, at most half', shareUpTo(0.5, 'half'))
    .addOption(
      new Option('--by <what>', 'whose payments go the same way')
        .choices(['card', 'customer'])
        .default('card'),
    )
    .option(
      '--period <duration>',
      'for how long a payer is drawn once, for example 7d (default: 30d)',
      period,
    )
    .option(
      '--max-stopped-rise <points>',
      'percentage points more rejected or blocked (default: 2)',
      limitOption,
    )
    .option(
      '--max-stopped-drop <points>',
      'percentage points fewer rejected or blocked (default: 5)',
      limitOption,
    )
    .option('--max-reviewed-rise <points>', 'percentage points more in review (default: 3)', limitOption)
    .option(
      '--max-three-ds-rise <points>',
      'percentage points more with 3-D Secure (default: 5)',
      limitOption,
    )
    .option('--max-challenged-rise <points>', 'percentage points more challenged (default: 3)', limitOption)
    .option('--max-latency <times>', "times the stable version's latency (default: 2)", limitOption)
    .option('--latency-quantile <share>', 'of which decisions: 0.99 is p99 (default: 0.99)', positiveNumber)
    .option(
      '--first-look <decisions>',
      'of either version, before the first look (default: 100)',
      wholeNumber(1),
    )
    .option('--alpha <share>', 'how often chance may roll a good one back (default: 0.01)', positiveNumber)
    .option(...WAIVE)
    .addHelpText(
      'after',
      `
A limit that is off is not watched. For a version that is in canary already this begins anew with other settings.

Examples:
  $ tollgate rules canary start velocity 4 --share 5% --reason "fewer good payers in review" --waive-backtest "no backtests yet"
  $ tollgate rules canary start velocity 4 --share 10% --scope site:shop-de --max-stopped-rise 1 --max-latency off`,
    )
    .action((ruleSet: string, text: string, options: Start, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const version = versionNumber(text);
        const { reason, scope, etag = '' } = options;
        const actor = actorName(options.actor, host);
        const { rules } = tollgate();
        await waiveBacktest(rules, options, { ruleSet, version, actor });
        const limits = canaryLimits(options);
        const settings = {
          share: options.share,
          by: options.by === 'customer' ? DrawBy.CUSTOMER : DrawBy.CARD,
          ...(options.period === undefined ? {} : { period: durationFromMs(options.period) }),
          ...(limits === undefined ? {} : { limits }),
          plan: { first: options.firstLook ?? 0, alpha: options.alpha ?? 0 },
        };
        const response = await rules.startCanary({ ruleSet, version, scope, settings, actor, reason, etag });
        if (out.json) {
          out.document(toJson(StartCanaryResponseSchema, response));
          return;
        }
        const who = options.by === 'customer' ? 'customers' : 'cards';
        out.line(
          `${ruleSet}: version ${version} decides for ${percentText(options.share)} of the ${who} at ${placeText(scope)}.`,
        );
        out.line(`See how it does with: tollgate rules canary report ${ruleSet}${scopeOption(scope)}`);
        await noteScope(scope, tollgate(), out);
      }),
    );
}

function addStop(parent: Command, host: Host): void {
  withChange(parent.command('stop <rule-set>'))
    .description('End a canary: what was active before decides for everybody again.')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules canary stop velocity --reason "seen enough"`,
    )
    .action((ruleSet: string, options: Change, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const { reason, scope, etag = '' } = options;
        const actor = actorName(options.actor, host);
        const response = await tollgate().rules.stopCanary({ ruleSet, scope, actor, reason, etag });
        if (out.json) out.document(toJson(StopCanaryResponseSchema, response));
        else out.line(`${ruleSet}: no canary at ${placeText(scope)} any more.`);
      }),
    );
}

function addReport(parent: Command, host: Host): void {
  parent
    .command('report <rule-set>')
    .description('Say how a canary compares with what it is tried against, and what its guardrails found.')
    .option('--scope <scope>', 'all (the default), group:ID or site:ID', 'all')
    .option(
      '--run <revision>',
      'one that has ended, by the revision that began it (default: the latest)',
      wholeNumber(1),
      0,
    )
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules canary report velocity
  $ tollgate rules canary report velocity --scope site:shop-de --json`,
    )
    .action((ruleSet: string, { scope, run }: { scope: string; run: number }, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const revision = BigInt(run);
        const response = await tollgate().rules.getCanaryReport({ ruleSet, scope, revision });
        if (out.json)
          out.document(toJson(GetCanaryReportResponseSchema, response, { alwaysEmitImplicit: true }));
        else if (response.report !== undefined) printCanaryReport(out, response.report);
      }),
    );
}

function placeText(scope: string): string {
  return scopeText(readScope(scope) ?? 'all');
}

function scopeOption(scope: string): string {
  return scope === 'all' ? '' : ` --scope ${scope}`;
}

function period(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined || ms < 3_600_000)
    throw new InvalidArgumentError('It must be a duration of at least an hour, like 12h or 30d.');
  return ms;
}
