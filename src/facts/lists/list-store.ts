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
  /** The revision that last changed description or owner; 0: none did. */
  readonly settings: number;
  /** Where it was deleted: nothing is on it from then on. */
  readonly deleted?: Deletion;
}

/** Who deleted a list, when and why. */
export interface Deletion extends Ender {
  /** Epoch ms. */
  readonly at: number;
}

/** A list to make. */
export type NewList = Omit<ListHead, 'revision' | 'settings' | 'deleted'>;

/** A list. */
export interface ListInfo extends ListHead {
  /** Entries in force when asked. */
  readonly entries: number;
}

/** Who did something, and why: mostly who ended a membership before its time. */
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

/** A change as other instances follow it: when the membership of `entry` holds after `revision`. */
export interface ListChange {
  readonly list: string;
  readonly revision: number;
  readonly entry: Pick<ListEntry, 'value' | 'validFrom' | 'validUntil'>;
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

/** What can be done to a list. */
export const CHANGE_KINDS = [
  'added',
  'removed',
  'imported',
  'replaced',
  'updated',
  'deleted',
  'created',
] as const;

/** What is kept of a change of a list. */
export interface ChangeNote {
  readonly kind: (typeof CHANGE_KINDS)[number];
  /** Of entries added in one call: that of the first. So are reason and source. */
  readonly actor: string;
  readonly reason: string;
  readonly source: string;
}

/** One line of the log of a list. Append-only. */
export interface LoggedChange extends ChangeNote {
  /** 0: it was made. */
  readonly revision: number;
  /** Epoch ms. */
  readonly at: number;
  /** As in `ListUpdate`. */
  readonly added: number;
  readonly removed: number;
}

/** An end that was given to a membership. */
export interface MembershipEnd extends Ender {
  /** Epoch ms; not after its beginning: it never held. */
  readonly at: number;
  /** When it became known, epoch ms. */
  readonly knownAt: number;
  readonly revision: number;
}

/** A membership as it was said, and what became of it. */
export interface Membership {
  /** As it was said: without `ended`. */
  readonly entry: ListEntry;
  /** When it became known, epoch ms. */
  readonly knownAt: number;
  readonly revision: number;
  /** As they became known. */
  readonly ends: readonly MembershipEnd[];
}

/** A place in the history of values: newest first by revision, then by value and beginning. */
export interface HistoryPlace extends EntryPlace {
  readonly revision: number;
}

/** What an import does to a membership. */
export interface ImportChange {
  readonly effect: 'added' | 'removed' | 'unchanged';
  /** Of the entry that says so; undefined: none does. */
  readonly position: number | undefined;
  /** As it is to be; what is removed, as it was. */
  readonly entry: ListEntry;
}

/** An entry of an import. */
export interface ImportEntry extends ListEntry {
  /** Its place in what the caller sent, from 1 on; left out: in what arrives here. */
  readonly position?: number;
}

/** What an import did or would do. */
export interface ImportUpdate extends ListUpdate {
  /** The first of each effect, where they are to be shown. */
  readonly shown?: readonly ImportChange[];
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
  /** What is kept of the change. Left out: of `by`. */
  readonly note?: Omit<ChangeNote, 'kind'>;
  /** How many changes of each effect to show. Left out: none. */
  readonly show?: number;
  /** Epoch ms; asked when the moment has come. */
  readonly now: () => number;
}

/** How many entries of one value an import may hold. */
export const MAX_ENTRIES_OF_VALUE = 100;

/** How many entries an import may hold. */
export const MAX_ENTRIES_OF_IMPORT = 5_000_000;

/** What is to describe a list; undefined: as it is. */
export interface ListSettings {
  readonly description: string | undefined;
  readonly owner: string | undefined;
}

/**
 * Lists at rest. Values arrive normalised. All times are handed in. A value has any number of memberships, one after the
 * other: what becomes of them when more is said is told by `placeEntries` and `endAll` in timeline.ts. `revision`
 * and the moment of a change only grow, so that it is known when anything became known.
 */
export interface ListStore {
  /** Makes a list, revision 0 of its log; 'exists' when one with this id is there (with whatever settings). */
  create(list: NewList, by: Ender, now: number): Promise<'created' | 'exists'>;
  /** Also those that were deleted, like `heads`. */
  lists(): Promise<readonly ListInfo[]>;
  /** The same at a small price, however long the lists are. */
  heads(): Promise<readonly ListHead[]>;
  /** 'stale' when `expected` is given and not the list's `settings`. What changes nothing gets no revision. */
  update(
    list: string,
    settings: ListSettings,
    expected: number | undefined,
    by: Ender,
    now: number,
  ): Promise<ListHead | 'stale'>;
  /**
   * Deletes a list: nobody changes it any more, and what was on it stays stored. `check` is asked when no work of `keep`
   * that concerns the list is under way, and none can begin before this call ends: when it rejects, nothing is done.
   */
  delete(list: string, by: Ender, now: number, check: () => Promise<void>): Promise<ListHead>;
  /**
   * Does some work; while it lasts, a minute at most, none of these lists is deleted. Lists that are not there, or were
   * deleted before, do not matter.
   */
  keep<T>(lists: readonly string[], work: () => Promise<T>): Promise<T>;
  /** The changes of a list, newest first, below the revision `before` (undefined: from the newest), at most `limit`. */
  log(list: string, limit: number, before: number | undefined): Promise<readonly LoggedChange[]>;
  /** All that was ever said of these values, by what is known now; after a place, at most `limit`. */
  history(
    list: string,
    values: readonly string[],
    limit: number,
    after: HistoryPlace | undefined,
  ): Promise<readonly Membership[]>;
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
   * INVALID_REQUEST when a value has more than MAX_ENTRIES_OF_VALUE entries. As `add` and `remove`, LIST_NOT_FOUND when the
   * list was deleted.
   */
  import(
    list: string,
    batches: AsyncIterable<readonly ImportEntry[]>,
    options: ImportOptions,
  ): Promise<ImportUpdate>;
  /**
   * Memberships changed after a revision, each once, as they stand; those that never come to hold before the others: how
   * instances keep up.
   */
  changes(list: string, afterRevision: number): AsyncIterable<readonly ListChange[]>;
}
