import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { STARTER_KINDS, type StarterKind } from '../../../rehearsal/starter.js';
import { usageError } from '../../exit.js';
import type { Host } from '../../host.js';
import { namesIn, readText } from '../../input/files.js';
import { makeFolder, writeNew } from '../../output-file.js';
import { actorName, withSession } from '../../session.js';

interface New {
  readonly kind: StarterKind;
  readonly folder: string;
  readonly owner?: string;
}

const SCHEMAS = ['rule-set.schema.json', 'cases.schema.json'];
/** A list for e-mail addresses where the folder has none; it ships. */
const LIST = 'block-emails';

/** `tollgate rules new ID`: needs no server. */
export function addNew(parent: Command, host: Host): void {
  parent
    .command('new <id>')
    .description('Write a small rule set and its cases to begin with: ID.rules.json and ID.cases.json.')
    .addOption(
      new Option('--kind <kind>', 'what its first rule is about').choices(STARTER_KINDS).default('velocity'),
    )
    .option('--folder <folder>', 'where to', '.')
    .option('--owner <name>', 'who answers for it (default: TOLLGATE_ACTOR, or your user name)')
    .addHelpText(
      'after',
      `
Beside them stand the JSON Schemas by which an editor completes both. The folder is made where there is none. Nothing that
is there is overwritten.

Examples:
  $ tollgate rules new gift-cards --folder my-rules/
  $ tollgate rules new card-day --kind limit --folder my-rules/`,
    )
    .action((id: string, options: New, command: Command) =>
      withSession(host, command, async ({ out }) => {
        const { NAME_PATTERN } = await import('../../../rules/check/shape.js');
        if (!new RegExp(NAME_PATTERN).test(id))
          throw usageError(`'${id}' is no id: 1 to 64 of a-z, 0-9 and "-"`);
        const { SHIPPED } = await import('../../../serve/assets.js');
        const { starterOf } = await import('../../../rehearsal/starter.js');
        const { laidOut } = await import('../../../rules/authoring/format.js');
        const owner = actorName(options.owner, host, '--owner');
        await makeFolder(options.folder);
        const list = await listIn(options.folder, host);
        const { rules, cases } = starterOf({ id, kind: options.kind, owner, list });
        const files = [
          { path: join(options.folder, `${id}.rules.json`), text: laidOut(rules) },
          { path: join(options.folder, `${id}.cases.json`), text: laidOut(cases) },
        ];
        const present = (await namesIn(options.folder)) ?? [];
        const taken = files.filter(({ path }) => present.some((name) => join(options.folder, name) === path));
        if (taken.length > 0)
          throw usageError(
            `${taken.map(({ path }) => path).join(', ')}: is there already; choose another id`,
          );
        for (const { path, text } of files) await writeNew(path, text);
        const schemas = SCHEMAS.filter((name) => !present.includes(name));
        for (const name of schemas)
          await writeNew(join(options.folder, name), await readText(join(SHIPPED, name), host));
        const written = [
          ...files.map(({ path }) => path),
          ...schemas.map((name) => join(options.folder, name)),
        ];
        if (out.json) out.document({ files: written });
        else {
          for (const path of written) out.line(`${path} written.`);
          out.line(`Run its cases with: tollgate rules test ${files[0]?.path ?? ''}`);
        }
      }),
    );
}

/** A list of e-mail addresses that stands in the folder's lists.json: only those are known there. */
async function listIn(folder: string, host: Host): Promise<string> {
  const names = await namesIn(folder);
  if (names === undefined) throw usageError(`${folder}: is no folder`);
  if (!names.includes('lists.json')) return LIST;
  const { parseListsFile } = await import('../../../facts/lists/shipped-lists.js');
  const parsed = parseListsFile(await readText(join(folder, 'lists.json'), host));
  const lists = 'ok' in parsed ? parsed.ok.filter(({ type }) => type === 'email') : [];
  return (lists.find(({ kind }) => kind === 'block') ?? lists[0])?.id ?? LIST;
}
