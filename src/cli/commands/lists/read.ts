import { toJson } from '@bufbuild/protobuf';
import type { Command } from 'commander';
import {
  CheckEntryResponseSchema,
  ListEntrySchema,
  ListKind,
  ListSchema,
  ListType,
  type List,
  type ListEntry,
} from '../../../gen/tollgate/v1/list_service_pb.js';
import { moment, wholeNumber } from '../../arguments.js';
import type { Connection } from '../../client.js';
import { enumText, timeText } from '../../decision-text.js';
import type { Host } from '../../host.js';
import { withSession } from '../../session.js';
import { grouped } from '../../counted.js';
import { asOfTime, type AsOf } from './as-of.js';

const PAGE = 500;

async function allLists(tollgate: Connection, deleted: boolean): Promise<readonly List[]> {
  const found: List[] = [];
  let pageToken = '';
  do {
    const page = await tollgate.lists.listLists({ pageSize: PAGE, pageToken, deleted });
    found.push(...page.lists);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return found;
}

interface Entries extends AsOf {
  readonly limit: number;
  readonly planned?: boolean;
  readonly deleted?: boolean;
}

async function someEntries(
  tollgate: Connection,
  list: string,
  options: Entries,
): Promise<readonly ListEntry[]> {
  const found: ListEntry[] = [];
  let pageToken = '';
  do {
    const pageSize = Math.min(PAGE, options.limit - found.length);
    const planned = options.planned ?? false;
    const page = await tollgate.lists.listEntries({
      list,
      pageSize,
      pageToken,
      planned,
      ...asOfTime(options),
    });
    found.push(...page.entries);
    pageToken = page.nextPageToken;
  } while (pageToken !== '' && found.length < options.limit);
  return found;
}

/** `tollgate lists list [LIST]`. */
export function addList(parent: Command, host: Host): void {
  parent
    .command('list [list]')
    .description('List the lists, or the entries of one.')
    .option('--limit <n>', 'entries at most', wholeNumber(1), 100)
    .option('--as-of <moment>', 'as it stood then (UTC)', moment)
    .option('--known-at <moment>', 'by what was known then (UTC)', moment)
    .option('--planned', 'also entries that begin later')
    .option('--deleted', 'also lists that were deleted')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate lists list
  $ tollgate lists list stolen-cards --as-of 2026-03-01`,
    )
    .action((list: string | undefined, options: Entries, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        if (list !== undefined) {
          const entries = await someEntries(tollgate(), list, options);
          if (out.json) {
            out.document(entries.map((entry) => toJson(ListEntrySchema, entry)));
            return;
          }
          if (entries.length === 0) {
            out.line(`Nothing is on ${list}.`);
            return;
          }
          out.table(
            ['value', 'from', 'until', 'source', 'actor', 'reason'],
            entries.map((one) => [
              one.value,
              timeText(one.validFrom),
              timeText(one.validUntil),
              one.source,
              one.actor,
              one.reason,
            ]),
          );
          if (entries.length === options.limit)
            out.line('There may be more: raise --limit, or use lists export.');
          return;
        }
        const lists = await allLists(tollgate(), options.deleted ?? false);
        if (out.json) {
          out.document(lists.map((one) => toJson(ListSchema, one)));
          return;
        }
        out.table(
          ['list', 'kind', 'type', 'entries', 'owner', 'description'],
          lists.map((one) => [
            one.deletedAt === undefined ? one.id : `${one.id} (deleted ${timeText(one.deletedAt)})`,
            enumText(ListKind, one.kind),
            enumText(ListType, one.type),
            grouped(Number(one.entries)),
            one.owner,
            one.description,
          ]),
          [3],
        );
      }),
    );
}

/** `tollgate lists check LIST VALUE`. */
export function addCheck(parent: Command, host: Host): void {
  parent
    .command('check <list> <value>')
    .description('Say whether a value is on a list, now or at a moment, and by which entry.')
    .option('--as-of <moment>', 'at this moment in place of now (UTC)', moment)
    .option('--known-at <moment>', 'by what was known then (UTC)', moment)
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate lists check disposable-email-domains mailinator.com
  $ tollgate lists check stolen-cards fp_1f2e --as-of 2026-03-01T12:00:00Z`,
    )
    .action((list: string, value: string, options: AsOf, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const found = await tollgate().lists.checkEntry({ list, value, ...asOfTime(options) });
        if (out.json) {
          out.document(toJson(CheckEntryResponseSchema, found, { alwaysEmitImplicit: true }));
          return;
        }
        out.line(`${found.normalised} is ${found.listed ? '' : 'not '}on ${list}.`);
        const { entry } = found;
        if (entry === undefined) return;
        out.fields([
          ['entry', entry.value],
          ['from', timeText(entry.validFrom)],
          ['until', timeText(entry.validUntil)],
          ['source', entry.source],
          ['actor', entry.actor],
          ['reason', entry.reason],
          ...(entry.endedBy === ''
            ? []
            : [['ended by', entry.endedBy] as const, ['ended because', entry.endedReason] as const]),
        ]);
      }),
    );
}
