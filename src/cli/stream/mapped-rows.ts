import { counted } from '../counted.js';
import { CliError, badInput } from '../exit.js';
import type { Host } from '../host.js';
import type { BadRow } from '../input/bad-row.js';
import { openCsv, type CsvFile } from '../input/csv.js';
import { openBytes, readJson } from '../input/files.js';
import { readNdjson } from '../input/rows.js';
import { shareWithin } from './done-share.js';
import { parseMapFile, type MapFile } from '../mapping/map-file.js';
import { mappedColumns, rowMapper, type MappedRow, type RowValues } from '../mapping/map-row.js';

/** A file read through a map. */
export interface MappedFile {
  readonly rows: AsyncIterable<readonly MappedRow[]>;
  /** How much of it stands in the rows given out, 0 to 1; undefined when its size is not known. */
  share(): number | undefined;
  /** What is worth telling about it at the end, one sentence each. */
  remarks(): readonly string[];
}

/** How a mapped file is read. */
export interface MappedFileOptions {
  /** Rows at most; undefined: all. */
  readonly limit: number | undefined;
  /** Rows that cannot be used are told and left out; otherwise the first ends the command. */
  readonly skipBad: boolean;
}

/** Reads and checks a map file. */
export async function loadMap(path: string, host: Host): Promise<MapFile> {
  const parsed = parseMapFile(await readJson(path, host));
  if ('map' in parsed) return parsed.map;
  throw badInput(path, 'the map cannot be used', parsed.problems);
}

type RawRow = { readonly values: RowValues; readonly line: number } | BadRow;

function atPath(json: Readonly<Record<string, unknown>>, path: string): string {
  let value: unknown = json;
  for (const name of Object.hasOwn(json, path) ? [path] : path.split('.')) {
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined;
  }
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function* csvRows(
  bytes: AsyncIterable<Buffer | string>,
  name: string,
  map: MapFile,
  opened: (file: CsvFile) => void,
): AsyncGenerator<readonly RawRow[]> {
  const file = await openCsv(bytes, name, map.delimiter);
  opened(file);
  const index = new Map(file.columns.map((column, at) => [column, at]));
  const read = mappedColumns(map);
  const missing = read.filter((column) => !index.has(column));
  if (missing.length > 0) {
    throw badInput(
      name,
      `the map reads the columns ${missing.join(', ')}, but the file has ${file.columns.join(', ')}`,
    );
  }
  const twice = read.filter((column) => file.columns.indexOf(column) !== file.columns.lastIndexOf(column));
  if (twice.length > 0) {
    throw badInput(
      name,
      `more than one column is named ${twice.join(', ')}: which the map means is not known`,
    );
  }
  for await (const rows of file.rows) {
    yield rows.map((row) =>
      'problem' in row
        ? row
        : { line: row.line, values: (column) => row.values[index.get(column) ?? -1] ?? '' },
    );
  }
}

async function* ndjsonRows(
  bytes: AsyncIterable<Buffer | string>,
  name: string,
): AsyncGenerator<readonly RawRow[]> {
  for await (const lines of readNdjson(bytes, name)) {
    yield lines.map((row) =>
      'problem' in row ? row : { line: row.line, values: (column) => atPath(row.json, column) },
    );
  }
}

/** Opens a file of payments that a map describes. `complain` hears of rows that are left out. */
export async function openMapped(
  path: string,
  map: MapFile,
  host: Host,
  options: MappedFileOptions,
): Promise<MappedFile> {
  const source = await openBytes(path, host);
  const { name } = source;
  const toRow = rowMapper(map);
  let taken = 0;
  let number = 0;
  let skipped = 0;
  let outOfOrder = 0;
  let latest = -Infinity;
  let csv: CsvFile | undefined;

  async function* rows(): AsyncGenerator<readonly MappedRow[]> {
    const limit = options.limit ?? Infinity;
    const raw =
      map.format === 'csv'
        ? csvRows(source.bytes, name, map, (file) => (csv = file))
        : ndjsonRows(source.bytes, name);
    for await (const part of raw) {
      const mapped: MappedRow[] = [];
      let bad: CliError | undefined;
      for (const given of part) {
        if (taken >= limit) break;
        number++;
        const row = 'problem' in given ? given : toRow(given.values, number);
        if ('problem' in row) {
          bad = badInput(`${name} line ${given.line}`, row.problem);
          if (!options.skipBad) break;
          if (skipped++ < 10) host.complain(`left out: ${bad.message}\n`);
          bad = undefined;
          continue;
        }
        if (row.at < latest) outOfOrder++;
        else latest = row.at;
        taken++;
        mapped.push(row);
      }
      if (mapped.length > 0) yield mapped;
      if (bad !== undefined) throw bad;
      if (taken >= limit) return;
    }
  }

  return {
    rows: rows(),
    share() {
      const ofFile = source.share();
      const given = ofFile === undefined ? undefined : ofFile * (csv?.share() ?? 1);
      return shareWithin(given, taken, options.limit);
    },
    remarks: () => [
      ...(skipped > 0 ? [`${counted(skipped, 'row')} left out`] : []),
      ...(outOfOrder > 0 ? [`${counted(outOfOrder, 'row')} earlier than a row before`] : []),
    ],
  };
}
