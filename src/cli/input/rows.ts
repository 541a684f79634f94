import { StringDecoder } from 'node:string_decoder';
import { badInput } from '../exit.js';

/** A line of a text file, without its end; the first is number 1. */
export interface Line {
  readonly text: string;
  readonly number: number;
}

const MAX_LINE = 4 * 1024 * 1024;

/** Cuts bytes into lines, some at a time. Empty lines are left out but counted; a byte-order mark is dropped. */
export async function* readLines(
  bytes: AsyncIterable<Buffer | string>,
  name: string,
): AsyncGenerator<readonly Line[]> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let number = 0;
  const cut = (text: string): Line => ({
    text: (number === 0 ? text.replace(/^\uFEFF/, '') : text).replace(/\r$/, ''),
    number: ++number,
  });
  for await (const part of bytes) {
    const pieces = (rest + (typeof part === 'string' ? part : decoder.write(part))).split('\n');
    rest = pieces.pop() ?? '';
    if (rest.length > MAX_LINE) throw badInput(`${name} line ${number + 1}`, 'longer than 4 MiB');
    yield pieces.map(cut).filter((line) => line.text !== '');
  }
  const last = cut(rest + decoder.end());
  if (last.text !== '') yield [last];
}

/** A JSON object on a line of its own. */
export interface JsonLine {
  readonly json: Readonly<Record<string, unknown>>;
  readonly number: number;
}

/** The objects of a file with one JSON object a line. */
export async function* readNdjson(
  bytes: AsyncIterable<Buffer | string>,
  name: string,
): AsyncGenerator<readonly JsonLine[]> {
  for await (const lines of readLines(bytes, name)) {
    yield lines.map(({ text, number }) => {
      let json: unknown;
      try {
        json = JSON.parse(text);
      } catch (error) {
        throw badInput(`${name} line ${number}`, `not JSON: ${error instanceof Error ? error.message : ''}`);
      }
      if (typeof json !== 'object' || json === null || Array.isArray(json)) {
        throw badInput(`${name} line ${number}`, 'not a JSON object');
      }
      return { json: json as Readonly<Record<string, unknown>>, number };
    });
  }
}
