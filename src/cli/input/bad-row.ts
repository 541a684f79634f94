import { badInput } from '../exit.js';

/** A row of a file that cannot be used, while those after it can. */
export interface BadRow {
  readonly problem: string;
  /** The first line is number 1. */
  readonly line: number;
}

/** Gives the rows before the first that cannot be used, then throws what is wrong with that one. */
export async function* goodRows<T extends object>(
  parts: AsyncIterable<readonly (T | BadRow)[]>,
  name: string,
): AsyncGenerator<readonly T[]> {
  for await (const part of parts) {
    const good: T[] = [];
    for (const row of part) {
      if ('problem' in row) {
        if (good.length > 0) yield good;
        throw badInput(`${name} line ${row.line}`, row.problem);
      }
      good.push(row);
    }
    yield good;
  }
}
