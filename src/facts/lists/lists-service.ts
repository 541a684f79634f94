import { invalidRequest, TollgateError, type FieldViolation } from '../../errors/errors.js';
import { followed } from '../../errors/store-unavailable.js';
import {
  badPageToken,
  decodeToken,
  encodeToken,
  pageOf,
  type Page,
  type PageQuery,
} from '../../paging/paging.js';
import { readEntry, type EntryInput } from './entry-input.js';
import { listCandidates } from './candidates.js';
import type { ListIndex } from './list-index.js';
import { invalidEntries, tooManyEntries } from './import-errors.js';
import type { EntryProblem } from './import-errors.js';
import { MAX_ENTRIES_OF_IMPORT } from './list-store.js';
import type {
  Ender,
  EntryPlace,
  EntryQuery,
  ListEntry,
  ListHead,
  ListInfo,
  ListStore,
  ListType,
  ListUpdate,
} from './list-store.js';
import type { ListValue } from './normalise-value.js';

/** Which entries to show. */
export interface EntryQuestion extends Pick<EntryQuery, 'knownAt' | 'planned'> {
  /** Epoch ms; undefined: now. */
  readonly asOf?: number | undefined;
}

/** Settings of an import. */
export interface ImportSettings {
  readonly list: string;
  readonly replace: boolean;
  readonly dryRun: boolean;
  readonly actor: string;
  readonly source: string;
}

/** What an import did, or would do. */
export interface ImportResult extends ListUpdate {
  readonly invalid: number;
  /** The first 100. */
  readonly problems: readonly EntryProblem[];
}

/**
 * Lists: changed and read through the store, looked up in memory. A change is in force here when it is answered, unless
 * the store went away meanwhile: then with the next `refresh`. Throws TollgateError.
 */
export interface ListsService {
  create(list: Omit<ListInfo, 'entries' | 'revision'>): Promise<ListInfo>;
  list(page: PageQuery): Promise<Page<ListInfo>>;
  /** `found`: what is wrong already, whatever the list is; told together with what is found here. */
  add(list: string, entries: readonly EntryInput[], found: readonly FieldViolation[]): Promise<ListUpdate>;
  /** `found`: as for `add`. */
  remove(
    list: string,
    values: readonly string[],
    by: Ender,
    found: readonly FieldViolation[],
  ): Promise<{ readonly removed: number; readonly unknown: number; readonly revision: number }>;
  /** The entry that covers the value most closely. */
  check(
    list: string,
    value: string,
    question: EntryQuestion,
  ): Promise<{ readonly normalised: string; readonly entry: ListEntry | undefined }>;
  entries(list: string, question: EntryQuestion, page: PageQuery): Promise<Page<ListEntry>>;
  /**
   * Nothing is visible before the batches end; when they fail nothing is changed. One that replaces the list fails when an
   * entry is invalid: what it meant would end. INVALID_REQUEST when there are more than MAX_ENTRIES_OF_IMPORT.
   */
  import(settings: ImportSettings, batches: AsyncIterable<readonly EntryInput[]>): Promise<ImportResult>;
  export(list: string, question: EntryQuestion): AsyncIterable<readonly ListEntry[]>;
  /** Whether a normalised value is on a list: from memory. undefined: no such list. */
  has(list: string, value: string, at: number): boolean | undefined;
  typeOf(list: string): ListType | undefined;
  /** The last change of a list that is known in memory; 0 when there is none, or no such list. */
  revision(list: string): number;
  /** What was stored at this moment, epoch ms, is known in memory. */
  knownAt(): number;
  /** The lists there are, with their types: what rule documents may name. */
  types(): Promise<ReadonlyMap<string, { readonly type: string }>>;
  /** The entry that covered one of some normalised values most closely; undefined: none did, or there is no such list. */
  entryOf(
    list: string,
    valuesOf: (type: ListType) => readonly string[],
    query: EntryQuery,
  ): Promise<ListEntry | undefined>;
  /** Brings the memory up to what is stored. */
  refresh(): Promise<void>;
}

/** What the service works with. */
export interface ListsOptions {
  readonly store: ListStore;
  readonly index: ListIndex;
  readonly normalise: (type: ListType, value: string) => ListValue;
  readonly now: () => number;
}

const MAX_PROBLEMS = 100;
const EXPORT_PAGE = 1000;

