import { toJson } from '@bufbuild/protobuf';
import type { Command } from 'commander';
import { ListSchema } from '../../../gen/tollgate/v1/list_service_pb.js';
import { usageError } from '../../exit.js';
import type { Host } from '../../host.js';
import { actorName, withSession } from '../../session.js';

interface Update {
  readonly description?: string;
  readonly owner?: string;
  readonly etag: string;
  readonly reason: string;
  readonly actor?: string;
}

/** `tollgate lists update LIST`. */
export function addUpdate(parent: Command, host: Host): void {
  parent
    .command('update <list>')
    .description('Change the description or the owner of a list. Its type and its kind stay what they are.')
    .option('--description <text>', 'for people')
    .option('--owner <name>', 'who looks after it')
    .option('--etag <etag>', 'refuse when somebody else has changed them since this was read', '')
    .option('--reason <text>', 'why', '')
    .option('--actor <name>', 'who does it (default: TOLLGATE_ACTOR, or your user name)')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate lists update stolen-cards --owner card-team --reason "moved with the team"`,
    )
    .action((id: string, options: Update, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const { description, owner, etag, reason } = options;
        if (description === undefined && owner === undefined)
          throw usageError('nothing changes: give --description, --owner or both');
        const { list } = await tollgate().lists.updateList({
          list: id,
          ...(description === undefined ? {} : { description }),
          ...(owner === undefined ? {} : { owner }),
          etag,
          reason,
          actor: actorName(options.actor, host),
        });
        if (out.json && list !== undefined) out.document(toJson(ListSchema, list));
        else
          out.line(
            `${id} is looked after by ${list?.owner || 'nobody'}: ${list?.description || 'no description'}.`,
          );
      }),
    );
}

interface Delete {
  readonly reason: string;
  readonly actor?: string;
}

/** `tollgate lists delete LIST`. */
export function addDelete(parent: Command, host: Host): void {
  parent
    .command('delete <list>')
    .description(
      'Delete a list that no rule in force reads. Its past can be asked as before; its id is not given again.',
    )
    .option('--reason <text>', 'why', '')
    .option('--actor <name>', 'who does it (default: TOLLGATE_ACTOR, or your user name)')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate lists usage unused-cards
  $ tollgate lists delete unused-cards --reason "nothing reads it any more"`,
    )
    .action((id: string, options: Delete, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const actor = actorName(options.actor, host);
        const { list } = await tollgate().lists.deleteList({ list: id, actor, reason: options.reason });
        if (out.json && list !== undefined) out.document(toJson(ListSchema, list));
        else out.line(`${id} is deleted.`);
      }),
    );
}
