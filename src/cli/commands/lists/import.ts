import { basename } from 'node:path';
import { create, toJson } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Option, type Command } from 'commander';
import {
  ImportEntriesResponseSchema,
  InvalidEntrySchema,
  type ImportEntriesResponse,
  type ListEntry,
} from '../../../gen/tollgate/v1/list_service_pb.js';
import { TollgateError } from '../../../errors/errors.js';
import { moment, wholeNumber } from '../../arguments.js';
import { counted, grouped } from '../../counted.js';
import { CliError, EXIT, usageError } from '../../exit.js';
import type { Host } from '../../host.js';
import type { BadRow } from '../../input/bad-row.js';
import { openBytes } from '../../input/files.js';
import { LinePlaces } from '../../input/line-places.js';
import { writeTexts } from '../../output-file.js';
import { actorName, withSession } from '../../session.js';
import { differenceLines, printDifference, type InvalidLine } from './difference.js';
import { entriesOf, FORMATS, type Format } from './entry-file.js';

/** A larger message keeps the service busy for longer than others should wait. */
const IN_MESSAGE = 500;
/** Characters of a source at most. */
const SOURCE_LENGTH = 128;
/** Changes of each effect that the service shows at most. */
const MOST_SHOWN = 1000;

/** The name of a file as the source of what is in it: without its folder, and no longer than a source may be. */
function fileName(path: string): string {
  return basename(path).slice(0, SOURCE_LENGTH);
}

interface Import {
  readonly replace?: boolean;
  readonly dryRun?: boolean;
  readonly allowEmpty?: boolean;
  readonly format?: Format;
  readonly reason: string;
  readonly until?: number;
  readonly source?: string;
  readonly actor?: string;
  readonly show?: number;
  readonly diffFile?: string;
}

interface Settings {
  readonly list: string;
  readonly replace: boolean;
  readonly dryRun: boolean;
  readonly actor: string;
  readonly source: string;
  readonly reason: string;
  readonly show: number;
}

async function* importRequests(
  parts: AsyncIterable<readonly ListEntry[]>,
  settings: Settings,
  { until, allowEmpty = false }: Import,
) {
  yield { ...settings, allowEmpty, entries: [] as ListEntry[] };
  let none = true;
  for await (const entries of parts) {
    none &&= entries.length === 0;
    if (until !== undefined) for (const entry of entries) entry.validUntil ??= timestampFromMs(until);
    for (let at = 0; at < entries.length; at += IN_MESSAGE) {
      yield { entries: entries.slice(at, at + IN_MESSAGE) };
    }
  }
  // What broke off on its way here looks like this.
  if (none && settings.replace && !settings.dryRun && !allowEmpty)
    throw usageError(`nothing is in the file, and list ${settings.list} would be empty`, [
      'where that is meant, say --allow-empty',
    ]);
}

/** Fields of the API count entries from 0; who looks into a file counts lines. */
function byLines(error: unknown, places: LinePlaces): unknown {
  if (!(error instanceof TollgateError)) return error;
  const { code, message, metadata, violations } = error;
  const named = (text: string): string =>
    text.replace(
      /\bentries\[(\d{1,9})\]\.(\w{1,64})(?=: |$)/,
      (_, at: string, field: string) => `line ${places.lineOf(Number(at) + 1)} ${field}`,
    );
  const told = violations.map(({ field, description }) => ({ field: named(field), description }));
  return new TollgateError(code, named(message), { violations: told, metadata, cause: error });
}

/** Rows that were not sent, since they hold no entry: the first of them, and how many there are. */
class UnsentRows {
  readonly #rows: BadRow[] = [];
  #count = 0;

