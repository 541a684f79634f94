import { basename } from 'node:path';
import { create, toJson } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Option, type Command } from 'commander';
import {
  ImportEntriesResponseSchema,
  ListEntrySchema,
  type ListEntry,
} from '../../../gen/tollgate/v1/list_service_pb.js';
import { TollgateError } from '../../../errors/errors.js';
import { moment } from '../../arguments.js';
import { badInput, CliError, EXIT } from '../../exit.js';
import type { Host } from '../../host.js';
import { goodRows } from '../../input/bad-row.js';
import { openCsv } from '../../input/csv.js';
import { readMessage, openBytes } from '../../input/files.js';
import { readLines, readNdjson } from '../../input/rows.js';
import { writeTexts } from '../../output-file.js';
import { actorName, withSession } from '../../session.js';
import { counted, grouped } from '../../counted.js';
import { asOfTime, type AsOf } from './as-of.js';

const FORMATS = ['lines', 'csv', 'ndjson'] as const;
type Format = (typeof FORMATS)[number];
/** A larger message keeps the service busy for longer than others should wait. */
const IN_MESSAGE = 500;
/** Characters of a source at most. */
const SOURCE_LENGTH = 128;

function formatOf(path: string): Format {
  if (/\.csv(\.gz)?$/i.test(path)) return 'csv';
  return /\.(ndjson|jsonl)(\.gz)?$/i.test(path) ? 'ndjson' : 'lines';
}

/** The name of a file as the source of what is in it: without its folder, and no longer than a source may be. */
function fileName(path: string): string {
  return basename(path).slice(0, SOURCE_LENGTH);
}

function momentIn(text: string, where: string, column: string): { readonly ms: number } | undefined {
  if (text === '') return undefined;
  try {
    return { ms: moment(text) };
  } catch {
    throw badInput(where, `${column}: '${text}' is not a day or a moment like 2026-03-02T10:00:00Z`);
  }
}

const CSV_COLUMNS = ['value', 'reason', 'valid_from', 'valid_until'];

async function* csvEntries(
  bytes: AsyncIterable<Buffer | string>,
  name: string,
): AsyncGenerator<readonly ListEntry[]> {
  const file = await openCsv(bytes, name, ',');
  const unknown = file.columns.filter((column) => !CSV_COLUMNS.includes(column));
  if (unknown.length > 0 || !file.columns.includes('value')) {
    throw badInput(
      name,
      `the columns are ${file.columns.join(', ')}; there must be value, there may be ${CSV_COLUMNS.slice(1).join(', ')}`,
    );
  }
  for await (const rows of goodRows(file.rows, name)) {
    yield rows.map(({ values, line }) => {
      const text = (column: string): string => values[file.columns.indexOf(column)] ?? '';
      const from = momentIn(text('valid_from'), `${name} line ${line}`, 'valid_from');
      const until = momentIn(text('valid_until'), `${name} line ${line}`, 'valid_until');
      const entry = create(ListEntrySchema, { value: text('value'), reason: text('reason') });
      if (from !== undefined) entry.validFrom = timestampFromMs(from.ms);
      if (until !== undefined) entry.validUntil = timestampFromMs(until.ms);
      return entry;
    });
  }
}

async function* entriesOf(
  bytes: AsyncIterable<Buffer | string>,
  name: string,
  format: Format,
): AsyncGenerator<readonly ListEntry[]> {
  if (format === 'csv') {
    yield* csvEntries(bytes, name);
  } else if (format === 'ndjson') {
    for await (const lines of goodRows(readNdjson(bytes, name), name)) {
      yield lines.map(({ json, line }) => readMessage(ListEntrySchema, json, `${name} line ${line}`));
    }
  } else {
    for await (const lines of readLines(bytes, name)) {
      const values = lines
        .map((line) => line.text.trim())
        .filter((text) => text !== '' && !text.startsWith('#'));
      yield values.map((value) => create(ListEntrySchema, { value }));
    }
  }
}

interface Import {
  readonly replace?: boolean;
  readonly dryRun?: boolean;
  readonly format?: Format;
  readonly reason: string;
  readonly until?: number;
  readonly source?: string;
  readonly actor?: string;
}

