import { toJson } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { Role } from '../../gen/tollgate/v1/access_pb.js';
import {
  CreateKeyResponseSchema,
  KeyKind,
  KeySchema,
  WhoAmIResponseSchema,
  type Key,
} from '../../gen/tollgate/v1/key_service_pb.js';
import { ROLES } from '../../identity/roles.js';
import { durationMs } from '../../world/duration.js';
import { collect, moment } from '../arguments.js';
import type { Connection } from '../client.js';
import { enumText, timeText } from '../decision-text.js';
import type { Host } from '../host.js';
import { actorName, withSession } from '../session.js';

const PAGE = 200;

interface Create {
  readonly name: string;
  readonly role: readonly string[];
  readonly site?: readonly string[];
  readonly expires?: When;
  readonly certificate?: string;
  readonly actor?: string;
}

/** A moment, epoch ms, from the moment now. */
type When = (now: number) => number;

/** Parses a duration from now, or a day or moment, for commander. */
function when(text: string): When {
  const ms = durationMs(text);
  if (ms !== undefined) return (now) => now + ms;
  try {
    const at = moment(text);
    return () => at;
  } catch {
    throw new InvalidArgumentError('It must be a duration like 90d, or a day or moment like 2027-03-02.');
  }
}

function collectRoles(text: string, before: readonly string[] = []): readonly string[] {
  const all = collect(text, before);
  const wrong = all.find((role) => !(ROLES as readonly string[]).includes(role));
  if (wrong !== undefined)
    throw new InvalidArgumentError(`There is no role ${wrong}, but ${ROLES.join(', ')}.`);
  return all;
}

function addCreate(parent: Command, host: Host): void {
  parent
    .command('create')
    .summary('make a key')
    .description('Make a key and print it. It is shown this once: Tollgate keeps no more than a hash of it.')
    .requiredOption('--name <name>', 'who calls with it: written down of all they do')
    .addOption(
      new Option('--role <roles>', `${ROLES.join(', ')}; several with commas or several times`)
        .argParser(collectRoles)
        .makeOptionMandatory(),
    )
    .option('--site <sites>', 'binds it to sites; several with commas or several times', collect)
    .option('--expires <when>', 'when it ends: a duration like 90d, or a moment (default: never)', when)
    .option('--certificate <subject>', 'for a client certificate of that name: URI:…, DNS:… or CN:…')
    .option(
      '--actor <name>',
      'who makes it, in development mode (default: TOLLGATE_ACTOR, or your user name)',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate keys create --name ana --role operator,author --expires 90d
  $ tollgate keys create --name shop-es --role site --site es
  $ tollgate keys create --name shop-fr --role site --site fr --certificate DNS:shop-fr.example`,
    )
    .action((options: Create, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const response = await tollgate().keys.createKey({
          name: options.name,
          roles: options.role.map((role) => Role[role.toUpperCase() as keyof typeof Role]),
          sites: [...(options.site ?? [])],
          certificateSubject: options.certificate ?? '',
          actor: actorName(options.actor, host),
          ...(options.expires && { expiresAt: timestampFromMs(options.expires(host.now())) }),
        });
        const { key, secret } = response;
        if (out.json) out.document(toJson(CreateKeyResponseSchema, response));
        else if (secret === '') out.line(`${key?.certificateSubject} stands for ${key?.name} (${key?.id}).`);
        // Alone, so that it can be sent into a file.
        else out.line(secret);
      }),
    );
}

async function allKeys(tollgate: Connection, withEnded: boolean): Promise<readonly Key[]> {
  const found: Key[] = [];
  let pageToken = '';
  do {
    const page = await tollgate.keys.listKeys({ pageSize: PAGE, pageToken, withEnded });
    found.push(...page.keys);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return found;
}

function rolesText(roles: readonly Role[]): string {
  return roles.map((role) => enumText(Role, role)).join(' ');
}

function sitesText(sites: readonly string[]): string {
  return sites.length === 0 ? 'all' : sites.join(' ');
}

function endText({ revokedAt, revokedBy, revokeReason, expiresAt }: Key): string {
  if (revokedAt === undefined) return timeText(expiresAt);
  const why = revokeReason === '' ? '' : `: ${revokeReason}`;
  return `revoked ${timeText(revokedAt)} by ${revokedBy}${why}`;
}

function addList(parent: Command, host: Host): void {
  parent
    .command('list')
    .description('List the keys that are in force, oldest first.')
    .option('--all', 'those that are revoked or have expired too')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate keys list
  $ tollgate keys list --all --json`,
    )
    .action((options: { all?: boolean }, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const keys = await allKeys(tollgate(), options.all ?? false);
        if (out.json) {
          out.document(keys.map((key) => toJson(KeySchema, key)));
          return;
        }
        const head = ['id', 'name', 'roles', 'sites', 'made', 'by', 'last used', 'certificate', 'ends'];
        out.table(
          head,
          keys.map((key) => [
            key.id,
            key.name,
            rolesText(key.roles),
            sitesText(key.sites),
            timeText(key.createdAt),
            key.createdBy,
            timeText(key.lastUsedAt),
            key.certificateSubject,
            endText(key),
          ]),
        );
      }),
    );
}

function addRevoke(parent: Command, host: Host): void {
  parent
    .command('revoke <id>')
    .description('Take a key out of force for good, on every instance within two seconds.')
    .option('--reason <text>', 'why, for the record', '')
    .option(
      '--actor <name>',
      'who revokes it, in development mode (default: TOLLGATE_ACTOR, or your user name)',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate keys revoke KEYID --reason "left the company"`,
    )
    .action((id: string, options: { reason: string; actor?: string }, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const actor = actorName(options.actor, host);
        const { key } = await tollgate().keys.revokeKey({ id, reason: options.reason, actor });
        if (out.json && key !== undefined) out.document(toJson(KeySchema, key));
        else out.line(`${id} of ${key?.name} is revoked.`);
      }),
    );
}

/** `tollgate keys create|list|revoke`. */
export function addKeys(program: Command, host: Host): void {
  const parent = program.command('keys').description('Make, list and revoke the keys that callers show.');
  addCreate(parent, host);
  addList(parent, host);
  addRevoke(parent, host);
}

/** `tollgate whoami`. */
export function addWhoAmI(program: Command, host: Host): void {
  program
    .command('whoami')
    .description('Say whom Tollgate takes you for.')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate whoami`,
    )
    .action((_options: unknown, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const me = await tollgate().keys.whoAmI({});
        if (out.json) {
          out.document(toJson(WhoAmIResponseSchema, me));
          return;
        }
        out.fields([
          ['name', me.name],
          ['known by', enumText(KeyKind, me.kind)],
          ['key', me.keyId],
          ['roles', rolesText(me.roles)],
          ['sites', sitesText(me.sites)],
          ['ends', timeText(me.expiresAt)],
        ]);
      }),
    );
}
