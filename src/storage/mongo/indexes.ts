import type { Db, IndexDescription } from 'mongodb';

/** Names of all collections. */
export const COLLECTIONS = {
  entries: 'entries',
  logs: 'logs',
  meta: 'meta',
  counters: 'limitCounters',
  holds: 'limitHolds',
  lists: 'lists',
  memberships: 'listMemberships',
  listChanges: 'listChanges',
  versions: 'ruleVersions',
  publications: 'rulePublications',
  stages: 'ruleStages',
  evidence: 'ruleEvidence',
  drafts: 'ruleDrafts',
  canaryRuns: 'canaryRuns',
  canaryParts: 'canaryParts',
  exceptions: 'ruleExceptions',
  layouts: 'layouts',
  shadowRuns: 'shadowRuns',
  shadowTallies: 'shadowTallies',
  shadowDifferences: 'shadowDifferences',
  sites: 'sites',
  keyLog: 'keyLog',
  keyUses: 'keyUses',
} as const;

/** What carries a key, newest first. */
export const KEY_INDEX = 'keys';
/** Decisions by time. What is newest stands at its end, where a database inserts fastest; lists read it backwards. */
export const DECISION_INDEX = 'decisions';

/** Memberships by the revisions that ended them. */
export const ENDS_INDEX = 'ends';

/** What the names of collections begin with that hold the entries of imports until they switch; more in lists/staging.ts. */
export const STAGING = 'listStaging.';

interface Index {
  readonly collection: string;
  readonly key: IndexDescription['key'];
  readonly options?: Omit<IndexDescription, 'key'>;
}

/**
 * Every index there is. Assumed shard keys on a sharded cluster: entries {_id: 'hashed'}, limitCounters and limitHolds
 * {_id: 'hashed'}, listMemberships {list: 1, v: 1}; all others stay unsharded.
 */
const INDEXES: readonly Index[] = [
  /** The tail of a log, in order. */
  { collection: COLLECTIONS.entries, key: { l: 1, n: 1 } },
  { collection: COLLECTIONS.entries, key: { k: 1, m: -1 }, options: { name: KEY_INDEX } },
  {
    collection: COLLECTIONS.entries,
    key: { a: 1, n: 1, l: 1 },
    options: { name: DECISION_INDEX, partialFilterExpression: { o: { $exists: true } } },
  },
  { collection: COLLECTIONS.logs, key: { alive: 1 } },
  /** Reservations that were left half done, holds that run out, and what is to be forgotten. */
  { collection: COLLECTIONS.counters, key: { 'p.e': 1 } },
  { collection: COLLECTIONS.counters, key: { f: 1 } },
  {
    collection: COLLECTIONS.holds,
    key: { e: 1 },
    options: { partialFilterExpression: { e: { $exists: true } } },
  },
  { collection: COLLECTIONS.holds, key: { f: 1 } },
  /** Memberships of a value, by their beginnings. */
  { collection: COLLECTIONS.memberships, key: { list: 1, v: 1, from: 1, r: 1 }, options: { unique: true } },
  /** Changes after a revision: memberships made, memberships ended. */
  { collection: COLLECTIONS.memberships, key: { list: 1, r: 1 } },
  {
    collection: COLLECTIONS.memberships,
    key: { list: 1, 'ends.r': 1 },
    options: { name: ENDS_INDEX, partialFilterExpression: { ends: { $exists: true } } },
  },
  /** What was known when. */
  { collection: COLLECTIONS.listChanges, key: { list: 1, at: -1, r: -1 } },
  /** Ends that are still to come. */
  {
    collection: COLLECTIONS.memberships,
    key: { list: 1, 'ends.u': 1 },
    options: { partialFilterExpression: { ends: { $exists: true } } },
  },
  /** Memberships that begin or end by themselves: to count what is in force without reading all. */
  {
    collection: COLLECTIONS.memberships,
    key: { list: 1, until: 1 },
    options: { partialFilterExpression: { until: { $exists: true } } },
  },
  {
    collection: COLLECTIONS.memberships,
    key: { list: 1, from: 1 },
    options: { partialFilterExpression: { later: true } },
  },
  { collection: COLLECTIONS.publications, key: { ruleSet: 1, revision: -1 } },
  /** Those that the stages may not show yet: next to none. */
  {
    collection: COLLECTIONS.publications,
    key: { pending: 1 },
    options: { partialFilterExpression: { pending: true } },
  },
  /** Of a rule set exactly one version is active in a scope, and at most one in canary, whoever publishes. */
  ...(['active', 'canary'] as const).map((stage) => ({
    collection: COLLECTIONS.stages,
    key: { ruleSet: 1, scope: 1 } as const,
    options: { name: stage, unique: true, partialFilterExpression: { stage } },
  })),
  { collection: COLLECTIONS.evidence, key: { ruleSet: 1, version: 1, number: 1 } },
  { collection: COLLECTIONS.shadowRuns, key: { ruleSet: 1, version: 1 } },
  { collection: COLLECTIONS.shadowRuns, key: { lastAt: 1 } },
  { collection: COLLECTIONS.shadowTallies, key: { run: 1, hour: 1, live: 1 } },
  { collection: COLLECTIONS.shadowDifferences, key: { run: 1, at: -1, decision: -1 } },
  { collection: COLLECTIONS.canaryParts, key: { run: 1 } },
  { collection: COLLECTIONS.exceptions, key: { log: 1, number: 1 } },
  { collection: COLLECTIONS.exceptions, key: { log: 1, ref: 1 } },
  { collection: COLLECTIONS.sites, key: { change: 1 } },
  { collection: COLLECTIONS.versions, key: { ruleSet: 1, version: -1 } },
];

/** Creates what is missing: all of a collection at once, since a majority has to confirm each step. */
export async function createIndexes(db: Db): Promise<void> {
  for (const collection of new Set(INDEXES.map((index) => index.collection))) {
    const own = INDEXES.filter((index) => index.collection === collection);
    await db
      .collection(collection)
      .createIndexes(own.map(({ key, options }): IndexDescription => ({ ...options, key })));
  }
}
