import { toJson } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import type { Command } from 'commander';
import {
  CreateSnoozeResponseSchema,
  EndSnoozeResponseSchema,
  PayerAttribute,
  SnoozeSchema,
  type Snooze,
} from '../../../gen/tollgate/v1/snooze_service_pb.js';
import { durationMs } from '../../../world/duration.js';
import type { Connection } from '../../client.js';
import { enumText, timeText } from '../../decision-text.js';
import { usageError } from '../../exit.js';
import type { Host } from '../../host.js';
import { noteScope } from '../../scope-note.js';
import { actorName, withSession } from '../../session.js';

const PAGE = 200;

const PAYERS = {
  card: PayerAttribute.CARD,
  customer: PayerAttribute.CUSTOMER,
  email: PayerAttribute.EMAIL,
  device: PayerAttribute.DEVICE,
  ip: PayerAttribute.IP,
  phone: PayerAttribute.PHONE,
} as const;

/** Who is meant: at most one of these. */
type PayerOptions = Readonly<Partial<Record<keyof typeof PAYERS, string>>>;

interface SnoozeOptions extends PayerOptions {
  readonly for: string;
  readonly reason: string;
  readonly scope?: string;
  readonly site?: string;
  readonly actor?: string;
}

function withPayer(command: Command): Command {
  return command
    .option('--card <id>', 'one payer, by card fingerprint, token or payment account reference')
    .option('--customer <id>', 'one payer, by customer id')
    .option('--email <address>', 'one payer, by e-mail address')
    .option('--device <id>', 'one payer, by device id')
    .option('--ip <address>', 'one payer, by IP address')
    .option('--phone <number>', 'one payer, by phone number, with its country: +34...');
}

function payerOf(options: PayerOptions): { attribute: PayerAttribute; value: string } | undefined {
  const names = (Object.keys(PAYERS) as (keyof typeof PAYERS)[]).filter(
    (name) => options[name] !== undefined,
  );
  if (names.length > 1)
    throw usageError(`which payer? Name one of ${names.map((name) => `--${name}`).join(', ')}`);
  const [name] = names;
  return name && { attribute: PAYERS[name], value: options[name] ?? '' };
}

/** A duration as it is written on the command line, ms. */
export function durationOption(option: string, text: string): number {
  const ms = durationMs(text);
  if (ms === undefined) throw usageError(`${option}: '${text}' is not a duration, like 90s, 15m, 2h or 7d`);
  return ms;
}

/** `--site ID` is short for `--scope site:ID`; '' where neither is given, which stands for all sites. */
export function scopeOf({ scope, site }: { readonly scope?: string; readonly site?: string }): string {
  if (site === undefined) return scope ?? '';
  if (scope !== undefined)
    throw usageError('where? Give --scope or --site, which is short for --scope site:ID');
  return `site:${site}`;
}

/** `tollgate rules snooze RULE-SET [RULE]`. */
export function addSnooze(parent: Command, host: Host): void {
  withPayer(parent.command('snooze <rule-set> [rule]'))
    .description('Except a rule, or a payer from a rule or a whole set, for a while.')
    .requiredOption('--for <duration>', 'how long, at most 31d: 90s, 15m, 2h, 7d')
    .requiredOption('--reason <text>', 'why; stands in every decision that it changes')
    .option('--scope <scope>', 'all (the default), group:ID or site:ID')
    .option('--site <id>', 'short for --scope site:ID')
    .option('--actor <name>', 'who does it (default: TOLLGATE_ACTOR, or your user name)')
    .addHelpText(
      'after',
      `
Embargo lists, cumulative limits and mandates of 3-D Secure stay in force.

Examples:
  $ tollgate rules snooze velocity card-burst --for 2h --site shop-es --reason "ticket sale opens at noon"
  $ tollgate rules snooze velocity --for 7d --email jo@example.com --reason "known buyer, case 4711"`,
    )
    .action((ruleSet: string, rule: string | undefined, options: SnoozeOptions, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const payer = payerOf(options);
        if (rule === undefined && payer === undefined)
          throw usageError('which rule? A whole set is snoozed for one payer only: name one, or a RULE');
        const lasts = durationFromMs(durationOption('--for', options.for));
        const response = await tollgate().snoozes.createSnooze({
          ruleSet,
          rule: rule ?? '',
          scope: scopeOf(options),
          ...(payer === undefined ? {} : { payer }),
          lasts,
          reason: options.reason,
          actor: actorName(options.actor, host),
        });
        if (out.json) {
          out.document(toJson(CreateSnoozeResponseSchema, response));
          return;
        }
        const { snooze, heardStill } = response;
        if (snooze === undefined) return;
        out.line(`${snooze.id}: ${whatText(snooze)} snoozed until ${timeText(snooze.until)}.`);
        if (heardStill.length > 0)
          out.line(`Heard all the same, for the embargo lists they read: ${heardStill.join(', ')}.`);
        out.line(`End it with: tollgate rules unsnooze ${snooze.id} --reason ...`);
        await noteScope(snooze.scope, tollgate(), out);
      }),
    );
}

