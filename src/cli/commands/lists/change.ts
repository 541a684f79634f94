import { toJson } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Option, type Command } from 'commander';
import {
  AddEntriesResponseSchema,
  ListKind,
  ListSchema,
  ListType,
  RemoveEntriesResponseSchema,
} from '../../../gen/tollgate/v1/list_service_pb.js';
import { moment } from '../../arguments.js';
import { counted } from '../../counted.js';
import type { Host } from '../../host.js';
import { actorName, withSession } from '../../session.js';

const names = (of: object): string[] =>
  Object.values(of)
    .filter((name) => typeof name === 'string' && name !== 'UNSPECIFIED')
    .map((name) => String(name).toLowerCase().replaceAll('_', '-'));

const constant = (name: string): string => name.toUpperCase().replaceAll('-', '_');

interface Create {
  readonly type: string;
  readonly kind: string;
  readonly description: string;
  readonly owner?: string;
  readonly reason: string;
  readonly actor?: string;
}

/** `tollgate lists create LIST`. */
export function addCreate(parent: Command, host: Host): void {
  parent
    .command('create <list>')
    .description('Make a list. Making it again with the same settings is no error.')
    .addOption(new Option('--type <type>', 'what an entry is').choices(names(ListType)).makeOptionMandatory())
    .addOption(
      new Option('--kind <kind>', 'what being on it means').choices(names(ListKind)).makeOptionMandatory(),
    )
    .option('--description <text>', 'for people', '')
    .option('--owner <name>', 'who looks after it (default: TOLLGATE_ACTOR, or your user name)')
    .option('--reason <text>', 'why', '')
    .option('--actor <name>', 'who makes it (default: TOLLGATE_ACTOR, or your user name)')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate lists create stolen-cards --type card --kind block --description "Reported by issuers"`,
    )
    .action((id: string, options: Create, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const { list } = await tollgate().lists.createList({
          list: {
            id,
            type: ListType[constant(options.type) as keyof typeof ListType],
            kind: ListKind[constant(options.kind) as keyof typeof ListKind],
            description: options.description,
            owner: actorName(options.owner, host),
          },
          reason: options.reason,
          actor: actorName(options.actor, host),
        });
        if (out.json && list !== undefined) out.document(toJson(ListSchema, list));
        else out.line(`${id} is there, with ${counted(list?.entries ?? 0, 'entry', 'entries')}.`);
      }),
    );
}

interface Add {
  readonly reason: string;
  readonly until?: number;
  readonly from?: number;
  readonly actor?: string;
}

/** `tollgate lists add LIST VALUE...`. */
export function addAdd(parent: Command, host: Host): void {
  parent
    .command('add <list> <values...>')
    .description(
      'Put values on a list. A value’s newest entry counts from its beginning on; what was on the list until then ends there.',
    )
    .option('--reason <text>', 'why (needed on all but custom lists)', '')
    .option('--until <moment>', 'the membership ends then (needed on allow lists)', moment)
    .option('--from <moment>', 'the membership begins then (default: now)', moment)
    .option('--actor <name>', 'who does it (default: TOLLGATE_ACTOR, or your user name)')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate lists add stolen-cards fp_1f2e fp_77aa --reason "issuer report 112"
  $ tollgate lists add good-customers c4711 --until 2027-01-01 --reason "paid for years"`,
    )
    .action((list: string, values: readonly string[], options: Add, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const actor = actorName(options.actor, host);
        const response = await tollgate().lists.addEntries({
          list,
          entries: values.map((value) => ({
            value,
            reason: options.reason,
            actor,
            source: 'manual',
            ...(options.from === undefined ? {} : { validFrom: timestampFromMs(options.from) }),
            ...(options.until === undefined ? {} : { validUntil: timestampFromMs(options.until) }),
          })),
        });
        if (out.json) out.document(toJson(AddEntriesResponseSchema, response, { alwaysEmitImplicit: true }));
        else out.line(`${response.added} added, ${response.unchanged} there already.`);
      }),
    );
}

/** `tollgate lists remove LIST VALUE...`. */
export function addRemove(parent: Command, host: Host): void {
  parent
    .command('remove <list> <values...>')
    .description(
      'Take values off a list, now and for good: entries that would begin later never do. What was on the list before stays known.',
    )
    .option('--reason <text>', 'why (needed on all but custom lists)', '')
    .option('--actor <name>', 'who does it (default: TOLLGATE_ACTOR, or your user name)')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate lists remove stolen-cards fp_1f2e --reason "reported by mistake"`,
    )
    .action((list: string, values: readonly string[], options: Add, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const actor = actorName(options.actor, host);
        const { reason } = options;
        const response = await tollgate().lists.removeEntries({ list, values: [...values], actor, reason });
        if (out.json)
          out.document(toJson(RemoveEntriesResponseSchema, response, { alwaysEmitImplicit: true }));
        else out.line(`${response.removed} removed, ${response.unknown} not on the list.`);
      }),
    );
}
