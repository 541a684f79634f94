const BEGUN = 'FROM list_entries AS e WHERE e.list = c.list AND e.rev = c.rev ORDER BY e.value LIMIT 1';
const ENDED = 'FROM list_ends AS x WHERE x.list = c.list AND x.ended_rev = c.rev ORDER BY x.value LIMIT 1';

/**
 * From the first layout that people may have: one version of a rule set was active for all sites, or none, and of a change
 * of a list only its moment was kept. Frozen: what comes later is another step.
 */
export const FROM_8 = `
ALTER TABLE lists RENAME TO lists_8;
CREATE TABLE lists (
  no INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  kind TEXT NOT NULL,
  description TEXT NOT NULL,
  owner TEXT NOT NULL,
  revision INTEGER NOT NULL,
  settings INTEGER NOT NULL,
  deleted_at INTEGER,
  deleted_by TEXT,
  deleted_reason TEXT
);
INSERT INTO lists
  SELECT no, id, type, kind, description, owner, revision, 0, NULL, NULL, NULL FROM lists_8;
DROP TABLE lists_8;

ALTER TABLE list_changes RENAME TO list_changes_8;
DROP INDEX list_changes_at;
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
-- What was done is told by the memberships that it began and ended; who did it, by the first of them.
INSERT INTO list_changes
  SELECT list, rev, at,
    iif(added > 0, 'added', 'removed'),
    coalesce((SELECT actor ${BEGUN}), (SELECT actor ${ENDED}), ''),
    coalesce((SELECT reason ${BEGUN}), (SELECT reason ${ENDED}), ''),
    coalesce((SELECT source ${BEGUN}), ''),
    added,
    removed
  FROM (
    SELECT list, rev, at,
      (SELECT count(*) FROM list_entries AS e WHERE e.list = old.list AND e.rev = old.rev) AS added,
      (SELECT count(DISTINCT value) FROM list_ends AS x WHERE x.list = old.list AND x.ended_rev = old.rev
        AND NOT EXISTS (SELECT 1 FROM list_entries AS e
          WHERE e.list = x.list AND e.value = x.value AND e.rev = x.ended_rev)) AS removed
    FROM list_changes_8 AS old
  ) AS c;
DROP TABLE list_changes_8;

-- What is active is what the newest publication said.
UPDATE publications SET body = json_set(body, '$.scope', 'all', '$.version',
  iif(body ->> 'step' = 'activate', body ->> 'to', body ->> 'from'));
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
INSERT INTO rule_stages
  SELECT rule_set, 'all', version, stage, json_object('ruleSet', rule_set, 'scope', 'all', 'version', version,
    'stage', stage, 'since', since,
    'sinceAt', (SELECT body ->> 'at' FROM publications AS p WHERE p.rule_set = put.rule_set AND revision = since))
  FROM (
    SELECT rule_set, version, iif(last = newest, 'active', 'archived') AS stage,
      -- The one after the last that made it active took it out again.
      iif(last = newest, last, last + 1) AS since
    FROM (
      SELECT rule_set, body ->> 'to' AS version, max(revision) AS last,
        (SELECT max(revision) FROM publications AS p WHERE p.rule_set = publications.rule_set) AS newest
      FROM publications WHERE body ->> 'to' > 0 GROUP BY rule_set, body ->> 'to'
    )
  ) AS put;
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

-- What was done to keys and certificates: append-only. And when each was last used.
CREATE TABLE key_log (no INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE key_uses (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
`;
