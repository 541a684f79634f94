import { invalidRequest, TollgateError, type FieldViolation } from '../../errors/errors.js';
import { followed } from '../../errors/store-unavailable.js';
import { needsReason, readEntry, type EntryInput } from './entry-input.js';
import { invalidEntries, tooManyEntries } from './import-errors.js';
import type { EntryProblem } from './import-errors.js';
import { named, toChange } from './known-list.js';
import { MAX_ENTRIES_OF_IMPORT } from './list-store.js';
import type {
  Ender,
  ImportEntry,
  ImportUpdate,
  ListEntry,
  ListInfo,
  ListSettings,
  ListUpdate,
  NewList,
} from './list-store.js';
import type { ListsReadingOptions } from './lists-reading.js';
import { listInUse } from './readers.js';

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
 * What changes lists: through the store. A change is in force here when it is answered, unless the store went away
 * meanwhile: then with the next refresh. Throws TollgateError.
 */
export interface ListsKeeping {
  create(list: NewList, by: Ender): Promise<ListInfo>;
  /** `expected`: the `settings` the caller saw; others are STALE_ETAG. undefined: whatever they are. */
  update(list: string, settings: ListSettings, expected: number | undefined, by: Ender): Promise<ListInfo>;
  /** LIST_IN_USE while rules in force read the list. */
  delete(list: string, by: Ender): Promise<ListInfo>;
  /** `found`: what is wrong already, whatever the list is; told together with what is found here. */
  add(list: string, entries: readonly EntryInput[], found: readonly FieldViolation[]): Promise<ListUpdate>;
  /** `found`: as for `add`. */
  remove(
    list: string,
    values: readonly string[],
    by: Ender,
    found: readonly FieldViolation[],
  ): Promise<{ readonly removed: number; readonly unknown: number; readonly revision: number }>;
  /**
   * Nothing is visible before the batches end; when they fail nothing is changed. One that replaces the list fails when an
   * entry is invalid: what it meant would end. INVALID_REQUEST when there are more than MAX_ENTRIES_OF_IMPORT.
   */
  import(settings: ImportSettings, batches: AsyncIterable<readonly EntryInput[]>): Promise<ImportResult>;
}

/** What keeping works with. */
export interface ListsKeepingOptions extends ListsReadingOptions {
  /** Brings the memory up to what is stored. */
  readonly refresh: () => Promise<void>;
}

const MAX_PROBLEMS = 100;

/** Changes lists in a store. */
export function createListsKeeping(options: ListsKeepingOptions): ListsKeeping {
  const { store, normalise, now, readers, refresh } = options;

  async function infoOf(id: string): Promise<ListInfo> {
    const info = named(id, await store.lists());
    return info.deleted === undefined ? info : { ...info, entries: 0 };
  }

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

    async update(id, settings, expected, by) {
      await toChange(store, id);
      const updated = await store.update(id, settings, expected, by, now());
      if (updated === 'stale')
        throw new TollgateError('STALE_ETAG', `description or owner of list ${id} have changed meanwhile`);
      return await infoOf(id);
    },

    async delete(id, by) {
      const list = await toChange(store, id);
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

    async add(id, inputs, found) {
      const list = await toChange(store, id);
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
      const list = await toChange(store, id);
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

    async import(settings, batches) {
      const list = await toChange(store, settings.list);
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
  };
}

/** Throws INVALID_REQUEST when there are faults: of one field only the one that was found first. */
function refuse(found: readonly FieldViolation[], faults: readonly FieldViolation[]): void {
  const named = new Set(found.map(({ field }) => field));
  const all = [...found, ...faults.filter(({ field }) => !named.has(field))];
  if (all.length > 0) throw invalidRequest(all);
}
