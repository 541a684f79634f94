import { invalidRequest, TollgateError, type FieldViolation } from '../../errors/errors.js';
import { followed } from '../../errors/store-unavailable.js';
import { pageOf, type Page, type PageQuery } from '../../paging/paging.js';
import { deletedList, untilDeletion } from './deletion.js';
import { needsReason, readEntry, type EntryInput } from './entry-input.js';
import { listCandidates } from './candidates.js';
import type { ListIndex } from './list-index.js';
import { invalidEntries, tooManyEntries } from './import-errors.js';
import type { EntryProblem } from './import-errors.js';
import {
  historyPlaceIn,
  placeIn,
  revisionIn,
  tokenOfHistory,
  tokenOfPlace,
  tokenOfRevision,
} from './page-tokens.js';
import { listInUse, type ListReader } from './readers.js';
import { MAX_ENTRIES_OF_IMPORT } from './list-store.js';
import type {
  Ender,
  EntryPlace,
  EntryQuery,
  ImportEntry,
  ImportUpdate,
  ListEntry,
  ListHead,
  ListInfo,
  ListSettings,
  ListStore,
  ListType,
  ListUpdate,
  LoggedChange,
  Membership,
  NewList,
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
  /** Of entries that give none. Left out: they have none. */
  readonly reason?: string;
  /** How many changes of each effect to show. Left out: none. */
  readonly show?: number;
}

/** What an import did, or would do. */
export interface ImportResult extends ImportUpdate {
  readonly invalid: number;
  /** The first 100, or as many as are to be shown. */
  readonly problems: readonly EntryProblem[];
}

/**
 * Lists: changed and read through the store, looked up in memory. A change is in force here when it is answered, unless
 * the store went away meanwhile: then with the next `refresh`. Throws TollgateError.
 */
export interface ListsService {
  create(list: NewList, by: Ender): Promise<ListInfo>;
  /** `deleted`: also lists that were deleted. */
  list(page: PageQuery, deleted?: boolean): Promise<Page<ListInfo>>;
  /** `expected`: the `settings` the caller saw; others are STALE_ETAG. undefined: whatever they are. */
  update(list: string, settings: ListSettings, expected: number | undefined, by: Ender): Promise<ListInfo>;
  /** LIST_IN_USE while rules in force read the list. */
  delete(list: string, by: Ender): Promise<ListInfo>;
  /** The changes of a list, newest first. */
  changes(list: string, page: PageQuery): Promise<Page<LoggedChange>>;
  /** Everything that was said of a value, and of what covers it: newest first. */
  history(
    list: string,
    value: string,
    page: PageQuery,
  ): Promise<{ readonly normalised: string; readonly memberships: Page<Membership> }>;
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
  /** Whether a list is in memory with all that was on it at some moment; not so while it is read for the first time. */
  isWhole(list: string): boolean;
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
  /** Who reads a list. LIST_NOT_FOUND where there never was such a list. */
  readers(list: string): Promise<readonly ListReader[]>;
  /** Does some work, a minute at most, during which none of these lists is deleted. */
  keep: ListStore['keep'];
  /** Brings the memory up to what is stored. Lists that were deleted stay in memory until `forgetDeleted`. */
  refresh(): Promise<void>;
  /** Takes lists out of memory that the last `refresh` found deleted: for when rules that read them have gone, too. */
  forgetDeleted(): void;
}

/** What the service works with. */
export interface ListsOptions {
  readonly store: ListStore;
  readonly index: ListIndex;
  readonly normalise: (type: ListType, value: string) => ListValue;
  readonly now: () => number;
  /** The versions of rule sets that read a list: those in force, and others that are worth naming. */
  readonly readers: (list: string) => Promise<readonly ListReader[]>;
}

const MAX_PROBLEMS = 100;
const EXPORT_PAGE = 1000;

