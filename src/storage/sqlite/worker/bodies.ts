import type { Statement } from './database.js';

/** What the rows of a statement hold as JSON in their first column. */
export function bodies<T>(statement: Statement, ...values: (string | number)[]): T[] {
  return statement.all(...values).map(([body]) => JSON.parse(String(body)) as T);
}

/** What a row holds as JSON in its first column. */
export function parsed<T>(row: readonly unknown[] | undefined): T | undefined {
  return row && (JSON.parse(String(row[0])) as T);
}
