import type { BadRow } from './bad-row.js';
import { textLines } from './text-lines.js';
import { duplicateKeys } from '../../rules/check/duplicate-keys.js';
import { messageOf } from '../../errors/error-text.js';

const LINE_END = 0x0a;

/** A line of a text file, without its end; the first is number 1. */
export interface Line {
  readonly text: string;
  readonly number: number;
}

/** Cuts bytes into lines, some at a time. Empty lines are left out but counted; a byte-order mark is dropped. */
export async function* readLines(
  bytes: AsyncIterable<Buffer | string>,
  name: string,
): AsyncGenerator<readonly Line[]> {
  let number = 0;
  for await (const lines of textLines(bytes, name)) {
    const pieces = lines.toString().split('\n');
    if (lines.at(-1) === LINE_END) pieces.pop();
    const numbered = pieces.map((piece) => {
      const text = number === 0 ? piece.replace(/^\uFEFF/, '') : piece;
      return { text: text.replace(/\r$/, ''), number: ++number };
    });
    yield numbered.filter((line) => line.text !== '');
  }
}

/** A JSON object on a line of its own. */
export interface JsonLine {
  readonly json: Readonly<Record<string, unknown>>;
  readonly line: number;
}

/** The objects of a file with one JSON object a line. */
export async function* readNdjson(
  bytes: AsyncIterable<Buffer | string>,
  name: string,
): AsyncGenerator<readonly (JsonLine | BadRow)[]> {
  for await (const lines of readLines(bytes, name)) {
    yield lines.map(({ text, number: line }) => {
      let json: unknown;
      try {
        json = JSON.parse(text);
      } catch (error) {
        return { problem: `not JSON: ${messageOf(error)}`, line };
      }
      if (typeof json !== 'object' || json === null || Array.isArray(json)) {
        return { problem: 'not a JSON object', line };
      }
      const [twice] = duplicateKeys(text);
      if (twice !== undefined) return { problem: `${twice} stands there twice`, line };
      return { json: json as Readonly<Record<string, unknown>>, line };
    });
  }
}
