import type { Collection } from 'mongodb';
import type { JournalEntry } from '../../../decisions/ports.js';
import type { Connection } from '../connection.js';
import type { AliasDocument, EntryDocument } from './entry-document.js';
import { duplicatesOf } from '../errors.js';
import { COLLECTIONS } from '../indexes.js';

type Aliased = JournalEntry & { readonly alias: string };

/**
 * Sees to it that an alias belongs to one entry, by a document of its own beside the entries: a unique index could not,
 * where these are sharded by id. It is written before its entry, so that no entry is ever seen without.
 */
export class JournalAliases {
  readonly #connection: Connection;
  readonly #aliases: Collection<AliasDocument>;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#aliases = connection.collection<AliasDocument>(COLLECTIONS.entries);
  }

  /** Holds the aliases of entries that are about to be stored; gives those whose alias another entry has. */
  async hold(entries: readonly JournalEntry[]): Promise<ReadonlySet<JournalEntry>> {
    const aliased = entries.filter(isAliased);
    if (aliased.length === 0) return NOTHING;
    const refused = await this.#connection.run(() => this.#insert(aliased));
    if (refused.length === 0) return NOTHING;
    const held = await this.#connection.run(() => this.#under(refused.map(({ alias }) => alias)));
    return new Set(
      refused.filter(({ id, alias }) => held.get(alias)?.isEntry !== false || held.get(alias)?.c !== id),
    );
  }

  /**
   * Gives back the aliases of entries whose id was there before, under another alias; gives those whose id was an alias
   * itself. What is not given back, because the server went away, stays held for an entry that does not have it.
   */
  async free(duplicates: readonly JournalEntry[]): Promise<readonly JournalEntry[]> {
    if (duplicates.length === 0) return [];
    try {
      return await this.#connection.run(() => this.#free(duplicates));
    } catch {
      // What was stored is stored.
      return [];
    }
  }

  async #free(duplicates: readonly JournalEntry[]): Promise<readonly JournalEntry[]> {
    const found = await this.#under(duplicates.map(({ id }) => id));
    for (const { id, alias } of duplicates) {
      const there = found.get(id);
      if (alias !== undefined && there !== undefined && there.c !== alias)
        await this.#aliases.deleteOne({ _id: alias, c: id });
    }
    return duplicates.filter(({ id }) => found.get(id)?.isEntry === false);
  }

  /** Those that were there before. */
  async #insert(aliased: readonly Aliased[]): Promise<readonly Aliased[]> {
    const documents = aliased.map(({ alias, id }) => ({ _id: alias, c: id }));
    try {
      await this.#aliases.insertMany(documents, { ordered: false });
      return [];
    } catch (error) {
      const duplicates = duplicatesOf(error, documents.length);
      if (duplicates === undefined) throw error;
      return aliased.filter((_, index) => duplicates.has(index));
    }
  }

  async #under(ids: readonly string[]): Promise<ReadonlyMap<string, Found>> {
    const options = { projection: { c: 1, l: 1 } };
    const found = await this.#aliases
      .find<Partial<EntryDocument>>({ _id: { $in: [...ids] } }, options)
      .toArray();
    return new Map(found.map(({ _id, c, l }) => [_id ?? '', { c, isEntry: l !== undefined }]));
  }
}

/** What stands under an id. */
interface Found {
  /** As in the documents. */
  readonly c: string | undefined;
  readonly isEntry: boolean;
}

const NOTHING: ReadonlySet<JournalEntry> = new Set();

function isAliased(entry: JournalEntry): entry is Aliased {
  return entry.alias !== undefined;
}
