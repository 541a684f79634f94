import { toJson } from '@bufbuild/protobuf';
import type { Command } from 'commander';
import {
  StartShadowResponseSchema,
  StopShadowResponseSchema,
} from '../../../gen/tollgate/v1/rule_service_pb.js';
import { readScope, scopeText } from '../../../rules/publish/scope.js';
import type { Host } from '../../host.js';
import { noteScope } from '../../scope-note.js';
import { actorName, withSession } from '../../session.js';
import { withChange, type Change } from './change.js';
import { versionNumber } from './version-number.js';

/** `tollgate rules shadow start|stop RULE-SET VERSION`. */
export function addShadow(parent: Command, host: Host): void {
  const shadow = parent
    .command('shadow')
    .description('Have a version asked beside what decides, without any effect on payments.');
  addStart(shadow, host);
  addStop(shadow, host);
}

/** A scope as people say it; what is none is for the service to refuse. */
function whereText(scope: string): string {
  const read = readScope(scope);
  return read === undefined ? scope : scopeText(read);
}

function addStart(parent: Command, host: Host): void {
  withChange(parent.command('start <rule-set> <version>'))
    .description('Begin: from now on every payment of the scope is also judged by this version.')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules shadow start velocity 4 --reason "how many more would 4 cards stop?"
  $ tollgate rules shadow start velocity 4 --scope site:es`,
    )
    .action((ruleSet: string, versionText: string, options: Change, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const version = versionNumber(versionText);
        const { reason, scope, etag = '' } = options;
        const actor = actorName(options.actor, host);
        const said = { ruleSet, version, actor, reason, scope, etag };
        const response = await tollgate().rules.startShadow(said);
        if (out.json) out.document(toJson(StartShadowResponseSchema, response));
        else {
          out.line(`${ruleSet}: version ${version} is in shadow for ${whereText(scope)}.`);
          out.line(`See what it says with: tollgate rules shadow-report ${ruleSet} ${version}`);
          await noteScope(scope, tollgate(), out);
        }
      }),
    );
}

function addStop(parent: Command, host: Host): void {
  withChange(parent.command('stop <rule-set> <version>'))
    .description('End it. What was counted stays; shadow-report goes on to show it.')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules shadow stop velocity 4 --reason "seen enough"`,
    )
    .action((ruleSet: string, versionText: string, options: Change, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const version = versionNumber(versionText);
        const { reason, scope, etag = '' } = options;
        const actor = actorName(options.actor, host);
        const said = { ruleSet, version, actor, reason, scope, etag };
        const response = await tollgate().rules.stopShadow(said);
        if (out.json) out.document(toJson(StopShadowResponseSchema, response));
        else out.line(`${ruleSet}: version ${version} is no longer in shadow for ${whereText(scope)}.`);
      }),
    );
}