  readonly add = (row: BadRow): void => {
    this.#count += 1;
    if (this.#rows.length < MOST_SHOWN) this.#rows.push(row);
  };

  /** Puts them among what the service says is invalid; they have no place in what was sent. */
  addTo(response: ImportEntriesResponse): void {
    response.invalid += BigInt(this.#count);
    for (const { line, problem } of this.#rows)
      response.invalidEntries.push(create(InvalidEntrySchema, { reason: `line ${line}: ${problem}` }));
  }

  /** All that is invalid, by line. */
  linesWith({ invalidEntries }: ImportEntriesResponse, places: LinePlaces): readonly InvalidLine[] {
    const unsent = this.#rows.map(({ line, problem }) => ({ line, value: '', reason: problem }));
    const sent = invalidEntries.map(({ position, value, reason }) => ({
      line: places.lineOf(Number(position)),
      value,
      reason,
    }));
    return [...sent, ...unsent].toSorted((a, b) => a.line - b.line);
  }
}

/** `tollgate lists import LIST FILE`. */
export function addImport(parent: Command, host: Host): void {
  parent
    .command('import <list> <file>')
    .description(
      'Stream the entries of a file onto a list. Nothing is visible before the end, then all at once.',
    )
    .option('--replace', 'the file becomes the whole list: what is not in it ends')
    .option('--allow-empty', 'with --replace: a file with no entry in it is meant, and empties the list')
    .option('--dry-run', 'change nothing, only say what would change')
    .option(
      '--show <n>',
      'so many changes of each kind are shown (default: 10 in a dry run)',
      wholeNumber(0, MOST_SHOWN),
    )
    .option(
      '--diff-file <file>',
      `write up to ${MOST_SHOWN} changes of each kind there, one JSON object a line`,
    )
    .addOption(
      new Option('--format <format>', 'default: by the name of the file, else by its first line').choices(
        FORMATS,
      ),
    )
    .option('--reason <text>', 'for entries that give none; all but custom lists want one', '')
    .option('--until <moment>', 'end of memberships that give none (needed on allow lists)', moment)
    .option('--source <name>', 'where it comes from (default: the name of the file)')
    .option('--actor <name>', 'who does it (default: TOLLGATE_ACTOR, or your user name)')
    .addHelpText(
      'after',
      `
A .csv file has a head with the column value, and reason, valid_from, valid_until as wanted; .ndjson one ListEntry a
line. Any other file is what its first line is: such a head, such an object, or else one value a line, lines that begin
with # left out. Files may be gzipped; - reads standard input.

Examples:
  $ tollgate lists import disposable-email-domains domains.txt --replace --dry-run --reason "weekly update"
  $ tollgate lists import stolen-cards cards.csv --reason "issuer report 112"`,
    )
    .action((list: string, file: string, options: Import, command: Command) =>
      withSession(host, command, async ({ out, tollgate }) => {
        const source = await openBytes(file, host);
        const dryRun = options.dryRun ?? false;
        const printed = options.show ?? (dryRun ? 10 : 0);
        const settings = {
          list,
          replace: options.replace ?? false,
          dryRun,
          actor: actorName(options.actor, host),
          source: options.source ?? fileName(file),
          reason: options.reason,
          show: options.diffFile === undefined ? printed : MOST_SHOWN,
        };
        const places = new LinePlaces();
        const unsent = new UnsentRows();
        const tell = dryRun ? unsent.add : undefined;
        const parts = entriesOf({ ...source, path: file, format: options.format }, places, tell);
        const response = await tollgate()
          .lists.importEntries(importRequests(parts, settings, options))
          .catch((error: unknown) => {
            throw byLines(error, places);
          });
        const invalid = unsent.linesWith(response, places);
        unsent.addTo(response);
        if (options.diffFile !== undefined)
          await writeTexts(options.diffFile, asyncOf(differenceLines(response, places, invalid)));
        if (out.json)
          out.document(toJson(ImportEntriesResponseSchema, response, { alwaysEmitImplicit: true }));
        else {
          out.line(
            `${settings.dryRun ? 'It would be: ' : ''}${grouped(Number(response.added))} added, ` +
              `${grouped(Number(response.removed))} removed, ${grouped(Number(response.unchanged))} unchanged, ` +
              `${grouped(Number(response.invalid))} invalid.`,
          );
          printDifference(out, response, places, printed);
          if (options.diffFile !== undefined) out.line(`What changes is in ${options.diffFile}.`);
        }
        if (response.invalid > 0n) {
          const lines = invalid.map(({ line, value, reason }) => `line ${line} '${value}': ${reason}`);
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

async function* asyncOf<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}
