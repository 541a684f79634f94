import { pageOf, type Page, type PageQuery } from '../../paging/paging.js';
import { listCandidates } from './candidates.js';
import { untilDeletion } from './deletion.js';
import { headOf, valueOf, type NormaliseValue } from './known-list.js';
import type {
  EntryPlace,
  EntryQuery,
  ListEntry,
  ListHead,
  ListInfo,
  ListStore,
  ListType,
  LoggedChange,
  Membership,
} from './list-store.js';
import {
  historyPlaceIn,
  placeIn,
  revisionIn,
  tokenOfHistory,
  tokenOfPlace,
  tokenOfRevision,
} from './page-tokens.js';
import type { ListReader } from './readers.js';

/** Which entries to show. */
export interface EntryQuestion extends Pick<EntryQuery, 'knownAt' | 'planned'> {
  /** Epoch ms; undefined: now. */
  readonly asOf?: number | undefined;
}

/** What lists hold and held, who changed them, and who reads them: from the store. Throws TollgateError. */
export interface ListsReading {
  /** `deleted`: also lists that were deleted. */
  list(page: PageQuery, deleted?: boolean): Promise<Page<ListInfo>>;
  /** The changes of a list, newest first. */
  changes(list: string, page: PageQuery): Promise<Page<LoggedChange>>;
  /** Everything that was said of a value, and of what covers it: newest first. */
  history(
    list: string,
    value: string,
    page: PageQuery,
  ): Promise<{ readonly normalised: string; readonly memberships: Page<Membership> }>;
  /** The entry that covers the value most closely. */
  check(
    list: string,
    value: string,
    question: EntryQuestion,
  ): Promise<{ readonly normalised: string; readonly entry: ListEntry | undefined }>;
  entries(list: string, question: EntryQuestion, page: PageQuery): Promise<Page<ListEntry>>;
  export(list: string, question: EntryQuestion): AsyncIterable<readonly ListEntry[]>;
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
}

/** What reading works with. */
export interface ListsReadingOptions {
  readonly store: ListStore;
  readonly normalise: NormaliseValue;
  readonly now: () => number;
  /** The versions of rule sets that read a list: those in force, and others that are worth naming. */
  readonly readers: (list: string) => Promise<readonly ListReader[]>;
}

const EXPORT_PAGE = 1000;

/** Reads lists from a store. */
export function createListsReading({ store, normalise, now, readers }: ListsReadingOptions): ListsReading {
  const asked = (question: EntryQuestion): EntryQuery => ({ ...question, asOf: question.asOf ?? now() });

  return {
    async list(page, deleted = false) {
      const lists = await store.lists();
      const shown = lists.flatMap((list) =>
        list.deleted === undefined ? [list] : deleted ? [{ ...list, entries: 0 }] : [],
      );
      return pageOf(sorted(shown), ({ id }) => id, page);
    },

    async changes(id, { size, token }) {
      await headOf(store, id);
      const found = await store.log(id, size + 1, revisionIn(token));
      const items = found.slice(0, size);
      const last = items.at(-1);
      return { items, next: found.length > size && last !== undefined ? tokenOfRevision(last.revision) : '' };
    },

    async history(id, text, { size, token }) {
      const list = await headOf(store, id);
      const normalised = valueOf(normalise, list, text);
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

    async check(id, text, question) {
      const list = await headOf(store, id);
      const normalised = valueOf(normalise, list, text);
      const query = asked(question);
      const found = await store.check(id, listCandidates(list.type, normalised), query);
      return { normalised, entry: shown(list, query, found)[0] };
    },

    async entries(id, question, { size, token }) {
      const list = await headOf(store, id);
      const query = asked(question);
      const found = await store.entries(id, query, size + 1, placeIn(token));
      const page = found.slice(0, size);
      const last = page.at(-1);
      const next = found.length > size && last !== undefined ? tokenOfPlace(last) : '';
      return { items: shown(list, query, page), next };
    },

    async *export(id, question) {
      const list = await headOf(store, id);
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

    types: async () =>
      new Map(
        (await store.heads()).flatMap(({ id, type, deleted }) =>
          deleted === undefined ? [[id, { type }] as const] : [],
        ),
      ),

    async entryOf(id, valuesOf, query) {
      const list = (await store.heads()).find((head) => head.id === id);
      if (list === undefined) return undefined;
      for (const value of valuesOf(list.type)) {
        const [entry] = await store.check(id, listCandidates(list.type, value), query);
        if (entry !== undefined) return entry;
      }
      return undefined;
    },

    async readers(id) {
      await headOf(store, id);
      return await readers(id);
    },
  };
}

function sorted(lists: readonly ListInfo[]): readonly ListInfo[] {
  return lists.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** Entries as they stand where their list was deleted. */
function shown(list: ListHead, query: EntryQuery, entries: readonly ListEntry[]): readonly ListEntry[] {
  if (list.deleted === undefined) return entries;
  return entries.flatMap((entry) => untilDeletion(list, query, entry) ?? []);
}
