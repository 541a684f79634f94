import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { fileError } from './input/files.js';

/**
 * Writes texts to a file, as fast as they are taken. The file is made when the first has come: where there is none to be
 * had, what is there stays as it is.
 */
export async function writeTexts(path: string, texts: AsyncIterable<string>): Promise<void> {
  const source = texts[Symbol.asyncIterator]();
  const first = await source.next();
  async function* all(): AsyncGenerator<string> {
    if (first.done === true) return;
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => source };
  }
  try {
    await pipeline(all(), createWriteStream(path));
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw fileError(path, error, 'write');
    throw error;
  }
}
