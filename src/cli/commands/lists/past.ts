import { toJson } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { Command } from 'commander';
import {
  ListChangeKind,
  ListChangeSchema,
  ListDecisionSchema,
  ListReaderSchema,
  MembershipSchema,
  type ListDecision,
  type ListReader,
  type Membership,
} from '../../../gen/tollgate/v1/list_service_pb.js';
import { Outcome } from '../../../gen/tollgate/v1/decision_service_pb.js';
import { moment, wholeNumber } from '../../arguments.js';
import { grouped } from '../../counted.js';
import { enumText, timeText } from '../../decision-text.js';
import type { Host } from '../../host.js';
import type { Output } from '../../output.js';
import { withSession } from '../../session.js';

const PAGE = 500;

interface Limited {
  readonly limit: number;
}

/** Items of page after page, at most `limit`, and whether there are more. */
async function upTo<T>(
  limit: number,
  pageOf: (
    pageSize: number,
    pageToken: string,
  ) => Promise<{ readonly items: readonly T[]; readonly nextPageToken: string }>,
): Promise<{ readonly items: readonly T[]; readonly more: boolean }> {
  const items: T[] = [];
  let token = '';
  do {
    const page = await pageOf(Math.min(PAGE, limit - items.length), token);
    items.push(...page.items);
    token = page.nextPageToken;
  } while (token !== '' && items.length < limit);
  return { items, more: token !== '' };
}

/** `tollgate lists history LIST VALUE`. */
export function addHistory(parent: Command, host: Host): void {
  parent
    .command('history <list> <value>')
    .description(
      'Everything that was ever said of a value on a list, and of what covers it, newest first: who put it there, until when, why, and who ended that.',
    )
    .option('--limit <n>', 'memberships at most', wholeNumber(1), 100)
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate lists history stolen-cards fp_1f2e`,
    )
    .action((list: string, value: string, { limit }: Limited, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        let normalised = value;
        const { items, more } = await upTo(limit, async (pageSize, pageToken) => {
          const page = await tollgate().lists.entryHistory({ list, value, pageSize, pageToken });
          normalised = page.normalised;
          return { items: page.memberships, nextPageToken: page.nextPageToken };
        });
        if (out.json) {
          out.document(items.map((one) => toJson(MembershipSchema, one, { alwaysEmitImplicit: true })));
          return;
        }
        if (items.length === 0) out.line(`${normalised} was never on ${list}.`);
        for (const membership of items) printMembership(out, membership);
        if (more) out.line('There is more: raise --limit.');
      }),
    );
}

function printMembership(out: Output, { entry, knownAt, revision, ends }: Membership): void {
  if (entry === undefined) return;
  const until = entry.validUntil === undefined ? '' : ` until ${timeText(entry.validUntil)}`;
  out.line(`${entry.value} from ${timeText(entry.validFrom)}${until}`);
  out.fields([
    ['  put there by', `${entry.actor}, ${timeText(knownAt)} (revision ${revision})`],
    ['  because', entry.reason],
    ['  source', entry.source],
  ]);
  for (const end of ends)
    out.fields([
      ['  ended', timeText(end.at)],
      ['  by', `${end.actor}, ${timeText(end.knownAt)} (revision ${end.revision})`],
      ['  because', end.reason],
    ]);
}

/** `tollgate lists changes LIST`. */
export function addChanges(parent: Command, host: Host): void {
  parent
    .command('changes <list>')
    .description('What was done to a list, newest first: when, by whom, and how much it changed.')
    .option('--limit <n>', 'changes at most', wholeNumber(1), 50)
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate lists changes stolen-cards --limit 10`,
    )
    .action((list: string, { limit }: Limited, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const { items, more } = await upTo(limit, async (pageSize, pageToken) => {
          const page = await tollgate().lists.listChanges({ list, pageSize, pageToken });
          return { items: page.changes, nextPageToken: page.nextPageToken };
        });
        if (out.json) {
          out.document(items.map((one) => toJson(ListChangeSchema, one, { alwaysEmitImplicit: true })));
          return;
        }
        if (items.length === 0) {
          out.line(`Nothing was done to ${list} since it was made.`);
          return;
        }
        out.table(
          ['revision', 'at', 'what', 'added', 'removed', 'actor', 'source', 'reason'],
          items.map((one) => [
            String(one.revision),
            timeText(one.at),
            enumText(ListChangeKind, one.kind),
            grouped(one.added),
            grouped(one.removed),
            one.actor,
            one.source,
            one.reason,
          ]),
          [0, 3, 4],
        );
        if (more) out.line('There is more: raise --limit.');
      }),
    );
}

interface Usage extends Limited {
  readonly from?: number;
  readonly to?: number;
}

/** `tollgate lists usage LIST`. */
export function addUsage(parent: Command, host: Host): void {
  parent
    .command('usage <list>')
    .description(
      'Which rules and limits read a list, and the last decisions in which such a rule hit or such a limit counted.',
    )
    .option('--limit <n>', 'decisions at most', wholeNumber(0), 20)
    .option('--from <moment>', 'decisions of this time on (UTC)', moment)
    .option('--to <moment>', 'decisions before this time (UTC)', moment)
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate lists usage disposable-email-domains
  $ tollgate lists usage stolen-cards --from 2026-03-01 --limit 100`,
    )
    .action((list: string, { limit, from, to }: Usage, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        let readers: readonly ListReader[] = [];
        const range = {
          ...(from === undefined ? {} : { from: timestampFromMs(from) }),
          ...(to === undefined ? {} : { to: timestampFromMs(to) }),
        };
        const { items, more } = await upTo<ListDecision>(Math.max(1, limit), async (pageSize, pageToken) => {
          const page = await tollgate().lists.listUsage({ list, ...range, pageSize, pageToken });
          readers = page.readers;
          return { items: page.decisions, nextPageToken: limit === 0 ? '' : page.nextPageToken };
        });
        const decisions = items.slice(0, limit);
        if (out.json) {
          out.document({
            readers: readers.map((one) => toJson(ListReaderSchema, one, { alwaysEmitImplicit: true })),
            decisions: decisions.map((one) => toJson(ListDecisionSchema, one)),
          });
          return;
        }
        printReaders(out, list, readers);
        if (limit === 0) return;
        if (decisions.length === 0) out.line('It had a part in no decision.');
        else
          out.table(
            ['decision', 'time', 'site', 'request', 'outcome', 'rules', 'limits'],
            decisions.map(({ decision, rules, limits }) => [
              decision?.id ?? '',
              timeText(decision?.eventTime),
              decision?.binding?.site ?? '',
              decision?.requestId ?? '',
              enumText(Outcome, decision?.outcome ?? 0),
              rules.join(' '),
              limits.join(' '),
            ]),
          );
        if (more) out.line('There are more decisions: raise --limit.');
      }),
    );
}

function printReaders(out: Output, list: string, readers: readonly ListReader[]): void {
  if (readers.length === 0) {
    out.line(`No rule reads ${list}.`);
    return;
  }
  out.table(
    ['rule set', 'version', 'stage', 'rules', 'limits'],
    readers.map((one) => [
      one.ruleSet,
      String(one.version),
      one.inForce ? `${one.stage}, in force` : one.stage,
      one.rules.join(' '),
      one.limits.join(' '),
    ]),
    [1],
  );
}
