import type {
  AppendResult,
  DecisionFilter,
  Journal,
  JournalEntry,
  JournalQuery,
  StoredEntry,
} from '../decisions/ports.js';
import { ruleHit, wantedRules } from '../decisions/record/rule-hits.js';
import { TollgateError } from '../errors/errors.js';
import type { KeyRange, StreamEvent } from '../facts/stream.js';

const LOG = 1;
const HASH_KEY = Uint8Array.from({ length: 32 }, (_, index) => index * 7 + 1);

/** A journal that forgets everything when the process ends. For rehearsals only: nothing in it is durable. */
export function createMemoryJournal(appendsInFlight = 1): Journal {
  const entries: StoredEntry[] = [];
  const byId = new Map<string, StoredEntry>();
  const byKey = new Map<number, StreamEvent[]>();

  function appendOne(entry: JournalEntry): AppendResult {
    const { id, alias } = entry;
    const known = [byId.get(id), alias === undefined ? undefined : byId.get(alias)].filter(
      (one) => one !== undefined,
    );
    if (known.some((one) => one.id !== id)) return 'taken';
    if (known.length > 0) return 'duplicate';
    byId.set(id, entry);
    if (alias !== undefined) byId.set(alias, entry);
    entries.push(entry);
    for (const key of entry.keys) {
      const events = byKey.get(key);
      if (events === undefined) byKey.set(key, [entry.event]);
      else events.push(entry.event);
    }
    return 'stored';
  }

  function inRange({ key, from }: KeyRange): readonly StreamEvent[] {
    return (byKey.get(key) ?? []).filter(({ at, knownAt }) => Math.max(at, knownAt) > from);
  }

  return {
    log: LOG,
    get lastSeq() {
      return entries.at(-1)?.event.seq ?? 0;
    },
    hashKey: HASH_KEY,
    appendsInFlight,
    append: async (batch) => batch.map(appendOne),
    query: async ({ ids, ranges, longest = Infinity }: JournalQuery) => ({
      entries: ids.map((id) => byId.get(id)),
      ranges: ranges.map(inRange).map((events) => (events.length > longest ? undefined : events)),
      tail: [],
    }),
    heads: async () => new Map(),
    async list(filter, limit, token) {
      const after = token === undefined ? undefined : placeOf(token);
      const found = entries
        .filter((entry) => matches(entry, filter))
        .map((entry) => ({ entry, at: entry.event.at, seq: entry.event.seq }))
        .filter((one) => after === undefined || newestFirst(after, one) < 0)
        .sort(newestFirst);
      const page = found.slice(0, limit);
      const last = page.at(-1);
      const more = found.length > limit && last !== undefined;
      return {
        entries: page.map(({ entry }) => entry),
        next: more ? `${last.at}~${last.seq}` : undefined,
      };
    },
    async *scan(after, batch) {
      const rest = entries.filter(({ event }) => event.seq > (after.get(LOG) ?? 0));
      for (let from = 0; from < rest.length; from += batch) yield rest.slice(from, from + batch);
    },
  };
}

interface Place {
  readonly at: number;
  readonly seq: number;
}

function newestFirst(a: Place, b: Place): number {
  return b.at - a.at || b.seq - a.seq;
}

function placeOf(token: string): Place {
  const match = /^(-?\d{1,17}(?:\.\d+)?)~([1-9]\d{0,15})$/.exec(token);
  if (match === null) throw new TollgateError('INVALID_REQUEST', 'the page token is none of ours');
  return { at: Number(match[1]), seq: Number(match[2]) };
}

function matches({ decision, event, keys }: StoredEntry, filter: DecisionFilter): boolean {
  if (decision === undefined) return false;
  if (filter.site !== undefined && decision.site !== filter.site) return false;
  if (filter.outcomes !== undefined && !filter.outcomes.includes(decision.outcome)) return false;
  if (filter.from !== undefined && event.at < filter.from) return false;
  if (filter.to !== undefined && event.at >= filter.to) return false;
  if (filter.degraded !== undefined && decision.degraded !== filter.degraded) return false;
  const rules = wantedRules(filter);
  if (rules !== undefined && !ruleHit(decision.record, ...rules)) return false;
  return (filter.keys ?? []).every((key) => keys.includes(key));
}
