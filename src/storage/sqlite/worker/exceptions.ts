import type { LogEntry } from '../../../rules/exceptions/exception-log.js';
import type { Database } from './database.js';

/** Logs of exceptions. Writes are part of a transaction. */
export class WorkerExceptions {
  readonly #statements;

  constructor(db: Database) {
    const all = 'SELECT number, ref, until, body FROM rule_exceptions WHERE log = ?';
    this.#statements = {
      latest: db.prepare('SELECT ifnull(max(number), 0) FROM rule_exceptions WHERE log = ?'),
      append: db.prepare(
        'INSERT INTO rule_exceptions (log, number, ref, until, body) VALUES (?, ?, ?, ?, ?)',
      ),
      since: db.prepare(`${all} AND number > ? AND until > ? ORDER BY number LIMIT ?`),
      newest: db.prepare(`${all} AND number < ? ORDER BY number DESC LIMIT ?`),
      about: db.prepare(`${all} AND ref = ?`),
    };
  }

  append(log: string, { number, ref, until, body }: LogEntry<unknown>): 'added' | 'stale' {
    if (Number(this.#statements.latest.get(log)?.[0]) !== number - 1) return 'stale';
    this.#statements.append.run(log, number, ref, until, JSON.stringify(body));
    return 'added';
  }

  since(log: string, after: number, at: number, limit: number): LogEntry<unknown>[] {
    return this.#statements.since.all(log, after, at, limit).map(entryOf);
  }

  newest(log: string, before: number | undefined, limit: number): LogEntry<unknown>[] {
    return this.#statements.newest.all(log, before ?? Number.MAX_SAFE_INTEGER, limit).map(entryOf);
  }

  about(log: string, refs: readonly string[]): LogEntry<unknown>[] {
    const found = [...new Set(refs)].flatMap((ref) => this.#statements.about.all(log, ref).map(entryOf));
    return found.toSorted((a, b) => a.number - b.number);
  }
}

function entryOf([number, ref, until, body]: readonly unknown[]): LogEntry<unknown> {
  return {
    number: Number(number),
    ref: String(ref),
    until: Number(until),
    body: JSON.parse(String(body)) as unknown,
  };
}
