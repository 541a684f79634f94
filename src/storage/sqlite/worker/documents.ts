import type { Activation, Layout, Publication, StoredVersion } from '../../../rules/version-store.js';
import type { Kind, Merchant, Site, SiteChange } from '../../../sites/site-store.js';
import type { Database, Statement } from './database.js';

/** Rule versions, publications and layouts: few and small, kept as JSON. Writes are part of a transaction. */
export class WorkerRules {
  readonly #db: Database;
  readonly #statements;

  constructor(db: Database) {
    this.#db = db;
    this.#statements = {
      latest: db.prepare('SELECT ifnull(max(version), 0) FROM rule_versions WHERE rule_set = ?'),
      add: db.prepare('INSERT INTO rule_versions (rule_set, version, body) VALUES (?, ?, ?)'),
      get: db.prepare('SELECT body FROM rule_versions WHERE rule_set = ? AND version = ?'),
      revision: db.prepare('SELECT ifnull(max(revision), 0) FROM publications WHERE rule_set = ?'),
      publish: db.prepare('INSERT INTO publications (rule_set, revision, body) VALUES (?, ?, ?)'),
      putLayout: db.prepare('INSERT OR IGNORE INTO layouts (id, body) VALUES (?, ?)'),
      layout: db.prepare('SELECT body FROM layouts WHERE id = ?'),
    };
  }

  create(version: StoredVersion, expectedLatest: number): 'created' | 'stale' {
    const latest = Number(this.#statements.latest.get(version.ruleSet)?.[0]);
    if (latest !== expectedLatest || version.version !== expectedLatest + 1) return 'stale';
    this.#statements.add.run(version.ruleSet, version.version, JSON.stringify(version));
    return 'created';
  }

  get(ruleSet: string, version: number): StoredVersion | undefined {
    return parsed(this.#statements.get.get(ruleSet, version));
  }

  versions(ruleSet: string, limit: number, before: number | undefined): StoredVersion[] {
    return bodies(
      this.#db.prepare(
        'SELECT body FROM rule_versions WHERE rule_set = ? AND version < ? ORDER BY version DESC LIMIT ?',
      ),
      ruleSet,
      before ?? Number.MAX_SAFE_INTEGER,
      limit,
    );
  }

  ruleSets(): { ruleSet: string; latest: number }[] {
    return this.#db
      .prepare('SELECT rule_set, max(version) FROM rule_versions GROUP BY rule_set ORDER BY rule_set')
      .all()
      .map(([ruleSet, latest]) => ({ ruleSet: String(ruleSet), latest: Number(latest) }));
  }

  activations(): Activation[] {
    return bodies<Publication>(
      this.#db.prepare(
        `SELECT body FROM publications AS p WHERE revision =
          (SELECT max(revision) FROM publications WHERE rule_set = p.rule_set) ORDER BY rule_set`,
      ),
    ).map(({ ruleSet, to, revision }) => ({ ruleSet, version: to, revision }));
  }

  publish(publication: Publication): 'published' | 'stale' {
    const revision = Number(this.#statements.revision.get(publication.ruleSet)?.[0]);
    if (revision !== publication.revision - 1) return 'stale';
    this.#statements.publish.run(publication.ruleSet, publication.revision, JSON.stringify(publication));
    return 'published';
  }

  publications(ruleSet: string, limit: number, before: number | undefined): Publication[] {
    return bodies(
      this.#db.prepare(
        'SELECT body FROM publications WHERE rule_set = ? AND revision < ? ORDER BY revision DESC LIMIT ?',
      ),
      ruleSet,
      before ?? Number.MAX_SAFE_INTEGER,
      limit,
    );
  }

  putLayout(layout: Layout): void {
    this.#statements.putLayout.run(layout.id, JSON.stringify(layout));
  }

  layout(id: string): Layout | undefined {
    return parsed(this.#statements.layout.get(id));
  }
}

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

function bodies<T>(statement: Statement, ...values: (string | number)[]): T[] {
  return statement.all(...values).map(([body]) => JSON.parse(String(body)) as T);
}

function parsed<T>(row: readonly unknown[] | undefined): T | undefined {
  return row && (JSON.parse(String(row[0])) as T);
}
