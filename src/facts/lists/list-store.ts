/** What an entry of a list is. */
export const LIST_TYPES = [
  'card',
  'bin',
  'email',
  'email-domain',
  'ip',
  'country',
  'phone',
  'device',
  'customer',
  'address',
] as const;
export type ListType = (typeof LIST_TYPES)[number];

/** What being on a list means. */
export const LIST_KINDS = ['block', 'allow', 'watch', 'embargo', 'custom'] as const;
export type ListKind = (typeof LIST_KINDS)[number];

/** A list, without what has to be counted. */
export interface ListHead {
  /** 1 to 64 of [a-z0-9-]. */
  readonly id: string;
  readonly type: ListType;
  readonly kind: ListKind;
  readonly description: string;
  readonly owner: string;
  /** Grows with every change of the list. */
  readonly revision: number;
}

/** A list. */
export interface ListInfo extends ListHead {
  /** Entries in force when asked. */
  readonly entries: number;
}

/** Who ended a membership before its time, and why. */
export interface Ender {
  readonly actor: string;
  readonly reason: string;
}

/** One membership: [validFrom, validUntil). Never overwritten: what is said later only sets its end. */
export interface ListEntry {
  /** Normalised for the list's type. */
  readonly value: string;
  readonly reason: string;
  readonly actor: string;
  readonly source: string;
  /** Epoch ms. */
  readonly validFrom: number;
  /** Epoch ms; Infinity: until removed. */
  readonly validUntil: number;
  /** Where `validUntil` is not the end it was made with. */
  readonly ended?: Ender;
}

/** A change as other instances follow it: the membership of `entry` as it stands after `revision`. */
export interface ListChange {
  readonly list: string;
  readonly revision: number;
  readonly entry: ListEntry;
}

/** Counts of a change. */
export interface ListUpdate {
  /** Memberships made. */
  readonly added: number;
  /** Values of which something ended without anything in its place. */
  readonly removed: number;
  /** Memberships that were there already; of a removal: values that were not on the list. */
  readonly unchanged: number;
  readonly revision: number;
}

/** Which memberships to show. */
export interface EntryQuery {
  /** Those that hold at this moment, epoch ms. */
  readonly asOf: number;
  /** By what was known at this moment, epoch ms; left out: by all that is known. */
  readonly knownAt?: number | undefined;
  /** By what was known at this revision of the list. */
  readonly revision?: number;
  /** Also those that begin after `asOf`. */
  readonly planned?: boolean;
}

/** A place in the order of values and beginnings. */
export type EntryPlace = Pick<ListEntry, 'value' | 'validFrom'>;

/** How an import is to be taken. */
export interface ImportOptions {
  /** The stream becomes the whole list, now and later. */
  readonly replace: boolean;
  readonly dryRun: boolean;
  /** Who ends what is replaced. */
  readonly by: Ender;
  /** Epoch ms; asked when the moment has come. */
  readonly now: () => number;
}

/** How many entries of one value an import may hold. */
export const MAX_ENTRIES_OF_VALUE = 100;

/** How many entries an import may hold. */
export const MAX_ENTRIES_OF_IMPORT = 5_000_000;

/**
 * Lists at rest. Values arrive normalised. All times are handed in. A value has any number of memberships, one after the
 * other: what becomes of them when more is said is told by `placeEntries` and `endAll` in timeline.ts. `revision`
 * and the moment of a change only grow, so that it is known when anything became known.
 */
export interface ListStore {
  /** Makes a list; 'exists' when one with this id is there (with whatever settings). */
  create(list: Omit<ListInfo, 'entries' | 'revision'>): Promise<'created' | 'exists'>;
  lists(): Promise<readonly ListInfo[]>;
  /** The same at a small price, however long the lists are. */
  heads(): Promise<readonly ListHead[]>;
  /** Adds memberships, in this order. What changes nothing gets no revision. */
  add(list: string, entries: readonly ListEntry[], now: number): Promise<ListUpdate>;
  /** Ends memberships in force now, and those that would begin later. */
  remove(list: string, values: readonly string[], by: Ender, now: number): Promise<ListUpdate>;
  /** Memberships of these values. */
  check(list: string, values: readonly string[], query: EntryQuery): Promise<readonly ListEntry[]>;
  /** Memberships by value and beginning, after `after`. */
  entries(
    list: string,
    query: EntryQuery,
    limit: number,
    after: EntryPlace | undefined,
  ): Promise<readonly ListEntry[]>;
  /**
   * Takes a stream of entries and, once it has ended, switches atomically: readers see all of it or nothing. While it
   * streams the list may be changed as ever; the switch finds the list as those changes left it, and nobody changes it
   * during the switch. `replace` ends every other membership in force, see `endRest`. A dry run only counts.
   * INVALID_REQUEST when a value has more than MAX_ENTRIES_OF_VALUE entries.
   */
  import(
    list: string,
    batches: AsyncIterable<readonly ListEntry[]>,
    options: ImportOptions,
  ): Promise<ListUpdate>;
  /**
   * Memberships changed after a revision, each once, as they stand; those that never come to hold before the others: how
   * instances keep up.
   */
  changes(list: string, afterRevision: number): AsyncIterable<readonly ListChange[]>;
}