/** Lists over a store and an index in memory. */
export function createListsService({ store, index, normalise, now, readers }: ListsOptions): ListsService {
  async function headOf(id: string): Promise<ListHead> {
    return named(id, await store.heads());
  }

  async function toChange(id: string): Promise<ListHead> {
    const list = await headOf(id);
    if (list.deleted !== undefined) throw deletedList(list);
    return list;
  }

  async function infoOf(id: string): Promise<ListInfo> {
    const info = named(id, await store.lists());
    return info.deleted === undefined ? info : { ...info, entries: 0 };
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
    async create(list, by) {
      if ((await store.create(list, by, now())) === 'created') {
        await followed(refresh());
        return { ...list, entries: 0, revision: 0, settings: 0 };
      }
      const there = named(list.id, await store.lists());
      if (there.deleted !== undefined)
        throw new TollgateError(
          'LIST_EXISTS',
          `there was a list ${list.id}, whose past is kept; take another id`,
        );
      const same =
        there.type === list.type &&
        there.kind === list.kind &&
        there.description === list.description &&
        there.owner === list.owner;
      if (!same) throw new TollgateError('LIST_EXISTS', `a list named ${list.id} exists with other settings`);
      await followed(refresh());
      return there;
    },

    async list(page, deleted = false) {
      const lists = await store.lists();
      const shown = lists.flatMap((list) =>
        list.deleted === undefined ? [list] : deleted ? [{ ...list, entries: 0 }] : [],
      );
      return pageOf(sorted(shown), ({ id }) => id, page);
    },

    async update(id, settings, expected, by) {
      await toChange(id);
      const updated = await store.update(id, settings, expected, by, now());
      if (updated === 'stale')
        throw new TollgateError('STALE_ETAG', `description or owner of list ${id} have changed meanwhile`);
      return await infoOf(id);
    },

    async delete(id, by) {
      const list = await toChange(id);
      if (needsReason(list.kind) && by.reason.trim() === '')
        throw invalidRequest([{ field: 'reason', description: 'is required' }]);
      const mustBeFree = async (): Promise<void> => {
        const inForce = (await readers(id)).filter((reader) => reader.inForce);
        if (inForce.length > 0) throw listInUse(id, inForce);
      };
      // Before anything waits for it.
      await mustBeFree();
      const head = await store.delete(id, by, now(), mustBeFree);
      await followed(refresh());
      return { ...head, entries: 0 };
    },

    async changes(id, { size, token }) {
      await headOf(id);
      const found = await store.log(id, size + 1, revisionIn(token));
      const items = found.slice(0, size);
      const last = items.at(-1);
      return { items, next: found.length > size && last !== undefined ? tokenOfRevision(last.revision) : '' };
    },

    async history(id, text, { size, token }) {
      const list = await headOf(id);
      const normalised = valueOf(list, text);
      const values = listCandidates(list.type, normalised);
      const found = await store.history(id, values, size + 1, historyPlaceIn(token));
      const items = found.slice(0, size);
      const last = items.at(-1);
      const next =
        found.length > size && last !== undefined
          ? tokenOfHistory({ ...last.entry, revision: last.revision })
          : '';
      return { normalised, memberships: { items, next } };
    },

    async add(id, inputs, found) {
      const list = await toChange(id);
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
      const list = await toChange(id);
      const normalised: string[] = [];
      const faults: FieldViolation[] = [];
      if (needsReason(list.kind) && by.reason.trim() === '')
        faults.push({
          field: 'reason',
          description: `is required: why it leaves a list of kind ${list.kind}`,
        });
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
      const query = asked(question);
      const found = await store.check(id, listCandidates(list.type, normalised), query);
      return { normalised, entry: shown(list, query, found)[0] };
    },

    async entries(id, question, { size, token }) {
      const list = await headOf(id);
      const query = asked(question);
      const found = await store.entries(id, query, size + 1, placeIn(token));
      const page = found.slice(0, size);
      const last = page.at(-1);
      const next = found.length > size && last !== undefined ? tokenOfPlace(last) : '';
      return { items: shown(list, query, page), next };
    },

    async import(settings, batches) {
      const list = await toChange(settings.list);
      const at = now();
      let position = 0;
      let invalid = 0;
      const problems: EntryProblem[] = [];
      const { replace, dryRun, actor, source, reason = '', show } = settings;
      const most = show ?? MAX_PROBLEMS;
      async function* memberships(): AsyncIterable<readonly ImportEntry[]> {
        for await (const batch of batches) {
          if (position + batch.length > MAX_ENTRIES_OF_IMPORT) throw tooManyEntries();
          const entries: ImportEntry[] = [];
          for (const input of batch) {
            position += 1;
            const filled = {
              ...input,
              actor: input.actor || actor,
              source: input.source || source,
              reason: input.reason || reason,
            };
            const entry = readEntry(list, filled, at, normalise);
            if ('ok' in entry) {
              entries.push({ ...entry.ok, position });
              continue;
            }
            invalid += 1;
            if (problems.length < most) problems.push({ position, value: input.value, faults: entry.faults });
          }
          yield entries;
        }
        if (replace && !dryRun && invalid > 0) throw invalidEntries(invalid, problems);
      }
      const by = { actor, reason: replace ? `replaced by ${source}` : '' };
      const options = { replace, dryRun, by, now, note: { actor, reason, source }, show: show ?? 0 };
      const update = await store.import(settings.list, memberships(), options);
      if (!dryRun) await followed(refresh());
      return { ...update, invalid, problems };
    },

    async *export(id, question) {
      const list = await headOf(id);
      const { revision } = list;
      // As of one moment and one revision, however long it takes.
      const query = { ...asked(question), revision };
      let after: EntryPlace | undefined;
      for (;;) {
        const entries = await store.entries(id, query, EXPORT_PAGE, after);
        if (entries.length === 0) return;
        yield shown(list, query, entries);
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
    isWhole: (list) => index.isWhole(list),
    knownAt: () => knownAt,
    types: async () =>
      new Map(
        (await store.heads()).flatMap(({ id, type, deleted }) =>
          deleted === undefined ? [[id, { type }] as const] : [],
        ),
      ),
    async readers(id) {
      await headOf(id);
      return await readers(id);
    },
    keep: (lists, work) => store.keep(lists, work),
    refresh,
    forgetDeleted: () => index.forgetDeleted(),
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

/** Entries as they stand where their list was deleted. */
function shown(list: ListHead, query: EntryQuery, entries: readonly ListEntry[]): readonly ListEntry[] {
  if (list.deleted === undefined) return entries;
  return entries.flatMap((entry) => untilDeletion(list, query, entry) ?? []);
}
