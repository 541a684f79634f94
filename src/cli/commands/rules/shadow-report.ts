import { create, toJson, toJsonString } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { Command } from 'commander';
import { GetShadowReportResponseSchema } from '../../../gen/tollgate/v1/rule_service_pb.js';
import {
  ShadowDifferenceSchema,
  ShadowRunRefSchema,
  type ShadowDifference,
  type ShadowRunRef,
} from '../../../gen/tollgate/v1/rule_shadow_pb.js';
import { moment, wholeNumber } from '../../arguments.js';
import type { Connection } from '../../client.js';
import { counted } from '../../counted.js';
import type { Host } from '../../host.js';
import { writeTexts } from '../../output-file.js';
import { withSession } from '../../session.js';
import { printExamples, printShadowReport } from '../../shadow-text.js';
import { versionNumber } from './version-number.js';

interface Options {
  readonly scope: string;
  readonly from?: number;
  readonly to?: number;
  readonly examples: number;
  readonly file?: string;
}

const PAGE = 1_000;

/** Differences of a run, newest first. */
async function* differences(
  { rules }: Connection,
  run: ShadowRunRef,
  verdictDiffers: boolean,
  pageSize = PAGE,
): AsyncGenerator<readonly ShadowDifference[]> {
  let pageToken = '';
  do {
    const page = await rules.listShadowDifferences({ run, verdictDiffers, pageSize, pageToken });
    yield page.differences;
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
}

/** The newest that a payer would have noticed, else any. */
async function newest(tollgate: Connection, run: ShadowRunRef, most: number): Promise<ShadowDifference[]> {
  for (const verdictDiffers of [true, false]) {
    const found: ShadowDifference[] = [];
    for await (const page of differences(tollgate, run, verdictDiffers, most)) {
      found.push(...page);
      if (found.length >= most) break;
    }
    if (found.length > 0) return found.slice(0, most);
  }
  return [];
}

/** `tollgate rules shadow-report RULE-SET VERSION`. */
export function addShadowReport(parent: Command, host: Host): void {
  parent
    .command('shadow-report <rule-set> <version>')
    .description('Say what would have changed if a version that is, or was, in shadow had decided.')
    .option('--scope <scope>', 'all, group:ID or site:ID (default: wherever it ran last)', '')
    .option('--from <moment>', 'payments of this hour and later (UTC)', moment)
    .option('--to <moment>', 'payments of the hours that begin before (UTC)', moment)
    .option('--examples <n>', 'show so many payments, the newest first', wholeNumber(0, PAGE), 3)
    .option('--file <file>', 'write all differences of the run there, one JSON object a line')
    .addHelpText(
      'after',
      `
Verdicts are those of the rules, before cumulative limits. Payments count by the hour of their event time.

Examples:
  $ tollgate rules shadow-report velocity 4
  $ tollgate rules shadow-report velocity 4 --from 2026-03-02 --to 2026-03-03 --examples 10
  $ tollgate rules shadow-report velocity 4 --file differences.ndjson`,
    )
    .action((ruleSet: string, versionText: string, options: Options, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const version = versionNumber(versionText);
        const asked = { ruleSet, version, scope: options.scope };
        const { from, to } = options;
        const response = await tollgate().rules.getShadowReport({
          run: asked,
          ...(from === undefined ? {} : { from: timestampFromMs(from) }),
          ...(to === undefined ? {} : { to: timestampFromMs(to) }),
        });
        const { report } = response;
        if (report?.run === undefined) return;
        // From here on the run that was reported, whatever begins meanwhile.
        const run = create(ShadowRunRefSchema, {
          ruleSet,
          version,
          scope: report.run.scope,
          revision: report.run.revision,
        });
        if (out.json)
          out.document(toJson(GetShadowReportResponseSchema, response, { alwaysEmitImplicit: true }));
        else {
          printShadowReport(out, report);
          if (options.examples > 0) printExamples(out, await newest(tollgate(), run, options.examples));
        }
        if (options.file === undefined) return;
        let written = 0;
        async function* lines(): AsyncGenerator<string> {
          for await (const page of differences(tollgate(), run, false)) {
            written += page.length;
            yield page.map((one) => `${toJsonString(ShadowDifferenceSchema, one)}\n`).join('');
          }
        }
        await writeTexts(options.file, lines());
        if (!out.json) out.line(`${counted(written, 'difference')} written to ${options.file}.`);
      }),
    );
}
