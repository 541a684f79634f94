import type { Kind, Merchant, Site, SiteChange } from '../../../sites/site-store.js';
import { bodies, parsed } from './bodies.js';
import type { Database } from './database.js';

/** Sites and merchants. Writes are part of a transaction. */
export class WorkerSites {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = {
      get: db.prepare('SELECT body FROM sites WHERE kind = ? AND id = ?'),
      put: db.prepare(
        `INSERT OR REPLACE INTO sites (kind, id, body, change)
          VALUES (?, ?, ?, (SELECT ifnull(max(change), 0) + 1 FROM sites))`,
      ),
      page: db.prepare('SELECT body FROM sites WHERE kind = ? AND id > ? ORDER BY id LIMIT ?'),
      changes: db.prepare('SELECT kind, change, body FROM sites WHERE change > ? ORDER BY change LIMIT ?'),
    };
  }

  put(kind: Kind, item: Site | Merchant): 'stored' | 'stale' {
    if ((this.get(kind, item.id)?.revision ?? 0) !== item.revision) return 'stale';
    this.#statements.put.run(kind, item.id, JSON.stringify({ ...item, revision: item.revision + 1 }));
    return 'stored';
  }

  get(kind: Kind, id: string): Site | Merchant | undefined {
    return parsed(this.#statements.get.get(kind, id));
  }

  page(kind: Kind, after: string, size: number): unknown[] {
    return bodies(this.#statements.page, kind, after, size);
  }

  changes(after: number, size: number): SiteChange[] {
    return this.#statements.changes
      .all(after, size)
      .map(
        ([kind, change, body]) =>
          ({ kind, change: Number(change), item: JSON.parse(String(body)) as unknown }) as SiteChange,
      );
  }
}
