import { CsvError, parse } from 'csv-parse';
import { badInput } from '../exit.js';
import type { BadRow } from './bad-row.js';
import { MAX_LINE, textLines } from './text-lines.js';

/** A row of a CSV file and the line it begins on; the first line is number 1. */
export interface CsvRow {
  readonly values: readonly string[];
  readonly line: number;
}

/** A CSV file: its head, and its rows, some at a time. */
export interface CsvFile {
  readonly columns: readonly string[];
  readonly rows: AsyncIterable<readonly (CsvRow | BadRow)[]>;
  /** How much of the bytes taken in stands in the rows given out, 0 to 1. */
  share(): number;
}

interface ParsedRow {
  readonly values: readonly string[];
  readonly line: number;
  /** How many bytes it and what came before it take. */
  readonly bytes: number;
}

const ROWS_AT_ONCE = 512;

/** The same pieces, with an end in place of what goes wrong with them; `failure` tells that afterwards. */
function untilFailure(pieces: AsyncIterable<Buffer>): {
  readonly pieces: AsyncIterable<Buffer>;
  failure(): { readonly cause: unknown } | undefined;
} {
  let failure: { readonly cause: unknown } | undefined;
  async function* good(): AsyncGenerator<Buffer> {
    try {
      yield* pieces;
    } catch (cause) {
      failure = { cause };
    }
  }
  return { pieces: good(), failure: () => failure };
}

/**
 * The rows of whole lines, never an empty array, at most ROWS_AT_ONCE together. The parser's own stream of rows would
 * drop those it holds when something is wrong with one that comes after them.
 */
async function* parsedRows(
  pieces: AsyncIterable<Buffer>,
  name: string,
  delimiter: string,
): AsyncGenerator<readonly ParsedRow[]> {
  let rows: ParsedRow[] = [];
  /** Ends of lines in quotes that the parser has counted as two. */
  let twice = 0;
  /** The line that the row before ended on, as the parser counts. */
  let last = 0;
  const parser = parse({
    bom: true,
    delimiter,
    // A quote that nothing closes would take the rest of the file for one value.
    max_record_size: MAX_LINE,
    record_delimiter: ['\r\n', '\n', '\r'],
    on_record: (values: readonly string[], { lines, bytes }) => {
      const within = lines === last + 1 ? [] : values;
      twice += countOf(within, /\r\n/g);
      rows.push({ values, line: lines - twice - countOf(within, /\r\n|\n|\r/g), bytes });
      last = lines;
    },
    relax_column_count: true,
    skip_empty_lines: true,
  });
  // Each call hears of its own errors.
  parser.on('error', () => undefined);
  const parsed = async (give: (done: (error?: Error | null) => void) => void): Promise<Error | undefined> =>
    new Promise((resolve) => {
      give((error) => resolve(error ?? undefined));
    });
  function* upTo(error: Error | undefined): Generator<readonly ParsedRow[]> {
    const all = rows;
    rows = [];
    for (let at = 0; at < all.length; at += ROWS_AT_ONCE) yield all.slice(at, at + ROWS_AT_ONCE);
    if (error === undefined) return;
    if (!(error instanceof CsvError)) throw error;
    const lines: unknown = error['lines'];
    const line = typeof lines === 'number' ? ` line ${lines - twice}` : '';
    throw badInput(`${name}${line}`, `not CSV: ${error.message}`);
  }
  const source = untilFailure(pieces);
  for await (const piece of source.pieces) yield* upTo(await parsed((done) => parser.write(piece, done)));
  // The parser holds the last row until it knows what follows.
  const problem = await parsed((done) => parser.end(done));
  const failure = source.failure();
  yield* upTo(failure === undefined ? problem : undefined);
  if (failure !== undefined) throw failure.cause;
}

function countOf(values: readonly string[], what: RegExp): number {
  let count = 0;
  for (const value of values) for (const _ of value.matchAll(what)) count++;
  return count;
}

async function* rowsOf(
  first: readonly ParsedRow[],
  more: AsyncIterable<readonly ParsedRow[]>,
  width: number,
  used: (bytes: number) => void,
): AsyncGenerator<readonly (CsvRow | BadRow)[]> {
  async function* parts(): AsyncGenerator<readonly ParsedRow[]> {
    yield first;
    yield* more;
  }
  for await (const rows of parts()) {
    const last = rows.at(-1);
    if (last === undefined) continue;
    used(last.bytes);
    yield rows.map(({ values, line }) =>
      values.length === width
        ? { values, line }
        : { problem: `${values.length} values where the head has ${width} columns`, line },
    );
  }
}

/** Opens a CSV file (RFC 4180) with a head; `delimiter` is one character. */
export async function openCsv(
  bytes: AsyncIterable<Buffer | string>,
  name: string,
  delimiter: string,
): Promise<CsvFile> {
  let taken = 0;
  let given = 0;
  async function* lines(): AsyncGenerator<Buffer> {
    for await (const piece of textLines(bytes, name)) {
      taken += piece.length;
      yield piece;
    }
  }
  const parsed = parsedRows(lines(), name, delimiter);
  const start = await parsed.next();
  if (start.done === true) throw badInput(name, 'empty: the first line must name the columns');
  const [head, ...first] = start.value;
  const columns = head?.values ?? [];
  const used = (upTo: number): void => void (given = upTo);
  return {
    columns,
    rows: rowsOf(first, parsed, columns.length, used),
    share: () => Math.min(1, given / Math.max(1, taken)),
  };
}
