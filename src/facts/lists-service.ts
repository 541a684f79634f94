import { TollgateError } from '../errors/errors.js';
import { decodeToken, encodeToken, pageOf, type Page, type PageQuery } from '../paging/paging.js';
import { listCandidates } from './list-candidates.js';
import type { ListIndex } from './list-index.js';
import type { ListEntry, ListInfo, ListStore, ListType, ListUpdate } from './list-store.js';
import type { ListValue } from './normalise-list-value.js';

/** A membership as it is handed in. */
export interface EntryInput {
  /** As written; normalised by the type of its list. */
  readonly value: string;
  readonly reason: string;
  readonly actor: string;
  readonly source: string;
  /** Epoch ms; undefined: now. */
  readonly validFrom: number | undefined;
  /** Epoch ms; undefined: until removed. */
  readonly validUntil: number | undefined;
}

/** An entry that an import could not take. */
export interface EntryProblem {
  /** 1 is the first entry. */
  readonly position: number;
  readonly value: string;
  readonly reason: string;
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

/** Lists: changed and read through the store, looked up in memory. Throws TollgateError. */
export interface ListsService {
  create(list: Omit<ListInfo, 'entries' | 'revision'>): Promise<ListInfo>;
  list(page: PageQuery): Promise<Page<ListInfo>>;
  add(list: string, entries: readonly EntryInput[]): Promise<ListUpdate>;
  remove(
    list: string,
    values: readonly string[],
    actor: string,
    reason: string,
  ): Promise<{ readonly removed: number; readonly unknown: number; readonly revision: number }>;
  /** `asOf` epoch ms; undefined: now. */
  check(
    list: string,
    value: string,
    asOf: number | undefined,
  ): Promise<{ readonly normalised: string; readonly entry: ListEntry | undefined }>;
  entries(list: string, asOf: number | undefined, page: PageQuery): Promise<Page<ListEntry>>;
  /** Nothing is visible before the batches end; when they fail nothing is changed. */
  import(settings: ImportSettings, batches: AsyncIterable<readonly EntryInput[]>): Promise<ImportResult>;
  export(list: string, asOf: number | undefined): AsyncIterable<readonly ListEntry[]>;
  /** Whether a normalised value is on a list: from memory. undefined: no such list. */
  has(list: string, value: string, at: number): boolean | undefined;
  typeOf(list: string): ListType | undefined;
  /** The lists there are, with their types: what rule documents may name. */
  types(): Promise<ReadonlyMap<string, { readonly type: string }>>;
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
  async function infoOf(id: string): Promise<ListInfo> {
    const info = (await store.lists()).find((list) => list.id === id);
    if (info === undefined) throw new TollgateError('LIST_NOT_FOUND', `no list is named ${id}`);
    return info;
  }

  /** The entry as it is kept, or what is wrong with it. */
  function membership(
    list: ListInfo,
    input: EntryInput,
    at: number,
  ): ListEntry | { readonly problem: string } {
    const value = normalise(list.type, input.value);
    if ('problem' in value) return value;
    const validFrom = input.validFrom ?? at;
    if (list.kind === 'allow' && input.validUntil === undefined)
      return { problem: 'an entry of an allow list needs an end: valid_until' };
    if (input.validUntil !== undefined && input.validUntil <= validFrom)
      return { problem: 'valid_until is not after valid_from' };
    return {
      value: value.ok,
      reason: input.reason,
      actor: input.actor,
      source: input.source,
      validFrom,
      validUntil: input.validUntil ?? Infinity,
    };
  }

  function valueOf(list: ListInfo, text: string, field: string): string {
    const value = normalise(list.type, text);
    if ('ok' in value) return value.ok;
    throw new TollgateError('INVALID_REQUEST', `${field}: ${value.problem}`, {
      violations: [{ field, description: value.problem }],
    });
  }

  const refresh = async (): Promise<void> => {
    await index.follow(store);
  };

  return {
    async create(list) {
      if ((await store.create(list)) === 'exists') {
        const there = await infoOf(list.id);
        const same =
          there.type === list.type &&
          there.kind === list.kind &&
          there.description === list.description &&
          there.owner === list.owner;
        if (!same)
          throw new TollgateError('LIST_EXISTS', `a list named ${list.id} exists with other settings`);
      }
      await refresh();
      return infoOf(list.id);
    },

    list: async (page) => pageOf(sorted(await store.lists()), ({ id }) => id, page),

    async add(id, inputs) {
      const list = await infoOf(id);
      const at = now();
      const entries: ListEntry[] = [];
      const violations: { field: string; description: string }[] = [];
      for (const [position, input] of inputs.entries()) {
        const entry = membership(list, input, at);
        if ('problem' in entry)
          violations.push({ field: `entries[${position}]`, description: entry.problem });
        else entries.push(entry);
      }
      const first = violations[0];
      if (first !== undefined)
        throw new TollgateError('INVALID_REQUEST', `${first.field}: ${first.description}`, { violations });
      const update = await store.add(id, entries, at);
      await refresh();
      return update;
    },

    async remove(id, values) {
      const list = await infoOf(id);
      const normalised = values.map((value, position) => valueOf(list, value, `values[${position}]`));
      const update = await store.remove(id, normalised, now());
      await refresh();
      return { removed: update.removed, unknown: values.length - update.removed, revision: update.revision };
    },

    async check(id, text, asOf) {
      const list = await infoOf(id);
      const normalised = valueOf(list, text, 'value');
      const found = await store.check(id, listCandidates(list.type, normalised), asOf ?? now());
      const entry = found.toSorted((a, b) => b.value.length - a.value.length)[0];
      return { normalised, entry };
    },

    async entries(id, asOf, { size, token }) {
      await infoOf(id);
      const after = token === '' ? undefined : decodeToken(token);
      const found = await store.entries(id, asOf ?? now(), size + 1, after);
      const items = found.slice(0, size);
      const last = items.at(-1);
      return { items, next: found.length > size && last !== undefined ? encodeToken(last.value) : '' };
    },

    async import(settings, batches) {
      const list = await infoOf(settings.list);
      const at = now();
      let position = 0;
      let invalid = 0;
      const problems: EntryProblem[] = [];
      async function* memberships(): AsyncIterable<readonly ListEntry[]> {
        for await (const batch of batches) {
          const entries: ListEntry[] = [];
          for (const input of batch) {
            position += 1;
            const { actor, source } = settings;
            const entry = membership(
              list,
              { ...input, actor: input.actor || actor, source: input.source || source },
              at,
            );
            if (!('problem' in entry)) {
              entries.push(entry);
              continue;
            }
            invalid += 1;
            if (problems.length < MAX_PROBLEMS)
              problems.push({ position, value: input.value, reason: entry.problem });
          }
          yield entries;
        }
      }
      const { replace, dryRun } = settings;
      const update = await store.import(settings.list, memberships(), { replace, dryRun, now: at });
      if (!dryRun) await refresh();
      return { ...update, invalid, problems };
    },

    async *export(id, asOf) {
      await infoOf(id);
      const at = asOf ?? now();
      let after: string | undefined;
      for (;;) {
        const entries = await store.entries(id, at, EXPORT_PAGE, after);
        if (entries.length === 0) return;
        yield entries;
        after = entries.at(-1)?.value;
      }
    },

    has: (list, value, at) => index.has(list, value, at),
    typeOf: (list) => index.typeOf(list),
    types: async () => new Map((await store.lists()).map(({ id, type }) => [id, { type }])),
    refresh,
  };
}

function sorted(lists: readonly ListInfo[]): readonly ListInfo[] {
  return lists.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