function whatText({ ruleSet, rule, payer, scope }: Snooze): string {
  const what = rule === '' ? `all of ${ruleSet}` : `${ruleSet}/${rule}`;
  const where = scope === 'all' ? '' : ` at ${scope}`;
  return payer === undefined ? `${what}${where}` : `${what} for ${payerText(payer)}${where}`;
}

function payerText(payer: NonNullable<Snooze['payer']>): string {
  return `${enumText(PayerAttribute, payer.attribute)} ${payer.value}`;
}

/** `tollgate rules unsnooze ID`. */
export function addUnsnooze(parent: Command, host: Host): void {
  parent
    .command('unsnooze <id>')
    .description('End a snooze before its time.')
    .requiredOption('--reason <text>', 'why, for the log')
    .option('--actor <name>', 'who does it (default: TOLLGATE_ACTOR, or your user name)')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules unsnooze 4f1c22a07be9d310 --reason "the sale is over"`,
    )
    .action((id: string, { reason, actor }: { reason: string; actor?: string }, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const response = await tollgate().snoozes.endSnooze({ id, reason, actor: actorName(actor, host) });
        if (out.json) out.document(toJson(EndSnoozeResponseSchema, response));
        else if (response.snooze !== undefined)
          out.line(`${id}: ${whatText(response.snooze)} is heard again.`);
      }),
    );
}

/** `tollgate rules snoozes [RULE-SET] [RULE]`. */
export function addSnoozes(parent: Command, host: Host): void {
  withPayer(parent.command('snoozes [rule-set] [rule]'))
    .description('List what is snoozed, by whom and why.')
    .option('--over', 'those that have ended, too')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules snoozes
  $ tollgate rules snoozes velocity card-burst --over`,
    )
    .action(
      (
        ruleSet: string | undefined,
        rule: string | undefined,
        options: PayerOptions & { readonly over?: boolean },
        command: Command,
      ) =>
        withSession(host, command, async ({ out, tollgate }) => {
          const found = await allSnoozes(tollgate(), ruleSet ?? '', rule ?? '', options);
          if (out.json) {
            out.document(found.map((one) => toJson(SnoozeSchema, one)));
            return;
          }
          out.table(
            ['id', 'rule', 'scope', 'payer', 'from', 'until', 'by', 'reason', 'ended'],
            found.map((one) => [
              one.id,
              `${one.ruleSet}/${one.rule || '*'}`,
              one.scope,
              one.payer === undefined ? '' : payerText(one.payer),
              timeText(one.from),
              timeText(one.until),
              one.actor,
              one.reason,
              one.endedAt === undefined ? '' : `${timeText(one.endedAt)} by ${one.endedBy}: ${one.endReason}`,
            ]),
          );
        }),
    );
}

async function allSnoozes(
  tollgate: Connection,
  ruleSet: string,
  rule: string,
  options: PayerOptions & { readonly over?: boolean },
): Promise<readonly Snooze[]> {
  const payer = payerOf(options);
  const query = { ruleSet, rule, over: options.over ?? false, ...(payer === undefined ? {} : { payer }) };
  const found: Snooze[] = [];
  let pageToken = '';
  do {
    const page = await tollgate.snoozes.listSnoozes({ ...query, pageSize: PAGE, pageToken });
    found.push(...page.snoozes);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return found;
}