/** Lists over a store and an index in memory. */
export function createListsService({ store, index, normalise, now }: ListsOptions): ListsService {
  async function headOf(id: string): Promise<ListHead> {
    return named(id, await store.heads());
  }

  function valueOf(list: ListHead, text: string): string {
    const value = normalise(list.type, text);
    if ('ok' in value) return value.ok;
    throw invalidRequest([{ field: 'value', description: value.problem }]);
  }

  const asked = (question: EntryQuestion): EntryQuery => ({ ...question, asOf: question.asOf ?? now() });

  let knownAt = 0;
  const refresh = async (): Promise<void> => {
    const asked = now();
    await index.follow(store);
    knownAt = Math.max(knownAt, asked);
  };

  return {
    async create(list) {
      if ((await store.create(list)) === 'created') {
        await followed(refresh());
        return { ...list, entries: 0, revision: 0 };
      }
      const there = named(list.id, await store.lists());
      const same =
        there.type === list.type &&
        there.kind === list.kind &&
        there.description === list.description &&
        there.owner === list.owner;
      if (!same) throw new TollgateError('LIST_EXISTS', `a list named ${list.id} exists with other settings`);
      await followed(refresh());
      return there;
    },

    list: async (page) => pageOf(sorted(await store.lists()), ({ id }) => id, page),

    async add(id, inputs, found) {
      const list = await headOf(id);
      const at = now();
      const entries: ListEntry[] = [];
      const faults: FieldViolation[] = [];
      for (const [position, input] of inputs.entries()) {
        const entry = readEntry(list, input, at, normalise);
        if ('ok' in entry) entries.push(entry.ok);
        else
          for (const { field, description } of entry.faults)
            faults.push({ field: `entries[${position}].${field}`, description });
      }
      refuse(found, faults);
      const update = await store.add(id, entries, at);
      await followed(refresh());
      return update;
    },

    async remove(id, values, by, found) {
      const list = await headOf(id);
      const normalised: string[] = [];
      const faults: FieldViolation[] = [];
      for (const [position, text] of values.entries()) {
        const value = normalise(list.type, text);
        if ('ok' in value) normalised.push(value.ok);
        else faults.push({ field: `values[${position}]`, description: value.problem });
      }
      refuse(found, faults);
      const update = await store.remove(id, normalised, by, now());
      await followed(refresh());
      return { removed: update.removed, unknown: update.unchanged, revision: update.revision };
    },

    async check(id, text, question) {
      const list = await headOf(id);
      const normalised = valueOf(list, text);
      const found = await store.check(id, listCandidates(list.type, normalised), asked(question));
      return { normalised, entry: found[0] };
    },

    async entries(id, question, { size, token }) {
      await headOf(id);
      const found = await store.entries(id, asked(question), size + 1, placeOf(token));
      const items = found.slice(0, size);
      const last = items.at(-1);
      return { items, next: found.length > size && last !== undefined ? tokenOf(last) : '' };
    },

    async import(settings, batches) {
      const list = await headOf(settings.list);
      const at = now();
      let position = 0;
      let invalid = 0;
      const problems: EntryProblem[] = [];
      async function* memberships(): AsyncIterable<readonly ListEntry[]> {
        for await (const batch of batches) {
          if (position + batch.length > MAX_ENTRIES_OF_IMPORT) throw tooManyEntries();
          const entries: ListEntry[] = [];
          for (const input of batch) {
            position += 1;
            const { actor, source } = settings;
            const by = { actor: input.actor || actor, source: input.source || source };
            const entry = readEntry(list, { ...input, ...by }, at, normalise);
            if ('ok' in entry) {
              entries.push(entry.ok);
              continue;
            }
            invalid += 1;
            if (problems.length < MAX_PROBLEMS)
              problems.push({ position, value: input.value, faults: entry.faults });
          }
          yield entries;
        }
        if (settings.replace && !settings.dryRun && invalid > 0) throw invalidEntries(invalid, problems);
      }
      const { replace, dryRun, actor, source } = settings;
      const by = { actor, reason: replace ? `replaced by ${source}` : '' };
      const update = await store.import(settings.list, memberships(), { replace, dryRun, by, now });
      if (!dryRun) await followed(refresh());
      return { ...update, invalid, problems };
    },

    async *export(id, question) {
      const { revision } = await headOf(id);
      // As of one moment and one revision, however long it takes.
      const query = { ...asked(question), revision };
      let after: EntryPlace | undefined;
      for (;;) {
        const entries = await store.entries(id, query, EXPORT_PAGE, after);
        if (entries.length === 0) return;
        yield entries;
        after = entries.at(-1);
      }
    },

    has: (list, value, at) => index.has(list, value, at),
    typeOf: (list) => index.typeOf(list),
    async entryOf(id, valuesOf, query) {
      const list = (await store.heads()).find((head) => head.id === id);
      if (list === undefined) return undefined;
      for (const value of valuesOf(list.type)) {
        const [entry] = await store.check(id, listCandidates(list.type, value), query);
        if (entry !== undefined) return entry;
      }
      return undefined;
    },

    revision: (list) => index.revision(list),
    knownAt: () => knownAt,
    types: async () => new Map((await store.heads()).map(({ id, type }) => [id, { type }])),
    refresh,
  };
}

/** Throws INVALID_REQUEST when there are faults: of one field only the one that was found first. */
function refuse(found: readonly FieldViolation[], faults: readonly FieldViolation[]): void {
  const named = new Set(found.map(({ field }) => field));
  const all = [...found, ...faults.filter(({ field }) => !named.has(field))];
  if (all.length > 0) throw invalidRequest(all);
}

/** Throws LIST_NOT_FOUND. */
function named<T extends ListHead>(id: string, lists: readonly T[]): T {
  const found = lists.find((list) => list.id === id);
  if (found === undefined) throw new TollgateError('LIST_NOT_FOUND', `no list is named ${id}`);
  return found;
}

function sorted(lists: readonly ListInfo[]): readonly ListInfo[] {
  return lists.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** The beginning first: a value may hold anything. */
function tokenOf({ value, validFrom }: EntryPlace): string {
  return encodeToken(`${validFrom} ${value}`);
}

function placeOf(token: string): EntryPlace | undefined {
  if (token === '') return undefined;
  const [, from, value] = /^(-?\d+) (.*)$/s.exec(decodeToken(token)) ?? [];
  if (from === undefined || value === undefined) throw badPageToken();
  return { value, validFrom: Number(from) };
}
