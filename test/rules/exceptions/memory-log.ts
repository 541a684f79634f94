import type { ExceptionLog, LogEntry } from '../../../src/rules/exceptions/exception-log.js';

/** A log of exceptions in memory. */
export function memoryLog<T>(): ExceptionLog<T> & { readonly entries: readonly LogEntry<T>[] } {
  const entries: LogEntry<T>[] = [];
  return {
    entries,
    async append(entry) {
      if (entry.number !== entries.length + 1) return 'stale';
      entries.push(entry);
      return 'added';
    },
    since: async (after, at, limit) =>
      entries.filter(({ number, until }) => number > after && until > at).slice(0, limit),
    newest: async (before = Infinity, limit) =>
      entries
        .filter(({ number }) => number < before)
        .toReversed()
        .slice(0, limit),
    about: async (refs) => entries.filter(({ ref }) => refs.includes(ref)),
  };
}
