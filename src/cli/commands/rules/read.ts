import { toJson } from '@bufbuild/protobuf';
import type { Command } from 'commander';
import {
  RuleSetSchema,
  RuleSetVersionSchema,
  type RuleSet,
  type RuleSetVersion,
} from '../../../gen/tollgate/v1/rule_service_pb.js';
import type { Connection } from '../../client.js';
import { timeText } from '../../decision-text.js';
import { stageText } from '../../stage-text.js';
import type { Host } from '../../host.js';
import { withSession } from '../../session.js';
import { versionNumber } from './version-number.js';

const PAGE = 200;

/** Every rule set, as it stands. */
export async function allRuleSets(tollgate: Pick<Connection, 'rules'>): Promise<readonly RuleSet[]> {
  const found: RuleSet[] = [];
  let pageToken = '';
  do {
    const page = await tollgate.rules.listRuleSets({ pageSize: PAGE, pageToken });
    found.push(...page.ruleSets);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return found;
}

async function allVersions(tollgate: Connection, ruleSet: string): Promise<readonly RuleSetVersion[]> {
  const found: RuleSetVersion[] = [];
  let pageToken = '';
  do {
    const page = await tollgate.rules.listVersions({ ruleSet, pageSize: PAGE, pageToken });
    found.push(...page.versions);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return found;
}

/** `tollgate rules list [RULE-SET]`. */
export function addList(parent: Command, host: Host): void {
  parent
    .command('list [rule-set]')
    .description('List the rule sets, or the versions of one.')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules list
  $ tollgate rules list velocity`,
    )
    .action((ruleSet: string | undefined, _options: unknown, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        if (ruleSet !== undefined) {
          const versions = await allVersions(tollgate(), ruleSet);
          if (out.json) {
            out.document(versions.map((version) => toJson(RuleSetVersionSchema, version)));
            return;
          }
          out.table(
            ['version', 'stands', 'rules', 'hash', 'author', 'created', 'comment'],
            versions.map((one) => [
              String(one.version),
              one.staged.map(stageText).join('; ') || 'committed',
              String(one.rules),
              one.hash.slice(0, 12),
              one.author,
              timeText(one.createdAt),
              one.comment,
            ]),
            [0, 2],
          );
          return;
        }
        const ruleSets = await allRuleSets(tollgate());
        if (out.json) {
          out.document(ruleSets.map((one) => toJson(RuleSetSchema, one)));
          return;
        }
        out.table(
          ['rule set', 'active', 'latest', 'owner', 'etag', 'description'],
          ruleSets.map((one) => [
            one.id,
            one.activeVersion === 0 ? '-' : `v${one.activeVersion}`,
            `v${one.latestVersion}`,
            one.owner,
            one.etag,
            one.description,
          ]),
        );
      }),
    );
}

/** `tollgate rules show RULE-SET [VERSION]`. */
export function addShow(parent: Command, host: Host): void {
  parent
    .command('show <rule-set> [version]')
    .description('Print the document of a version, as JSON; without a version, of the active one.')
    .addHelpText(
      'after',
      `
With --json the version's author, hash and so on come with it.

Examples:
  $ tollgate rules show velocity > velocity.rules.json
  $ tollgate rules show velocity 3 --json`,
    )
    .action((ruleSet: string, text: string | undefined, _options: unknown, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const version = text === undefined ? 0 : versionNumber(text);
        const found = (await tollgate().rules.getVersion({ ruleSet, version })).version;
        if (found === undefined) return;
        if (out.json) out.document(toJson(RuleSetVersionSchema, found));
        else out.document(JSON.parse(found.documentJson));
      }),
    );
}
