import { toJson } from '@bufbuild/protobuf';
import type { Command } from 'commander';
import {
  PublicationSchema,
  Waivable,
  type Publication,
} from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import { wholeNumber } from '../../arguments.js';
import { enumText, timeText } from '../../decision-text.js';
import type { Host } from '../../host.js';
import { withSession } from '../../session.js';

const PAGE = 200;

/** `tollgate rules log RULE-SET`. */
export function addLog(parent: Command, host: Host): void {
  parent
    .command('log <rule-set>')
    .description('List what was published of a rule set, by whom and why, newest first.')
    .option('--limit <count>', 'how many at most', wholeNumber(1), 50)
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules log velocity --limit 10`,
    )
    .action((ruleSet: string, { limit }: { readonly limit: number }, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const found: Publication[] = [];
        let pageToken = '';
        do {
          const pageSize = Math.min(PAGE, limit - found.length);
          const page = await tollgate().rules.listPublications({ ruleSet, pageSize, pageToken });
          found.push(...page.publications);
          pageToken = page.nextPageToken;
        } while (pageToken !== '' && found.length < limit);
        if (out.json) {
          out.document(found.map((one) => toJson(PublicationSchema, one)));
          return;
        }
        out.table(
          ['when', 'step', 'version', 'scope', 'active', 'who', 'why'],
          found.map((one) => [
            timeText(one.at),
            one.step,
            `v${one.version}`,
            one.scope,
            activeText(one),
            one.actor,
            reasonText(one),
          ]),
        );
      }),
    );
}

function activeText({ fromVersion, toVersion }: Publication): string {
  const name = (version: number): string => (version === 0 ? 'none' : `v${version}`);
  return fromVersion === toVersion ? name(toVersion) : `${name(fromVersion)} -> ${name(toVersion)}`;
}

function reasonText({ reason, waived }: Publication): string {
  const without = waived.map(
    ({ what, actor, reason: why }) => `without ${enumText(Waivable, what)}, on the word of ${actor}: ${why}`,
  );
  return [reason, ...without].filter((text) => text !== '').join('; ');
}
