import { CsvError, parse } from 'csv-parse';
import { Readable } from 'node:stream';
import { badInput } from '../exit.js';
import type { BadRow } from './bad-row.js';
import { textLines } from './text-lines.js';

/** A row of a CSV file and the line it ends on; the first line is number 1. */
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
  readonly record: readonly string[];
  readonly info: { readonly lines: number; readonly bytes: number };
}

const ROWS_AT_ONCE = 512;

async function* rowsOf(
  parsed: AsyncIterator<ParsedRow>,
  width: number,
  name: string,
  used: (bytes: number) => void,
): AsyncGenerator<readonly (CsvRow | BadRow)[]> {
  let rows: (CsvRow | BadRow)[] = [];
  try {
    for (;;) {
      const next = await nextRow(parsed, name);
      if (next === undefined) break;
      const { record, info } = next;
      used(info.bytes);
      rows.push(
        record.length === width
          ? { values: record, line: info.lines }
          : { problem: `${record.length} values where the head has ${width} columns`, line: info.lines },
      );
      if (rows.length >= ROWS_AT_ONCE) yield rows.splice(0);
    }
  } catch (error) {
    // What came before is good.
    if (rows.length > 0) yield rows;
    throw error;
  }
  if (rows.length > 0) yield rows;
}

async function nextRow(parsed: AsyncIterator<ParsedRow>, name: string): Promise<ParsedRow | undefined> {
  try {
    const next = await parsed.next();
    return next.done === true ? undefined : next.value;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const lines: unknown = error['lines'];
    const line = typeof lines === 'number' ? ` line ${lines}` : '';
    throw badInput(`${name}${line}`, `not CSV: ${error.message}`);
  }
}

/** Opens a CSV file (RFC 4180) with a head; `delimiter` is one character. */
export async function openCsv(
  bytes: AsyncIterable<Buffer | string>,
  name: string,
  delimiter: string,
): Promise<CsvFile> {
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
  });
  let taken = 0;
  let given = 0;
  async function* lines(): AsyncGenerator<Buffer> {
    for await (const piece of textLines(bytes, name)) {
      taken += piece.length;
      yield piece;
    }
  }
  const source = Readable.from(lines(), { objectMode: false });
  source.on('error', (error) => parser.destroy(error));
  const parsed = (source.pipe(parser) as AsyncIterable<ParsedRow>)[Symbol.asyncIterator]();
  const head = await nextRow(parsed, name);
  if (head === undefined) throw badInput(name, 'empty: the first line must name the columns');
  const used = (upTo: number): void => void (given = upTo);
  return {
    columns: head.record,
    rows: rowsOf(parsed, head.record.length, name, used),
    share: () => Math.min(1, given / Math.max(1, taken)),
  };
}
