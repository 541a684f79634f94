import { HOLD_MEMORY_MS } from '../../decisions/hold-state.js';

/** The version of the tables below, kept in `PRAGMA user_version`. */
export const SCHEMA_VERSION = 4;

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
-- Nothing is overwritten: [valid_from, valid_until), ended earlier by revision ended_rev where that is set.
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

/** What is known of a decision's holds, and when they and their counters are forgotten. See decisions/hold-state.ts. */
const HOLD_STATES = `
ALTER TABLE limit_decisions ADD COLUMN made_at INTEGER;
ALTER TABLE limit_decisions ADD COLUMN cancelled_at INTEGER;
ALTER TABLE limit_decisions ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE limit_decisions ADD COLUMN forget_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE limit_counters ADD COLUMN forget_at INTEGER NOT NULL DEFAULT 0;
-- What was given back as a whole counts nothing now either: as cancelled where it had been confirmed, else as failed.
UPDATE limit_decisions SET made_at = 0 WHERE state = 'confirmed';
UPDATE limit_decisions SET
    failed = made_at IS NULL,
    cancelled_at = made_at,
    state = CASE state WHEN 'confirmed' THEN 'held' ELSE state END
  WHERE EXISTS (SELECT 1 FROM limit_holds h WHERE h.decision = limit_decisions.decision AND h.given > 0);
UPDATE limit_holds SET amount = amount + given, given = 0 WHERE given > 0;
ALTER TABLE limit_holds RENAME COLUMN given TO refunded;
UPDATE limit_decisions SET forget_at = ${HOLD_MEMORY_MS} + max(expires_at, coalesce(
  (SELECT min(c.period_end) FROM limit_holds h JOIN limit_counters c USING (counter)
    WHERE h.decision = limit_decisions.decision), 0));
UPDATE limit_counters SET forget_at = ${HOLD_MEMORY_MS} + max(period_end, coalesce(
  (SELECT max(expires_at) FROM limit_decisions), 0));
ALTER TABLE limit_counters DROP COLUMN period_end;
CREATE INDEX limit_decisions_old ON limit_decisions (forget_at);
CREATE INDEX limit_counters_old ON limit_counters (forget_at);
`;

/** Decisions, newest first; the sequence tells apart what has the same event time. */
const DECISION_TIMES = 'CREATE INDEX entries_at ON entries (at) WHERE outcome IS NOT NULL';

/** Steps from an older version to the next: `MIGRATIONS[n]` leads from version n to n + 1. */
const MIGRATIONS: Readonly<Record<number, string>> = {
  0: TABLES,
  1: GIVEN,
  2: HOLD_STATES,
  3: DECISION_TIMES,
};

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
