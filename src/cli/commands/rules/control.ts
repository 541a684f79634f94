import { toJson, type MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { Command } from 'commander';
import {
  ControlGroupSchema,
  EndControlGroupResponseSchema,
  GetRulePrecisionResponseSchema,
  SetControlGroupResponseSchema,
  type ControlGroup,
  type GetRulePrecisionResponse,
} from '../../../gen/tollgate/v1/control_service_pb.js';
import { LetGoTo } from '../../../gen/tollgate/v1/decision_service_pb.js';
import type { MoneySchema } from '../../../gen/tollgate/v1/payment_pb.js';
import { DrawBy } from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import { currencyExponent } from '../../../money/currencies.js';
import { parseMinor } from '../../../money/decimal.js';
import { LARGEST_CONTROL_SHARE } from '../../../rules/exceptions/control-group.js';
import { moment, shareUpTo, wholeNumber } from '../../arguments.js';
import type { Connection } from '../../client.js';
import { enumText, moneyText, timeText } from '../../decision-text.js';
import { usageError } from '../../exit.js';
import type { Host } from '../../host.js';
import type { Output } from '../../output.js';
import { noteScope } from '../../scope-note.js';
import { actorName, withSession } from '../../session.js';
import { durationOption, scopeOf } from './snooze.js';

const PAGE = 200;

interface ControlOptions {
  readonly off?: boolean;
  readonly share?: number;
  readonly maxCount?: number;
  readonly maxAmount?: string;
  readonly accept?: boolean;
  readonly byCustomer?: boolean;
  readonly period: string;
  readonly for: string;
  readonly scope?: string;
  readonly site?: string;
  readonly reason: string;
  readonly actor?: string;
}

/** `tollgate rules control RULE-SET RULE`. */
export function addControl(parent: Command, host: Host): void {
  parent
    .command('control <rule-set> <rule>')
    .description('Let a small random share of what a rule alone stops go on, or end that.')
    .requiredOption('--reason <text>', 'why, for the log')
    .option('--share <share>', 'of the payers: 1% or 0.01, at most 10%', shareUpTo(LARGEST_CONTROL_SHARE))
    .option('--max-count <count>', 'payments in a UTC day, at most', wholeNumber(1))
    .option('--max-amount <amount>', 'their amounts together, at most, with the currency: "500.00 EUR"')
    .option('--accept', 'let them just go on, in place of a review and a challenge of 3-D Secure')
    .option('--by-customer', 'draw by customer first, in place of the card')
    .option('--period <duration>', 'for how long a payer draws the same lot', '30d')
    .option('--for <duration>', 'how long it runs, at most 92d', '30d')
    .option('--off', 'switch it off')
    .option('--scope <scope>', 'all (the default), group:ID or site:ID')
    .option('--site <id>', 'short for --scope site:ID')
    .option('--actor <name>', 'who does it (default: TOLLGATE_ACTOR, or your user name)')
    .addHelpText(
      'after',
      `
Never for rules that read a block or embargo list.

Examples:
  $ tollgate rules control bin-attack card-check-burst --share 1% --max-count 20 --max-amount "500.00 EUR" --reason "how many are good?"
  $ tollgate rules control bin-attack card-check-burst --off --reason "enough was seen"`,
    )
    .action((ruleSet: string, rule: string, options: ControlOptions, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const { controls } = tollgate();
        const actor = actorName(options.actor, host);
        const place = { ruleSet, rule, scope: scopeOf(options), reason: options.reason, actor };
        const { share, maxCount, maxAmount } = options;
        if (options.off === true) {
          if (share !== undefined || maxCount !== undefined || maxAmount !== undefined)
            throw usageError(
              'off, or on with other settings? --off takes no --share, --max-count or --max-amount',
            );
          const ended = await controls.endControlGroup(place);
          if (out.json) out.document(toJson(EndControlGroupResponseSchema, ended));
          else out.line(`${ruleSet}/${rule}: the control group is off.`);
          return;
        }
        if (share === undefined || maxCount === undefined || maxAmount === undefined)
          throw usageError('how many? Give --share, --max-count and --max-amount, or --off');
        const response = await controls.setControlGroup({
          group: {
            ...place,
            share,
            maxCountPerDay: maxCount,
            maxAmountPerDay: amountOption(maxAmount),
            letGoTo: options.accept === true ? LetGoTo.ACCEPT : LetGoTo.THREE_DS,
            by: options.byCustomer === true ? DrawBy.CUSTOMER : DrawBy.CARD,
            period: durationFromMs(durationOption('--period', options.period)),
            until: timestampFromMs(host.now() + durationOption('--for', options.for)),
          },
        });
        if (out.json) out.document(toJson(SetControlGroupResponseSchema, response));
        else if (response.group !== undefined) {
          out.line(groupText(response.group));
          await noteScope(response.group.scope, tollgate(), out);
        }
      }),
    );
}

function amountOption(text: string): MessageInitShape<typeof MoneySchema> {
  const [amount = '', currency = '', ...more] = text.trim().split(/\s+/);
  const exponent = currencyExponent(currency);
  const parsed = exponent === undefined ? undefined : parseMinor(amount, exponent);
  if (more.length > 0 || parsed === undefined || !('ok' in parsed))
    throw usageError(`--max-amount: '${text}' is not an amount with its currency, like "500.00 EUR"`);
  return { minor: BigInt(parsed.ok), currency };
}

