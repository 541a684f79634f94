import { toJson } from '@bufbuild/protobuf';
import type { Command } from 'commander';
import { ListEntrySchema, type ListEntry } from '../../../gen/tollgate/v1/list_service_pb.js';
import { moment } from '../../arguments.js';
import { counted } from '../../counted.js';
import type { Host } from '../../host.js';
import { writeTexts } from '../../output-file.js';
import { withSession } from '../../session.js';
import { asOfTime, type AsOf } from './as-of.js';

interface Export extends AsOf {
  readonly out?: string;
}

/** `tollgate lists export LIST`. */
export function addExport(parent: Command, host: Host): void {
  parent
    .command('export <list>')
    .description(
      'Stream the entries of a list out, also those that begin later, one JSON object a line; such a file can be imported again.',
    )
    .option('--out <file>', 'to this file in place of standard output')
    .option('--as-of <moment>', 'as it stood then (UTC)', moment)
    .option('--known-at <moment>', 'by what was known then (UTC)', moment)
    .addHelpText(
      'after',
      `
Examples:
  $ tollgate lists export stolen-cards --out cards.ndjson
  $ tollgate lists export stolen-cards --as-of 2026-03-01 | head`,
    )
    .action((list: string, options: Export, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const parts = tollgate().lists.exportEntries({ list, planned: true, ...asOfTime(options) });
        const lines = (entries: readonly ListEntry[]): string =>
          entries.map((entry) => `${JSON.stringify(toJson(ListEntrySchema, entry))}\n`).join('');
        if (options.out === undefined) {
          for await (const part of parts) {
            host.print(lines(part.entries));
            await host.printed();
          }
          return;
        }
        let count = 0;
        async function* texts(): AsyncGenerator<string> {
          for await (const part of parts) {
            count += part.entries.length;
            yield lines(part.entries);
          }
        }
        await writeTexts(options.out, texts());
        if (out.json) out.document({ file: options.out, entries: count });
        else out.line(`${counted(count, 'entry', 'entries')} written to ${options.out}.`);
      }),
    );
}
