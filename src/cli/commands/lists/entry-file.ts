import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { ListEntrySchema, type ListEntry } from '../../../gen/tollgate/v1/list_service_pb.js';
import { moment } from '../../arguments.js';
import { badInput, CliError } from '../../exit.js';
import { goodRows, type BadRow } from '../../input/bad-row.js';
import { openCsv } from '../../input/csv.js';
import { readMessage } from '../../input/files.js';
import type { LinePlaces } from '../../input/line-places.js';
import { readLines, readNdjson } from '../../input/rows.js';

/** Kinds of files that hold entries. */
export const FORMATS = ['lines', 'csv', 'ndjson'] as const;
export type Format = (typeof FORMATS)[number];

/** The kind of a file by its name; undefined: what is in it must tell. */
function formatOf(path: string): Format | undefined {
  if (/\.csv(\.gz)?$/i.test(path)) return 'csv';
  return /\.(ndjson|jsonl)(\.gz)?$/i.test(path) ? 'ndjson' : undefined;
}

/** The kind of a file by its first line that says something: a JSON object, a head with the column value, or a value. */
function formatBy(line: string): Format {
  if (isHead(columnsOf(line.split(',')))) return 'csv';
  try {
    const json: unknown = JSON.parse(line);
    return typeof json === 'object' && json !== null ? 'ndjson' : 'lines';
  } catch {
    return 'lines';
  }
}

/** Told of rows that cannot be used. */
export type Tell = (row: BadRow) => void;

function momentIn(text: string, where: string, column: string): { readonly ms: number } | undefined {
  if (text === '') return undefined;
  try {
    return { ms: moment(text) };
  } catch {
    throw badInput(where, `${column}: '${text}' is not a day or a moment like 2026-03-02T10:00:00Z`);
  }
}

/** What `read` makes of the rows that can be used. The first other row ends it all, unless somebody is to be told. */
async function* readRows<T extends { readonly line: number }>(
  parts: AsyncIterable<readonly (T | BadRow)[]>,
  name: string,
  places: LinePlaces,
  tell: Tell | undefined,
  read: (row: T, where: string) => ListEntry,
): AsyncGenerator<readonly ListEntry[]> {
  async function* told(all: Tell): AsyncGenerator<readonly T[]> {
    for await (const part of parts) {
      const good: T[] = [];
      for (const row of part)
        if ('problem' in row) all(row);
        else good.push(row);
      yield good;
    }
  }
  for await (const rows of tell === undefined ? goodRows(parts, name) : told(tell)) {
    const entries: ListEntry[] = [];
    for (const row of rows) {
      const where = `${name} line ${row.line}`;
      try {
        entries.push(read(row, where));
        places.add(row.line);
      } catch (error) {
        if (tell === undefined || !(error instanceof CliError)) throw error;
        const said = error.message.replace(`${where}: `, '');
        tell({ problem: [said, ...error.details].join('; '), line: row.line });
      }
    }
    yield entries;
  }
}

const CSV_COLUMNS = ['value', 'reason', 'valid_from', 'valid_until'];

/** Names of columns, in quotes or not. */
function columnsOf(head: readonly string[]): readonly string[] {
  return head.map((column) =>
    column
      .replace(/^\uFEFF/, '')
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .toLowerCase(),
  );
}

function isHead(columns: readonly string[]): boolean {
  return columns.includes('value') && columns.every((column) => CSV_COLUMNS.includes(column));
}

async function* csvEntries(
  bytes: AsyncIterable<Buffer | string>,
  name: string,
  places: LinePlaces,
  tell: Tell | undefined,
): AsyncGenerator<readonly ListEntry[]> {
  const file = await openCsv(bytes, name, ',');
  const columns = columnsOf(file.columns);
  if (!isHead(columns)) {
    throw badInput(
      name,
      `the columns are ${file.columns.join(', ')}; there must be value, there may be ${CSV_COLUMNS.slice(1).join(', ')}`,
    );
  }
  const twice = columns.find((column, place) => columns.indexOf(column) !== place);
  if (twice !== undefined) throw badInput(name, `column ${twice} stands there twice`);
  yield* readRows(file.rows, name, places, tell, ({ values }, where) => {
    const text = (column: string): string => values[columns.indexOf(column)] ?? '';
    const from = momentIn(text('valid_from'), where, 'valid_from');
    const until = momentIn(text('valid_until'), where, 'valid_until');
    const entry = create(ListEntrySchema, { value: text('value'), reason: text('reason') });
    if (from !== undefined) entry.validFrom = timestampFromMs(from.ms);
    if (until !== undefined) entry.validUntil = timestampFromMs(until.ms);
    return entry;
  });
}

/** How far a first line is looked for, bytes. */
const SNIFFED = 64 * 1024;

/** The same bytes, and the kind of what they hold. */
async function sniffed(
  bytes: AsyncIterable<Buffer | string>,
): Promise<{ readonly format: Format; readonly bytes: AsyncIterable<Buffer | string> }> {
  const source = bytes[Symbol.asyncIterator]();
  const head: (Buffer | string)[] = [];
  let text = '';
  let format: Format | undefined;
  while (format === undefined && text.length < SNIFFED) {
    const next = await source.next();
    if (next.done !== true) {
      head.push(next.value);
      text += next.value.toString();
    }
    const lines = text.split(/\r?\n/);
    // What is not ended may go on in the next piece.
    if (next.done !== true) lines.pop();
    const first = lines.find((line) => !isEmpty(line));
    if (first !== undefined) format = formatBy(first.replace(/^\uFEFF/, ''));
    if (next.done === true) break;
  }
  async function* whole(): AsyncGenerator<Buffer | string> {
    yield* head;
    yield* { [Symbol.asyncIterator]: () => source };
  }
  return { format: format ?? 'lines', bytes: whole() };
}

/** Whether a line of values says nothing. */
function isEmpty(line: string): boolean {
  const text = line.replace(/^\uFEFF/, '').trim();
  return text === '' || text.startsWith('#');
}

/** A file of entries. */
export interface EntryFile {
  readonly path: string;
  /** What it is called in messages. */
  readonly name: string;
  readonly bytes: AsyncIterable<Buffer | string>;
  /** Default: by the name of the file, else by what is in it. */
  readonly format: Format | undefined;
}

/**
 * The entries of a file, some at a time; notes in `places` which line each begins on. The first row that cannot be used
 * ends it, unless `tell` is to hear of all of them.
 */
export async function* entriesOf(
  file: EntryFile,
  places: LinePlaces,
  tell?: Tell,
): AsyncGenerator<readonly ListEntry[]> {
  const { name } = file;
  const named = file.format ?? formatOf(file.path);
  const { format, bytes } =
    named === undefined ? await sniffed(file.bytes) : { format: named, bytes: file.bytes };
  if (format === 'csv') {
    yield* csvEntries(bytes, name, places, tell);
  } else if (format === 'ndjson') {
    yield* readRows(readNdjson(bytes, name), name, places, tell, ({ json }, where) =>
      readMessage(ListEntrySchema, json, where),
    );
  } else {
    for await (const lines of readLines(bytes, name)) {
      const entries: ListEntry[] = [];
      for (const { text, number } of lines) {
        if (isEmpty(text)) continue;
        places.add(number);
        entries.push(create(ListEntrySchema, { value: text.trim() }));
      }
      yield entries;
    }
  }
}
