import type { ExceptionLog, LogEntry } from '../../rules/exceptions/exception-log.js';
import type { Connection } from './connection.js';

/** One log of exceptions, as the main thread sees it; `name` keeps it apart from others. */
export function sqliteExceptions<T>(connection: Connection, name: string): ExceptionLog<T> {
  // What is appended to a log is what is read of it.
  type Entries = Promise<readonly LogEntry<T>[]>;
  return {
    append: (entry) => connection.call('exceptions.append', [name, entry]),
    since: (after, at, limit) => connection.call('exceptions.since', [name, after, at, limit]) as Entries,
    newest: (before, limit) => connection.call('exceptions.newest', [name, before, limit]) as Entries,
    about: (refs) => connection.call('exceptions.about', [name, refs]) as Entries,
  };
}
