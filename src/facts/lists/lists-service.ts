import { createListsKeeping, type ListsKeeping } from './lists-keeping.js';
import { createListsReading, type ListsReading, type ListsReadingOptions } from './lists-reading.js';
import type { ListIndex } from './list-index.js';
import type { ListStore, ListType } from './list-store.js';

/**
 * Lists: changed and read through the store, looked up in memory. A change is in force here when it is answered, unless
 * the store went away meanwhile: then with the next `refresh`. Throws TollgateError.
 */
export interface ListsService extends ListsReading, ListsKeeping {
  /** Whether a normalised value is on a list: from memory. undefined: no such list. */
  has(list: string, value: string, at: number): boolean | undefined;
  typeOf(list: string): ListType | undefined;
  /** The last change of a list that is known in memory; 0 when there is none, or no such list. */
  revision(list: string): number;
  /** Whether a list is in memory with all that was on it at some moment; not so while it is read for the first time. */
  isWhole(list: string): boolean;
  /** What was stored at this moment, epoch ms, is known in memory. */
  knownAt(): number;
  /** Does some work, a minute at most, during which none of these lists is deleted. */
  keep: ListStore['keep'];
  /** Brings the memory up to what is stored. Lists that were deleted stay in memory until `forgetDeleted`. */
  refresh(): Promise<void>;
  /** Takes lists out of memory that the last `refresh` found deleted: for when rules that read them have gone, too. */
  forgetDeleted(): void;
}

/** What the service works with. */
export interface ListsOptions extends ListsReadingOptions {
  readonly index: ListIndex;
}

/** Lists over a store and an index in memory. */
export function createListsService({ index, ...options }: ListsOptions): ListsService {
  const { store, now } = options;
  let knownAt = 0;
  const refresh = async (): Promise<void> => {
    const asked = now();
    await index.follow(store);
    knownAt = Math.max(knownAt, asked);
  };
  return {
    ...createListsReading(options),
    ...createListsKeeping({ ...options, refresh }),
    has: (list, value, at) => index.has(list, value, at),
    typeOf: (list) => index.typeOf(list),
    revision: (list) => index.revision(list),
    isWhole: (list) => index.isWhole(list),
    knownAt: () => knownAt,
    keep: (lists, work) => store.keep(lists, work),
    refresh,
    forgetDeleted: () => index.forgetDeleted(),
  };
}
