import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { ListEntrySchema, type ListEntry } from '../../../gen/tollgate/v1/list_service_pb.js';
import { moment } from '../../arguments.js';
import { badInput } from '../../exit.js';
import { goodRows } from '../../input/bad-row.js';
import { openCsv } from '../../input/csv.js';
import { readMessage } from '../../input/files.js';
import type { LinePlaces } from '../../input/line-places.js';
import { readLines, readNdjson } from '../../input/rows.js';

/** Kinds of files that hold entries. */
export const FORMATS = ['lines', 'csv', 'ndjson'] as const;
export type Format = (typeof FORMATS)[number];

/** The kind of a file by its name. */
export function formatOf(path: string): Format {
  if (/\.csv(\.gz)?$/i.test(path)) return 'csv';
  return /\.(ndjson|jsonl)(\.gz)?$/i.test(path) ? 'ndjson' : 'lines';
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
  places: LinePlaces,
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
      places.add(line);
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

/** The entries of a file, some at a time; notes in `places` which line each begins on. */
export async function* entriesOf(
  bytes: AsyncIterable<Buffer | string>,
  name: string,
  format: Format,
  places: LinePlaces,
): AsyncGenerator<readonly ListEntry[]> {
  if (format === 'csv') {
    yield* csvEntries(bytes, name, places);
  } else if (format === 'ndjson') {
    for await (const lines of goodRows(readNdjson(bytes, name), name)) {
      yield lines.map(({ json, line }) => {
        places.add(line);
        return readMessage(ListEntrySchema, json, `${name} line ${line}`);
      });
    }
  } else {
    for await (const lines of readLines(bytes, name)) {
      const entries: ListEntry[] = [];
      for (const { text, number } of lines) {
        const value = text.trim();
        if (value === '' || value.startsWith('#')) continue;
        places.add(number);
        entries.push(create(ListEntrySchema, { value }));
      }
      yield entries;
    }
  }
}
