import type { KeyLogEntry, KeyUse } from '../../../identity/key-store.js';
import type { Database } from './database.js';

/** The log of keys, and when they were last used. Writes are part of a transaction. */
export class WorkerKeys {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = {
      latest: db.prepare('SELECT ifnull(max(no), 0) FROM key_log'),
      append: db.prepare('INSERT INTO key_log (no, body) VALUES (?, ?)'),
      log: db.prepare('SELECT body FROM key_log WHERE no > ? ORDER BY no LIMIT ?'),
      used: db.prepare(
        'INSERT INTO key_uses (id, at) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET at = max(at, excluded.at)',
      ),
      uses: db.prepare('SELECT id, at FROM key_uses'),
    };
  }

  append(entry: KeyLogEntry): 'stored' | 'stale' {
    if (Number(this.#statements.latest.get()?.[0]) !== entry.no - 1) return 'stale';
    this.#statements.append.run(entry.no, JSON.stringify(entry));
    return 'stored';
  }

  log(after: number, size: number): KeyLogEntry[] {
    return this.#statements.log.all(after, size).map(([body]) => JSON.parse(String(body)) as KeyLogEntry);
  }

  used(uses: readonly KeyUse[]): void {
    for (const { id, at } of uses) this.#statements.used.run(id, at);
  }

  uses(): KeyUse[] {
    return this.#statements.uses.all().map(([id, at]) => ({ id: String(id), at: Number(at) }));
  }
}