function percentText(share: number): string {
  return `${Number((share * 100).toPrecision(4))} %`;
}

function groupText(group: ControlGroup): string {
  const { ruleSet, rule, share, letGoTo, maxCountPerDay, maxAmountPerDay, until } = group;
  const to = letGoTo === LetGoTo.ACCEPT ? '' : ' to a review and 3-D Secure';
  const caps = `at most ${maxCountPerDay} and ${moneyText(maxAmountPerDay)} a day`;
  return `${ruleSet}/${rule}: ${percentText(share)} of what it alone stops goes on${to}, ${caps}, until ${timeText(until)}.`;
}

/** `tollgate rules controls [RULE-SET] [RULE]`. */
export function addControls(parent: Command, host: Host): void {
  parent
    .command('controls [rule-set] [rule]')
    .description('List control groups, who set them and why.')
    .option('--over', 'those that have ended, too')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules controls
  $ tollgate rules controls bin-attack --over`,
    )
    .action(
      (
        ruleSet: string | undefined,
        rule: string | undefined,
        options: { over?: boolean },
        command: Command,
      ) =>
        withSession(host, command, async ({ out, tollgate }) => {
          const query = { ruleSet: ruleSet ?? '', rule: rule ?? '', over: options.over ?? false };
          const found = await allGroups(tollgate(), query);
          if (out.json) {
            out.document(found.map((one) => toJson(ControlGroupSchema, one)));
            return;
          }
          out.table(
            ['rule', 'scope', 'share', 'to', 'by', 'a day', 'until', 'set by', 'reason', 'ended'],
            found.map((one) => [
              `${one.ruleSet}/${one.rule}`,
              one.scope,
              percentText(one.share),
              enumText(LetGoTo, one.letGoTo),
              enumText(DrawBy, one.by),
              `${one.maxCountPerDay}, ${moneyText(one.maxAmountPerDay)}`,
              timeText(one.until),
              one.actor,
              one.reason,
              one.endedAt === undefined ? '' : `${timeText(one.endedAt)} by ${one.endedBy}: ${one.endReason}`,
            ]),
          );
        }),
    );
}

async function allGroups(
  tollgate: Connection,
  query: { readonly ruleSet: string; readonly rule: string; readonly over: boolean },
): Promise<readonly ControlGroup[]> {
  const found: ControlGroup[] = [];
  let pageToken = '';
  do {
    const page = await tollgate.controls.listControlGroups({ ...query, pageSize: PAGE, pageToken });
    found.push(...page.groups);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return found;
}

/** `tollgate rules precision RULE-SET RULE`. */
export function addPrecision(parent: Command, host: Host): void {
  parent
    .command('precision <rule-set> <rule>')
    .description('Say which share of what a rule alone stops would have been bad, from what was let go.')
    .option('--from <time>', 'by event time, from (default: 180 days ago)', moment)
    .option('--to <time>', 'by event time, before (default: now)', moment)
    .option('--maturity <duration>', 'after how long without trouble a payment was good', '60d')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules precision bin-attack card-check-burst
  $ tollgate rules precision bin-attack card-check-burst --from 2026-01-01 --maturity 90d`,
    )
    .action(
      (
        ruleSet: string,
        rule: string,
        options: { readonly from?: number; readonly to?: number; readonly maturity: string },
        command: Command,
      ) =>
        withSession(host, command, async ({ out, tollgate }) => {
          const response = await tollgate().controls.getRulePrecision({
            ruleSet,
            rule,
            ...(options.from === undefined ? {} : { from: timestampFromMs(options.from) }),
            ...(options.to === undefined ? {} : { to: timestampFromMs(options.to) }),
            maturity: durationFromMs(durationOption('--maturity', options.maturity)),
          });
          if (out.json)
            out.document(toJson(GetRulePrecisionResponseSchema, response, { alwaysEmitImplicit: true }));
          else printPrecision(out, response);
        }),
    );
}

function printPrecision(out: Output, report: GetRulePrecisionResponse): void {
  const { precision, low, high, cutAt } = report;
  out.fields([
    [
      'precision',
      precision === undefined
        ? 'nothing that was let go has ended yet'
        : `${percentText(precision)} (95 %: ${percentText(low)} to ${percentText(high)})`,
    ],
    ['hits', String(report.hits)],
    ['stopped', String(report.stopped)],
    ['by it alone, with a control group', String(report.eligible)],
    [
      'drawn',
      `${report.drawn}${report.capFull > 0n ? `, ${report.capFull} over the caps of their day` : ''}`,
    ],
    ['let go', String(report.letGo)],
    ['bad', String(report.bad)],
    ['good', String(report.good)],
    ['too young to say', String(report.open)],
    ['never made', report.unmade > 0n ? String(report.unmade) : ''],
    ['not looked through', report.unread > 0n ? String(report.unread) : ''],
    ['only from', timeText(cutAt)],
  ]);
}