async function* importRequests(
  parts: AsyncIterable<readonly ListEntry[]>,
  settings: {
    readonly list: string;
    readonly replace: boolean;
    readonly dryRun: boolean;
    readonly actor: string;
    readonly source: string;
  },
  defaults: { readonly reason: string; readonly until: number | undefined },
) {
  yield { ...settings, entries: [] as ListEntry[] };
  for await (const entries of parts) {
    for (const entry of entries) {
      if (entry.reason === '') entry.reason = defaults.reason;
      if (entry.validUntil === undefined && defaults.until !== undefined) {
        entry.validUntil = timestampFromMs(defaults.until);
      }
    }
    for (let at = 0; at < entries.length; at += IN_MESSAGE) {
      yield { entries: entries.slice(at, at + IN_MESSAGE) };
    }
  }
}

/** Fields of the API count from 0; who looks into a file counts from 1, as do entries that were left out. */
function countedFromOne(error: unknown): unknown {
  if (!(error instanceof TollgateError)) return error;
  const { code, message, metadata, violations } = error;
  const fromOne = (text: string): string =>
    text.replace(
      /\bentries\[(\d+)\]\.(\w+)(?=: |$)/,
      (_, at: string, field: string) => `entry ${Number(at) + 1} ${field}`,
    );
  const named = violations.map(({ field, description }) => ({ field: fromOne(field), description }));
  return new TollgateError(code, fromOne(message), { violations: named, metadata, cause: error });
}

/** `tollgate lists import LIST FILE`. */
export function addImport(parent: Command, host: Host): void {
  parent
    .command('import <list> <file>')
    .description(
      'Stream the entries of a file onto a list. Nothing is visible before the end, then all at once.',
    )
    .option('--replace', 'the file becomes the whole list: what is not in it ends')
    .option('--dry-run', 'change nothing, only say what would change')
    .addOption(new Option('--format <format>', 'default: by the name of the file').choices(FORMATS))
    .option('--reason <text>', 'for entries that give none', '')
    .option('--until <moment>', 'end of memberships that give none', moment)
    .option('--source <name>', 'where it comes from (default: the name of the file)')
    .option('--actor <name>', 'who does it (default: TOLLGATE_ACTOR, or your user name)')
    .addHelpText(
      'after',
      `
A .csv file has a head with the column value, and reason, valid_from, valid_until as wanted; .ndjson one ListEntry a
line; any other file one value a line, lines that begin with # left out. Files may be gzipped; - reads standard input.

Examples:
  $ tollgate lists import disposable-email-domains domains.txt --replace --dry-run
  $ tollgate lists import stolen-cards cards.csv --reason "issuer report 112"`,
    )
    .action((list: string, file: string, options: Import, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const source = await openBytes(file, host);
        const settings = {
          list,
          replace: options.replace ?? false,
          dryRun: options.dryRun ?? false,
          actor: actorName(options.actor, host),
          source: options.source ?? fileName(file),
        };
        const parts = entriesOf(source.bytes, source.name, options.format ?? formatOf(file));
        const { reason, until } = options;
        const response = await tollgate()
          .lists.importEntries(importRequests(parts, settings, { reason, until }))
          .catch((error: unknown) => {
            throw countedFromOne(error);
          });
        if (out.json)
          out.document(toJson(ImportEntriesResponseSchema, response, { alwaysEmitImplicit: true }));
        else {
          out.line(
            `${settings.dryRun ? 'It would be: ' : ''}${grouped(Number(response.added))} added, ` +
              `${grouped(Number(response.removed))} removed, ${grouped(Number(response.unchanged))} unchanged, ` +
              `${grouped(Number(response.invalid))} invalid.`,
          );
        }
        if (response.invalid > 0n) {
          const lines = response.invalidEntries.map(
            (one) => `entry ${one.position} '${one.value}': ${one.reason}`,
          );
          throw new CliError(
            EXIT.refused,
            'INVALID_ENTRIES',
            `${counted(response.invalid, 'entry', 'entries')} could not be taken`,
            lines,
          );
        }
      }),
    );
}

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
