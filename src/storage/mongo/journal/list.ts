import type { Document, Filter } from 'mongodb';
import type { DecisionFilter, DecisionPage, StoredEntry } from '../../../decisions/ports.js';
import { mentionsOf, ruleHit, wantedRules } from '../../../decisions/record/rule-hits.js';
import { TollgateError } from '../../../errors/errors.js';
import type { Connection } from '../connection.js';
import { readEntry } from './entry-document.js';
import type { EntryDocument } from './entry-document.js';
import { COLLECTIONS, DECISION_INDEX, KEY_INDEX } from '../indexes.js';
import type { JournalReader } from './query.js';

/** Index entries looked at for a page: a few at first, more when that gave too little. */
const FIRST_WORK = 2_000;
const MOST_WORK = 20_000;
/** Entries that are read at once where more than the page may have to be read. */
const BATCH = 100;

/** A place in the list: everything after it is older. `seq` and `log` tell apart what has the same time. */
interface Place {
  readonly time: number;
  readonly seq: number;
  readonly log: number;
  /** Index entries to look at from here. */
  readonly work: number;
}

/** The index that a list runs over. */
interface Scope {
  readonly filter: Document;
  readonly hint: string;
  /** The field it is ordered by. */
  readonly clock: 'a' | 'm';
}

/**
 * One page of decisions, newest first: by event time, then by sequence, then log. When keys are asked for the index has
 * the later of event time and known time, which are the same for a decision. The work for a page is bounded: a page may
 * be short and lead on.
 */
export async function listDecisions(
  connection: Connection,
  reader: JournalReader,
  filter: DecisionFilter,
  limit: number,
  token: string | undefined,
): Promise<DecisionPage> {
  const scope = scopeOf(filter);
  const bounds = [scope.filter, ...boundsOf(filter, scope)];
  const place = token === undefined ? undefined : placeOf(token);
  if (place) bounds.push(olderThan(place, scope));
  const work = place?.work ?? FIRST_WORK;
  const end = everyEntryFits(filter) ? undefined : await lowest(connection, bounds, scope, work);
  if (end !== undefined) bounds.push({ [scope.clock]: { $gte: end } });
  const found: StoredEntry[] = [];
  const rules = wantedRules(filter);
  const size = rules === undefined ? { limit: limit + 1, batchSize: limit + 1 } : { batchSize: BATCH };
  await reader.each(
    { $and: [...bounds, ...conditionsOf(filter)] } as Filter<EntryDocument>,
    { sort: { [scope.clock]: -1, n: -1, l: -1 }, hint: scope.hint, ...size },
    (raw) => {
      const entry = readEntry(raw);
      if (rules === undefined || ruleHit(entry.decision?.record ?? '', ...rules)) found.push(entry);
    },
    () => found.length <= limit,
  );
  const entries = found.slice(0, limit);
  const last = entries.at(-1)?.event;
  if (found.length > limit && last) {
    const time = scope.clock === 'a' ? last.at : Math.max(last.at, last.knownAt);
    return { entries, next: tokenOf({ time, seq: last.seq, log: last.log, work: FIRST_WORK }) };
  }
  if (end === undefined) return { entries, next: undefined };
  const more = Math.min(MOST_WORK, work * 4);
  return { entries, next: tokenOf({ time: end, seq: 0, log: 0, work: more }) };
}

/** Whether the index alone tells what belongs to the list: then a page never looks further than it is long. */
function everyEntryFits({ keys = [], site, outcomes, degraded, rule, rules }: DecisionFilter): boolean {
  return keys.length === 0 && [site, outcomes, degraded, rule, rules].every((wanted) => wanted === undefined);
}

function scopeOf({ keys }: DecisionFilter): Scope {
  return keys && keys.length > 0
    ? { filter: { k: keys[0] }, hint: KEY_INDEX, clock: 'm' }
    : { filter: { o: { $exists: true } }, hint: DECISION_INDEX, clock: 'a' };
}

/** What the index can bound by itself. The later of two times is not before one of them, but may be after it. */
function boundsOf({ from, to }: DecisionFilter, { clock }: Scope): Document[] {
  const bounds: Document[] = [];
  if (from !== undefined) bounds.push({ [clock]: { $gte: from } });
  if (to !== undefined && clock === 'a') bounds.push({ a: { $lt: to } });
  return bounds;
}

function conditionsOf(filter: DecisionFilter): Document[] {
  const conditions: Document[] = [{ o: { $exists: true } }];
  if (filter.keys && filter.keys.length > 1) conditions.push({ k: { $all: filter.keys } });
  if (filter.site !== undefined) conditions.push({ s: filter.site });
  if (filter.outcomes) conditions.push({ o: { $in: filter.outcomes } });
  if (filter.degraded !== undefined) conditions.push({ d: filter.degraded });
  const mentions = mentionsOf(wantedRules(filter) ?? []);
  if (mentions !== undefined && mentions.length > 0) {
    const held = mentions.map((mention) => ({ $gte: [{ $indexOfBytes: ['$r', { $literal: mention }] }, 0] }));
    conditions.push({ $expr: { $or: held } });
  }
  if (filter.from !== undefined) conditions.push({ a: { $gte: filter.from } });
  if (filter.to !== undefined) conditions.push({ a: { $lt: filter.to } });
  return conditions;
}

function olderThan({ time, seq, log }: Place, { clock }: Scope): Document {
  return {
    [clock]: { $lte: time },
    $or: [{ [clock]: { $lt: time } }, { n: { $lt: seq } }, { n: seq, l: { $lt: log } }],
  };
}

/** The time down to which one page looks; undefined: to the end. */
async function lowest(
  connection: Connection,
  bounds: readonly Document[],
  { hint, clock }: Scope,
  work: number,
): Promise<number | undefined> {
  const entries = connection.collection<EntryDocument>(COLLECTIONS.entries);
  const filter = { $and: bounds } as Filter<EntryDocument>;
  const found = await connection.run(() =>
    entries
      .find(filter, { projection: { _id: 0, [clock]: 1 }, hint })
      .sort({ [clock]: -1 })
      .skip(work)
      .limit(1)
      .toArray(),
  );
  return found[0]?.[clock];
}

const TOKEN = /^1~(-?\d{1,17}(?:\.\d+)?)~(\d{1,16})~(\d{1,10})~(\d{1,5})$/;

function tokenOf({ time, seq, log, work }: Place): string {
  return Buffer.from(`1~${time}~${seq}~${log}~${work}`).toString('base64url');
}

function placeOf(token: string): Place {
  const match = token.length > 100 ? null : TOKEN.exec(Buffer.from(token, 'base64url').toString('latin1'));
  if (!match) {
    throw new TollgateError('INVALID_REQUEST', 'the page token is none of ours', {
      violations: [{ field: 'page_token', description: 'is not a token that was handed out' }],
    });
  }
  const [time, seq, log, work] = match.slice(1).map(Number) as [number, number, number, number];
  return { time, seq, log, work: Math.min(Math.max(work, FIRST_WORK), MOST_WORK) };
}
