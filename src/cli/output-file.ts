import { createWriteStream } from 'node:fs';
import { mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { fileError } from './input/files.js';

/**
 * Writes texts to a file, as fast as they are taken. What is there stays as it is until all has come: a piece of a list
 * must not pass for the whole. Until then it is written beside, as `PATH.part`; to what is no file (a terminal, a pipe) at
 * once.
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
    const place = await placeOf(path);
    if (place === undefined) await pipeline(all(), createWriteStream(path));
    else await writeWhole(place, all());
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw fileError(path, error, 'write');
    throw error;
  }
}

/** Writes a file that must not be there yet: what came in between stays as it is, and is an error. */
export async function writeNew(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (error) {
    throw fileError(path, error, 'write');
  }
}

/** Makes a folder where there is nothing. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
    throw fileError(path, error, 'write');
  }
}

/** Where the file lies, or will lie; undefined for what cannot be replaced. */
async function placeOf(path: string): Promise<string | undefined> {
  try {
    return (await stat(path)).isFile() ? await realpath(path) : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return path;
    throw error;
  }
}

async function writeWhole(path: string, texts: AsyncIterable<string>): Promise<void> {
  const part = `${path}.part`;
  const target = createWriteStream(part);
  try {
    await pipeline(texts, target);
    await rename(part, path);
  } catch (error) {
    // It may still be on its way to be opened, and would be there after all.
    if (!target.closed) await new Promise<void>((resolve) => target.once('close', () => resolve()));
    await rm(part, { force: true });
    throw error;
  }
}
