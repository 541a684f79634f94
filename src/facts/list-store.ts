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

/** A list. */
export interface ListInfo {
  /** 1 to 64 of [a-z0-9-]. */
  readonly id: string;
  readonly type: ListType;
  readonly kind: ListKind;
  readonly description: string;
  readonly owner: string;
  /** Entries in force when asked. */
  readonly entries: number;
  /** Grows with every change of the list. */
  readonly revision: number;
}

/** One membership: [validFrom, validUntil). Never overwritten: removal only sets its end. */
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
}

/** A change as other instances follow it: the membership of `entry` as it stands after `revision`. */
export interface ListChange {
  readonly list: string;
  readonly revision: number;
  readonly entry: ListEntry;
}

/** Counts of a change. */
export interface ListUpdate {
  readonly added: number;
  readonly removed: number;
  readonly unchanged: number;
  readonly revision: number;
}

/** Lists at rest. Values arrive normalised. All times are handed in. */
export interface ListStore {
  /** Makes a list; 'exists' when one with this id is there (with whatever settings). */
  create(list: Omit<ListInfo, 'entries' | 'revision'>): Promise<'created' | 'exists'>;
  lists(): Promise<readonly ListInfo[]>;
  /** Adds memberships. A value whose membership in force has the same end is unchanged; otherwise the old one ends now. */
  add(list: string, entries: readonly ListEntry[], now: number): Promise<ListUpdate>;
  /** Ends memberships in force now. */
  remove(list: string, values: readonly string[], now: number): Promise<ListUpdate>;
  /** Memberships of these values that hold at `asOf`. */
  check(list: string, values: readonly string[], asOf: number): Promise<readonly ListEntry[]>;
  /** Memberships that hold at `asOf`, by value, after `after`. */
  entries(
    list: string,
    asOf: number,
    limit: number,
    after: string | undefined,
  ): Promise<readonly ListEntry[]>;
  /**
   * Takes a stream of entries and switches atomically: readers see all of it or nothing. `replace` ends every
   * membership in force that the stream does not hold. A dry run only counts.
   */
  import(
    list: string,
    batches: AsyncIterable<readonly ListEntry[]>,
    options: { readonly replace: boolean; readonly dryRun: boolean; readonly now: number },
  ): Promise<ListUpdate>;
  /** Memberships changed after a revision, across one list, oldest change first: how instances keep up. */
  changes(list: string, afterRevision: number): AsyncIterable<readonly ListChange[]>;
}
