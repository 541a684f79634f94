import { toJson } from '@bufbuild/protobuf';
import type { Command } from 'commander';
import { RuleDraftSchema, type RuleDraft } from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import {
  CommitDraftResponseSchema,
  GetDraftResponseSchema,
  PutDraftResponseSchema,
} from '../../../gen/tollgate/v1/rule_service_pb.js';
import type { Connection } from '../../client.js';
import { timeText } from '../../decision-text.js';
import { usageError } from '../../exit.js';
import type { Host } from '../../host.js';
import { readText } from '../../input/files.js';
import { actorName, withSession } from '../../session.js';
import { casesBeside, printCases } from './cases-text.js';
import { printFindings } from './check.js';
import { versionNumber } from './version-number.js';

const PAGE = 200;

/** `tollgate rules draft put|show|list|commit|discard`. */
export function addDraft(parent: Command, host: Host): void {
  const draft = parent
    .command('draft')
    .description('Keep a document in the making on the server, and make a version of it.');
  addPut(draft, host);
  addShowDraft(draft, host);
  addListDrafts(draft, host);
  addCommit(draft, host);
  addDiscard(draft, host);
}

interface Put {
  readonly cases?: string;
  readonly lists?: string;
  readonly comment: string;
  readonly actor?: string;
  readonly etag?: string;
  readonly base?: number;
}

function addPut(parent: Command, host: Host): void {
  parent
    .command('put <file>')
    .description('Store a document as the draft of its rule set, whatever the checks find in it.')
    .option(
      '--etag <etag>',
      "of the draft that you changed, from 'draft show'; without it there must be none yet",
    )
    .option(
      '--base <version>',
      'the newest version that it takes into account (default: as before; of a new draft the newest there is)',
      versionNumber,
    )
    .option('--cases <file>', 'its golden cases (default: NAME.cases.json beside NAME.rules.json)')
    .option('--lists <file>', 'lists with the entries that the cases need (default: lists.json beside it)')
    .option('--comment <text>', 'what it is about', '')
    .option('--actor <name>', 'who does it (default: TOLLGATE_ACTOR, or your user name)')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules draft put my.rules.json --comment "cards per e-mail: 5 -> 4"`,
    )
    .action((file: string, options: Put, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const documentJson = await readText(file, host);
        const response = await tollgate().rules.putDraft({
          ruleSet: ruleSetIn(documentJson, file),
          documentJson,
          ...(await casesBeside(file, options, host)),
          comment: options.comment,
          actor: actorName(options.actor, host),
          etag: options.etag ?? '',
          baseVersion: options.base ?? 0,
        });
        if (out.json) {
          out.document(toJson(PutDraftResponseSchema, response, { alwaysEmitImplicit: true }));
          return;
        }
        const { ruleSet = '', etag = '' } = response.draft ?? {};
        out.line(`The draft of ${ruleSet} is stored, etag ${etag}.`);
        printFindings(out, response.findings);
      }),
    );
}

/** A draft need not be whole, but it has to say whose it is. */
function ruleSetIn(document: string, file: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(document);
  } catch {
    throw usageError(`${file}: not JSON; a draft may have other faults, not this one`);
  }
  const id = typeof parsed === 'object' && parsed !== null && 'id' in parsed ? parsed.id : undefined;
  if (typeof id !== 'string')
    throw usageError(`${file}: has no "id" that says which rule set it is a draft of`);
  return id;
}

function addShowDraft(parent: Command, host: Host): void {
  parent
    .command('show <rule-set>')
    .description(
      'Print the document of a draft; with --json its etag, cases and what the checks say come with it.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules draft show velocity --json`,
    )
    .action((ruleSet: string, _options: unknown, command: Command) =>
      withSession(host, command, async ({ out, host: { print }, tollgate }) => {
        const response = await tollgate().rules.getDraft({ ruleSet });
        if (out.json) out.document(toJson(GetDraftResponseSchema, response, { alwaysEmitImplicit: true }));
        else print(`${response.draft?.documentJson.trimEnd() ?? ''}\n`);
      }),
    );
}

function addListDrafts(parent: Command, host: Host): void {
  parent
    .command('list')
    .description('List the drafts.')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules draft list`,
    )
    .action((_options: unknown, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const drafts: RuleDraft[] = [];
        let pageToken = '';
        do {
          const page = await tollgate().rules.listDrafts({ pageSize: PAGE, pageToken });
          drafts.push(...page.drafts);
          pageToken = page.nextPageToken;
        } while (pageToken !== '');
        if (out.json) {
          out.document(drafts.map((draft) => toJson(RuleDraftSchema, draft)));
          return;
        }
        out.table(
          ['rule set', 'etag', 'on version', 'by', 'changed', 'comment'],
          drafts.map((draft) => [
            draft.ruleSet,
            draft.etag,
            draft.baseVersion === 0 ? '-' : `v${draft.baseVersion}`,
            draft.editors.join(', '),
            timeText(draft.updatedAt),
            draft.comment,
          ]),
        );
      }),
    );
}

function addCommit(parent: Command, host: Host): void {
  parent
    .command('commit <rule-set>')
    .description('Make the draft the next version of its rule set, and end it.')
    .option('--etag <etag>', 'only if it is at this etag (default: as it is now)')
    .option('--comment <text>', 'what changed (default: the comment of the draft)', '')
    .option('--actor <name>', 'who does it (default: TOLLGATE_ACTOR, or your user name)')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules draft commit velocity`,
    )
    .action((ruleSet: string, options: Put, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const { rules } = tollgate();
        const response = await rules.commitDraft({
          ruleSet,
          etag: options.etag ?? (await etagNow(rules, ruleSet)),
          comment: options.comment,
          actor: actorName(options.actor, host),
        });
        if (out.json) {
          out.document(toJson(CommitDraftResponseSchema, response, { alwaysEmitImplicit: true }));
          return;
        }
        const { version = 0, hash = '' } = response.version ?? {};
        out.line(
          `${ruleSet} version ${version} (${hash}) ${response.created ? 'stored' : 'is there already'}.`,
        );
        printFindings(out, response.warnings);
        printCases(out, response.cases);
      }),
    );
}

function addDiscard(parent: Command, host: Host): void {
  parent
    .command('discard <rule-set>')
    .description('Throw a draft away.')
    .option('--etag <etag>', 'only if it is at this etag (default: as it is now)')
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate rules draft discard email`,
    )
    .action((ruleSet: string, options: { readonly etag?: string }, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const { rules } = tollgate();
        await rules.discardDraft({ ruleSet, etag: options.etag ?? (await etagNow(rules, ruleSet)) });
        if (out.json) out.document({});
        else out.line(`The draft of ${ruleSet} is gone.`);
      }),
    );
}

async function etagNow(rules: Connection['rules'], ruleSet: string): Promise<string> {
  return (await rules.getDraft({ ruleSet })).draft?.etag ?? '';
}
