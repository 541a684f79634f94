import type { WireError } from '../wire.js';
import { sqliteCode } from './database.js';
import { logText, messageOf } from '../../../errors/error-text.js';

/** What an operation throws when it cannot be done now. */
export class Unavailable extends Error {}

/** What an operation throws when no such list exists. */
export class ListNotFound extends Error {}

/** What an operation throws when it was asked for something that cannot be. */
export class Invalid extends Error {}

/** After these the connection is not to be trusted: the file is opened again. */
const FATAL = /^SQLITE_(IOERR|CORRUPT|NOTADB|CANTOPEN|READONLY|PROTOCOL|NOMEM)/;

/** Whether the worker has to end. */
export function isFatal(error: unknown): boolean {
  return FATAL.test(sqliteCode(error) ?? '');
}

/** What an error says, with SQLite's word for it: its own errors lose their text between threads. */
export function failureText(error: unknown): string {
  const code = sqliteCode(error);
  return code === undefined ? messageOf(error) : `${messageOf(error)} (${code})`;
}

/** An error on its way to the main thread. */
export function wireError(error: unknown): WireError {
  const message = messageOf(error);
  if (error instanceof ListNotFound) return { kind: 'list-not-found', message };
  if (error instanceof Invalid) return { kind: 'invalid', message };
  if (error instanceof Unavailable) return { kind: 'unavailable', message };
  const code = sqliteCode(error);
  if (code !== undefined && !code.startsWith('SQLITE_CONSTRAINT') && code !== 'SQLITE_ERROR') {
    const what = code.startsWith('SQLITE_FULL') ? 'there is no room left' : 'its file cannot be used';
    return { kind: 'unavailable', message: what, cause: failureText(error) };
  }
  return { kind: 'bug', message, cause: logText(error) };
}
