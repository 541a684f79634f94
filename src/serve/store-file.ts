import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigProblem } from '../config/config.js';
import { fileReason } from '../errors/file-reason.js';

/** What every SQLite database begins with. */
const MAGIC = Buffer.from('SQLite format 3\0');

/** Throws ConfigProblem where no database can be kept in `file`: SQLite says no more than that it cannot be opened. */
export function checkStoreFile(file: string): void {
  const folder = dirname(resolve(file));
  const problem = (what: string): ConfigProblem => new ConfigProblem(`store: ${what}`);
  let isFolder: boolean | undefined;
  try {
    isFolder = statSync(folder).isDirectory();
  } catch (error) {
    throw problem(`${folder}: ${fileReason(error, 'list')}`);
  }
  if (!isFolder) throw problem(`${folder}: it is not a folder`);
  try {
    // The write-ahead log lies beside the file.
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw problem(`${folder}: ${fileReason(error, 'write')}`);
  }
  const there = statSync(file, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (there.isDirectory()) throw problem(`${file}: it is a folder`);
  try {
    accessSync(file, constants.R_OK | constants.W_OK);
  } catch (error) {
    throw problem(`${file}: ${fileReason(error, 'write')}`);
  }
  const head = headOf(file);
  if (head.length > 0 && !head.equals(MAGIC)) throw problem(`${file}: it is not a Tollgate database`);
}

function headOf(file: string): Buffer {
  const head = Buffer.alloc(MAGIC.length);
  const descriptor = openSync(file, 'r');
  try {
    return head.subarray(0, readSync(descriptor, head));
  } finally {
    closeSync(descriptor);
  }
}
