import { createReadStream, readFileSync } from 'node:fs';
import { access, constants, readdir, readFile, stat } from 'node:fs/promises';
import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { fileReason } from '../../errors/file-reason.js';
import { jsonErrorText } from '../../rules/document/json-error.js';
import { badInput, CliError, usageError } from '../exit.js';
import type { Host } from '../host.js';
import { parseMessage } from '../json-message.js';
import { unpacked } from './unpacked.js';

/** Why a file cannot be used, as a usage error that names it. */
export function fileError(path: string, error: unknown, to: 'read' | 'write' = 'read'): Error {
  return usageError(`${path}: ${fileReason(error, to)}`);
}

/** What a file given as an argument is called in messages. */
export function fileName(path: string): string {
  return path === '-' ? 'standard input' : path;
}

/** Editors on Windows put a byte-order mark first. */
function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}

/** The whole text of a file; `-` is standard input. */
export async function readText(path: string, host: Host): Promise<string> {
  if (path === '-') {
    const parts: Buffer[] = [];
    for await (const part of host.stdin) parts.push(Buffer.from(part));
    return withoutMark(Buffer.concat(parts).toString('utf8'));
  }
  try {
    return withoutMark(await readFile(path, 'utf8'));
  } catch (error) {
    throw fileError(path, error);
  }
}

/** The bytes of a small file, at once. */
export function readBytesNow(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fileError(path, error);
  }
}

/** The names in a folder; undefined where the path is a file. */
export async function namesIn(path: string): Promise<readonly string[] | undefined> {
  try {
    return (await stat(path)).isDirectory() ? await readdir(path) : undefined;
  } catch (error) {
    throw fileError(path, error);
  }
}

/** The JSON of a file. */
export async function readJson(path: string, host: Host): Promise<unknown> {
  const text = await readText(path, host);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw badInput(fileName(path), `not JSON: ${jsonErrorText(text, error)}`);
  }
}

/** The message that JSON holds; `where` names the JSON in errors. */
export function readMessage<D extends DescMessage>(desc: D, json: unknown, where: string): MessageShape<D> {
  const parsed = parseMessage(desc, json);
  if ('message' in parsed) return parsed.message;
  throw badInput(
    fileName(where),
    `not ${/^[AEIOU]/.test(desc.name) ? 'an' : 'a'} ${desc.name}`,
    parsed.problems,
  );
}

/** A file being read as a stream of bytes, unpacked when it is gzip. */
export interface ByteSource {
  /** What it is called in messages. */
  readonly name: string;
  readonly bytes: AsyncIterable<Buffer | string>;
  /** How much of the file stands in the bytes given out so far, 0 to 1; undefined for standard input and pipes. */
  share(): number | undefined;
}

async function* naming(name: string, bytes: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer | string> {
  try {
    yield* bytes;
  } catch (error) {
    throw badInput(
      name,
      `cannot be read to the end: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Opens a file for streaming; `-` is standard input. Gzip is told by its first bytes, not by the name. */
export async function openBytes(path: string, host: Host): Promise<ByteSource> {
  const name = fileName(path);
  if (path === '-') {
    return { name, bytes: naming(name, unpacked(host.stdin)), share: () => undefined };
  }
  let size: number | undefined;
  try {
    const info = await stat(path);
    await access(path, constants.R_OK);
    if (info.isDirectory()) throw usageError(`${path}: it is a folder`);
    // A pipe has a name too, and no size.
    size = info.isFile() ? info.size : undefined;
  } catch (error) {
    throw error instanceof CliError ? error : fileError(path, error);
  }
  let given = 0;
  // Opened by the first read: a stream that fails while nobody listens to it would end the process.
  async function* bytes(): AsyncGenerator<Buffer | string> {
    yield* createReadStream(path, { highWaterMark: 256 * 1024 });
  }
  const used = (bytes: number): void => void (given = bytes);
  return {
    name,
    bytes: naming(name, unpacked(bytes(), used)),
    share: () => (size === undefined ? undefined : Math.min(1, given / Math.max(1, size))),
  };
}
