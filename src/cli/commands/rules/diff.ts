import { toJson } from '@bufbuild/protobuf';
import type { Command } from 'commander';
import { DiffVersionsResponseSchema } from '../../../gen/tollgate/v1/rule_service_pb.js';
import type { RuleSetDocument } from '../../../rules/document/document.js';
import type { Connection } from '../../client.js';
import { badInput, usageError } from '../../exit.js';
import type { Host } from '../../host.js';
import { fileName, readText } from '../../input/files.js';
import type { Output } from '../../output.js';
import { readRuleSet } from '../../rule-file.js';
import { withSession } from '../../session.js';
import { versionNumber } from './version-number.js';

/** A change as it is shown. */
interface Shown {
  readonly change: string;
  readonly rule: string;
  readonly path: string;
  readonly text: string;
}

/** `tollgate rules diff RULE-SET FROM [TO]`, or of one with a file, or of two files. */
export function addDiff(parent: Command, host: Host): void {
  parent
    .command('diff <rule-set-or-file> [from] [to]')
    .description(
      'Say in terms of rules what differs between two versions, or from one (default: the active) to the newest or to a file; or between two files.',
    )
    .option('--file <file>', 'compare with this document in place of a version')
    .addHelpText(
      'after',
      `
Two files are compared without a server. What has a point or a slash in its name is a file.

Examples:
  $ tollgate rules diff velocity
  $ tollgate rules diff velocity 3 4
  $ tollgate rules diff velocity --file my.rules.json
  $ tollgate rules diff my.rules.json my-rules/velocity.rules.json`,
    )
    .action(
      (
        what: string,
        from: string | undefined,
        to: string | undefined,
        options: { file?: string },
        command: Command,
      ) =>
        withSession(host, command, async ({ out, tollgate }) => {
          if (to !== undefined && options.file !== undefined) {
            throw usageError('compare with which? Name a second version or a --file, not both');
          }
          if (isFile(what)) await diffFiles([what, from ?? options.file, to], host, out);
          else await diffVersions(tollgate(), what, from, to, options.file, host, out);
        }),
    );
}

/** Ids of rule sets have neither. */
function isFile(name: string): boolean {
  return name === '-' || /[./\\]/.test(name);
}

async function diffVersions(
  tollgate: Connection,
  ruleSet: string,
  from: string | undefined,
  to: string | undefined,
  file: string | undefined,
  host: Host,
  out: Output,
): Promise<void> {
  const fromVersion = from === undefined ? 0 : versionNumber(from);
  const toDocumentJson = file === undefined ? '' : await readText(file, host);
  const toVersion =
    file !== undefined ? 0 : to !== undefined ? versionNumber(to) : await newestVersion(tollgate, ruleSet);
  const response = await tollgate.rules.diffVersions({ ruleSet, fromVersion, toVersion, toDocumentJson });
  if (out.json) out.document(toJson(DiffVersionsResponseSchema, response, { alwaysEmitImplicit: true }));
  else printChanges(out, response.changes);
}

async function newestVersion(tollgate: Connection, ruleSet: string): Promise<number> {
  const { versions } = await tollgate.rules.listVersions({ ruleSet, pageSize: 1 });
  return versions[0]?.version ?? 0;
}

async function diffFiles(
  [from = '', to, more]: readonly (string | undefined)[],
  host: Host,
  out: Output,
): Promise<void> {
  if (to === undefined) throw usageError(`${from}: compare it with which file?`);
  if (more !== undefined) throw usageError(`two files are compared, not three: ${more} is one too many`);
  const { diffRuleSets } = await import('../../../rules/versions/diff.js');
  const changes = diffRuleSets(await documentIn(from, host), await documentIn(to, host));
  if (!out.json) {
    printChanges(out, changes);
    return;
  }
  const text = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value));
  out.document({
    changes: changes.map(({ from: before, to: after, ...change }) => ({
      ...change,
      fromJson: text(before),
      toJson: text(after),
    })),
  });
}

async function documentIn(path: string, host: Host): Promise<RuleSetDocument> {
  const read = await readRuleSet(path, host);
  if ('document' in read) return read.document;
  throw badInput(fileName(path), 'has errors', read.errors.slice(0, 10));
}

function printChanges(out: Output, changes: readonly Shown[]): void {
  if (changes.length === 0) out.line('No difference.');
  for (const { change, rule, path, text } of changes) {
    const sign = change === 'added' ? '+' : change === 'removed' ? '-' : '~';
    const style = sign === '+' ? 'green' : sign === '-' ? 'red' : 'yellow';
    // Named conditions and limits may be called like a rule.
    const kind = path.startsWith('/conditions/') ? 'condition ' : path.startsWith('/limits/') ? 'limit ' : '';
    out.line(`${out.paint(style, sign)} ${rule === '' ? 'the set' : kind + rule}: ${text}`);
  }
}
