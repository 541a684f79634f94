/** The version of the tables below, kept in `PRAGMA user_version`. */
export const SCHEMA_VERSION = 3;

/** All tables and indexes of the embedded store, in one place. */
const TABLES = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;

-- The journal, in the order of admission. What is read often stands first, large and personal parts last.
CREATE TABLE entries (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  known_at INTEGER NOT NULL,
  id TEXT NOT NULL,
  keys BLOB NOT NULL,
  event BLOB NOT NULL,
  site TEXT,
  outcome INTEGER,
  degraded INTEGER,
  decided_at INTEGER,
  request_id TEXT,
  record BLOB,
  trace BLOB,
  personal BLOB,
  report BLOB
);

-- The key index: sorted runs in blocks, and what is kept in memory of every 64 blocks. See key-index/.
CREATE TABLE key_runs (
  run INTEGER PRIMARY KEY,
  level INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  blocks INTEGER NOT NULL
);
CREATE TABLE key_blocks (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE key_slabs (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
-- The latest time of each stretch of the log: lets a window skip what is older.
CREATE TABLE segments (segment INTEGER PRIMARY KEY, latest REAL NOT NULL);

CREATE TABLE limit_counters (
  counter TEXT PRIMARY KEY,
  used INTEGER NOT NULL,
  period_end INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE limit_decisions (
  decision TEXT PRIMARY KEY,
  -- held, confirmed, expired, refused
  state TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  used TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX limit_decisions_open ON limit_decisions (expires_at) WHERE state IN ('held', 'refused');
CREATE TABLE limit_holds (
  decision TEXT NOT NULL,
  counter TEXT NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (decision, counter)
) WITHOUT ROWID;
CREATE TABLE limit_releases (
  decision TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (decision, reason)
) WITHOUT ROWID;

CREATE TABLE lists (
  no INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  kind TEXT NOT NULL,
  description TEXT NOT NULL,
  owner TEXT NOT NULL,
  -- Memberships of a higher revision are not there yet.
  revision INTEGER NOT NULL
);
-- Nothing is overwritten: [valid_from, valid_until), ended earlier where later revisions say so.
CREATE TABLE list_entries (
  list INTEGER NOT NULL,
  value TEXT NOT NULL,
  valid_from INTEGER NOT NULL,
  rev INTEGER NOT NULL,
  valid_until INTEGER,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  source TEXT NOT NULL,
  ended_at INTEGER,
  ended_rev INTEGER,
  PRIMARY KEY (list, value, valid_from, rev)
) WITHOUT ROWID;
CREATE INDEX list_entries_rev ON list_entries (list, rev);
CREATE INDEX list_entries_ended ON list_entries (list, ended_rev) WHERE ended_rev IS NOT NULL;
CREATE TABLE list_staging (
  import INTEGER NOT NULL,
  value TEXT NOT NULL,
  valid_from INTEGER NOT NULL,
  valid_until INTEGER,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (import, value)
) WITHOUT ROWID;

CREATE TABLE rule_versions (
  rule_set TEXT NOT NULL,
  version INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (rule_set, version)
) WITHOUT ROWID;
CREATE TABLE publications (
  rule_set TEXT NOT NULL,
  revision INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (rule_set, revision)
) WITHOUT ROWID;
CREATE TABLE layouts (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE sites (id TEXT PRIMARY KEY, revision INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE merchants (id TEXT PRIMARY KEY, revision INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
`;

/** What a hold gave back as a whole: it is taken again when the payment is made after all. */
const GIVEN = 'ALTER TABLE limit_holds ADD COLUMN given INTEGER NOT NULL DEFAULT 0';

/**
 * A membership may be ended more than once, by different changes; every change of a list has its moment; an import may hold
 * several entries of a value.
 */
const TIMELINES = `
CREATE TABLE list_changes (
  list INTEGER NOT NULL,
  rev INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (list, rev)
) WITHOUT ROWID;
CREATE INDEX list_changes_at ON list_changes (list, at);
-- When former changes were made is not known: they count as known from the first.
INSERT INTO list_changes SELECT list, rev, 0 FROM (
  SELECT list, rev FROM list_entries UNION
  SELECT list, ended_rev FROM list_entries WHERE ended_rev IS NOT NULL
) JOIN lists ON no = list WHERE rev <= revision;
-- The membership (list, value, valid_from, rev) ends at ended_at, as of the revision ended_rev.
CREATE TABLE list_ends (
  list INTEGER NOT NULL,
  value TEXT NOT NULL,
  valid_from INTEGER NOT NULL,
  rev INTEGER NOT NULL,
  ended_rev INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (list, value, valid_from, rev, ended_rev)
) WITHOUT ROWID;
CREATE INDEX list_ends_rev ON list_ends (list, ended_rev);
INSERT INTO list_ends SELECT list, value, valid_from, rev, ended_rev, ended_at, '', '' FROM list_entries
  WHERE ended_rev IS NOT NULL;
DROP INDEX list_entries_ended;
ALTER TABLE list_entries DROP COLUMN ended_at;
ALTER TABLE list_entries DROP COLUMN ended_rev;
DROP TABLE list_staging;
CREATE TABLE list_staging (
  import INTEGER NOT NULL,
  value TEXT NOT NULL,
  position INTEGER NOT NULL,
  valid_from INTEGER NOT NULL,
  valid_until INTEGER,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (import, value, position)
) WITHOUT ROWID;
`;

/** Steps from an older version to the next: `MIGRATIONS[n]` leads from version n to n + 1. */
const MIGRATIONS: Readonly<Record<number, string>> = { 0: TABLES, 1: GIVEN, 2: TIMELINES };

/** The statements that lead from a version found in a file to this one; undefined for a file of a newer one. */
export function migration(from: number): readonly string[] | undefined {
  if (from > SCHEMA_VERSION) return undefined;
  const steps: string[] = [];
  for (let version = from; version < SCHEMA_VERSION; version++) {
    const step = MIGRATIONS[version];
    if (step === undefined) return undefined;
    steps.push(`${step}; PRAGMA user_version = ${version + 1};`);
  }
  return steps;
}
