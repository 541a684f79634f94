import { FROM_8 } from './from-8.js';

/** The version of the tables below, kept in `PRAGMA user_version`. Those before 8 were never released. */
export const SCHEMA_VERSION = 9;

/** All tables and indexes of the embedded store, in one place. */
const TABLES = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;

-- The journal, in the order of admission. What is read often stands first, large and personal parts last.
CREATE TABLE entries (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  id TEXT NOT NULL,
  -- A second id, unique among all ids and aliases.
  alias TEXT,
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
-- Decisions, newest first; the sequence tells apart what has the same event time.
CREATE INDEX entries_at ON entries (at) WHERE outcome IS NOT NULL;

-- The event of every entry, with its keys: some in one block, see worker/journal/event-block.ts. All that windows read.
CREATE TABLE event_blocks (first_seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL);

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
  forget_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX limit_counters_old ON limit_counters (forget_at);
-- What is known of a decision's holds, and when they are forgotten. See decisions/limits/hold-state.ts.
CREATE TABLE limit_decisions (
  decision TEXT PRIMARY KEY,
  -- held, confirmed, expired, refused
  state TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  used TEXT NOT NULL,
  made_at INTEGER,
  cancelled_at INTEGER,
  failed INTEGER NOT NULL DEFAULT 0,
  forget_at INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX limit_decisions_open ON limit_decisions (expires_at) WHERE state IN ('held', 'refused');
CREATE INDEX limit_decisions_old ON limit_decisions (forget_at);
CREATE TABLE limit_holds (
  decision TEXT NOT NULL,
  counter TEXT NOT NULL,
  amount INTEGER NOT NULL,
  refunded INTEGER NOT NULL DEFAULT 0,
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
  revision INTEGER NOT NULL,
  -- The revision that last changed description or owner.
  settings INTEGER NOT NULL,
  -- NULL: it was not deleted.
  deleted_at INTEGER,
  deleted_by TEXT,
  deleted_reason TEXT
);
-- Every change of a list: when, who, what came of it.
CREATE TABLE list_changes (
  list INTEGER NOT NULL,
  rev INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  reason TEXT NOT NULL,
  source TEXT NOT NULL,
  added INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  PRIMARY KEY (list, rev)
) WITHOUT ROWID;
CREATE INDEX list_changes_at ON list_changes (list, at);
-- Nothing is overwritten: [valid_from, valid_until), ended earlier where list_ends says so.
CREATE TABLE list_entries (
  list INTEGER NOT NULL,
  value TEXT NOT NULL,
  valid_from INTEGER NOT NULL,
  rev INTEGER NOT NULL,
  valid_until INTEGER,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (list, value, valid_from, rev)
) WITHOUT ROWID;
CREATE INDEX list_entries_rev ON list_entries (list, rev);
-- The membership (list, value, valid_from, rev) ends at ended_at, as of the revision ended_rev: maybe more than once.
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
-- Where versions stand. No scope has two of them active, or two in canary, whoever publishes.
CREATE TABLE rule_stages (
  rule_set TEXT NOT NULL,
  scope TEXT NOT NULL,
  version INTEGER NOT NULL,
  stage TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (rule_set, scope, version)
) WITHOUT ROWID;
CREATE UNIQUE INDEX rule_stages_active ON rule_stages (rule_set, scope) WHERE stage = 'active';
CREATE UNIQUE INDEX rule_stages_canary ON rule_stages (rule_set, scope) WHERE stage = 'canary';
CREATE TABLE rule_evidence (
  rule_set TEXT NOT NULL,
  version INTEGER NOT NULL,
  number INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (rule_set, version, number)
) WITHOUT ROWID;
CREATE TABLE rule_drafts (
  rule_set TEXT PRIMARY KEY,
  revision INTEGER NOT NULL,
  body TEXT NOT NULL
) WITHOUT ROWID;
-- What shadows said: runs, what was counted of them by hour of event time and live version, differences, and the last
-- batch that was added.
CREATE TABLE shadow_runs (
  no INTEGER PRIMARY KEY,
  rule_set TEXT NOT NULL,
  version INTEGER NOT NULL,
  scope TEXT NOT NULL,
  since INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  kept INTEGER NOT NULL DEFAULT 0,
  left INTEGER NOT NULL DEFAULT 0,
  UNIQUE (rule_set, version, scope, since)
);
CREATE TABLE shadow_tallies (
  run INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  live INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (run, hour, live)
) WITHOUT ROWID;
CREATE TABLE shadow_differences (
  run INTEGER NOT NULL,
  at INTEGER NOT NULL,
  decision TEXT NOT NULL,
  differs INTEGER NOT NULL,
  live INTEGER NOT NULL,
  shadow INTEGER NOT NULL,
  -- Each between line ends.
  rules TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (run, at, decision)
) WITHOUT ROWID;
CREATE TABLE shadow_batches (writer TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
-- Runs of canaries, by the revision that began them, and the number of the latest look.
CREATE TABLE canary_runs (
  rule_set TEXT NOT NULL,
  since INTEGER NOT NULL,
  body TEXT NOT NULL,
  look INTEGER NOT NULL,
  latest TEXT,
  PRIMARY KEY (rule_set, since)
) WITHOUT ROWID;
-- What every start of the service counted of a run.
CREATE TABLE canary_parts (
  rule_set TEXT NOT NULL,
  since INTEGER NOT NULL,
  instance TEXT NOT NULL,
  number INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (rule_set, since, instance)
) WITHOUT ROWID;
-- What rules are excepted from: logs by name, of numbered entries about something. Only ever appended to.
CREATE TABLE rule_exceptions (
  log TEXT NOT NULL,
  number INTEGER NOT NULL,
  ref TEXT NOT NULL,
  until INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (log, number)
) WITHOUT ROWID;
CREATE INDEX rule_exceptions_ref ON rule_exceptions (log, ref);
CREATE TABLE layouts (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;

-- Sites and merchants; change is one higher with every change of any of them.
CREATE TABLE sites (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  body TEXT NOT NULL,
  change INTEGER NOT NULL UNIQUE,
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;

-- What was done to keys and certificates: append-only. And when each was last used.
CREATE TABLE key_log (no INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE key_uses (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
`;

/** Steps from an older version, and to which they lead. From 0: a new file. */
const MIGRATIONS: Readonly<Record<number, { readonly to: number; readonly sql: string }>> = {
  0: { to: SCHEMA_VERSION, sql: TABLES },
  8: { to: 9, sql: FROM_8 },
};

/** The statements that lead from a version found in a file to this one; undefined for a file of another release. */
export function migration(from: number): readonly string[] | undefined {
  const steps: string[] = [];
  for (let version = from; version !== SCHEMA_VERSION;) {
    const step = MIGRATIONS[version];
    if (step === undefined) return undefined;
    steps.push(`${step.sql}; PRAGMA user_version = ${step.to};`);
    version = step.to;
  }
  return steps;
}
