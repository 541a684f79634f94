import type { KeyHash } from '../attributes/key-hash.js';
import { isListed, keyOfEntry, noPrefixes, type PrefixLengths } from './keys.js';
import type { ListChange, ListEntry, ListHead, ListKind, ListStore, ListType } from './list-store.js';
import { MembershipTable } from './membership-table.js';

/** What names a list and tells what is on it. */
export type ListName = Pick<ListHead, 'id' | 'type'>;

interface LiveList {
  readonly type: ListType;
  readonly table: MembershipTable;
  readonly prefixes: PrefixLengths;
  revision: number;
}

/** Changes applied in one go; beyond this a copy is changed in the background and put in place when it is whole. */
const AT_ONCE = 2000;
/** Changes applied to a copy between two pauses. */
const STEP = 500;
/** Of so many memberships the slots of a table move at once; of more, in the background. */
const MOVED_AT_ONCE = 20_000;
/** Lines of the log of a list that are looked at, to know how much room its changes take. */
const LOG_LINES = 1000;

/**
 * The lists in memory, for synchronous look-up while rules are evaluated. Values are kept as keyed hashes with their
 * validity, past ones included, so that membership can be asked as of any moment.
 */
export class ListIndex {
  readonly #hash: KeyHash;
  readonly #pause: () => Promise<void>;
  readonly #lists = new Map<string, LiveList>();
  readonly #kinds = new Map<string, ListKind>();
  /** Lists that were brought up to date at least once: others may be empty here, and are not in the store. */
  readonly #whole = new Set<string>();
  /** Lists that were deleted, as far as the last pass knew. */
  #deleted: ReadonlySet<string> = new Set();
  #pass: Promise<number> | undefined;
  #nextPass: Promise<number> | undefined;

  /** `pause` lets others do what waits: a long list is copied in steps. */
  constructor(hash: KeyHash, pause: () => Promise<void> = () => Promise.resolve()) {
    this.#hash = hash;
    this.#pause = pause;
  }

  /** Whether the normalised value is on the list at `at` (epoch ms); undefined: no such list here. */
  has(list: string, value: string, at: number): boolean | undefined {
    const live = this.#lists.get(list);
    if (live === undefined) return undefined;
    return isListed(live.type, value, at, live.table, live.prefixes, this.#hash);
  }

  /** undefined: no such list here. */
  typeOf(list: string): ListType | undefined {
    return this.#lists.get(list)?.type;
  }

  /** Whether a list is here with all that was on it at some moment; not so while it is read for the first time. */
  isWhole(list: string): boolean {
    return this.#whole.has(list);
  }

  /** undefined: not known here. */
  kindOf(list: string): ListKind | undefined {
    return this.#kinds.get(list);
  }

  /** The last change applied; 0 when there is none, or no such list. */
  revision(list: string): number {
    return this.#lists.get(list)?.revision ?? 0;
  }

  /** Puts a whole list in place of what was known of it. */
  replaceAll(name: ListName, entries: readonly ListEntry[], revision: number): void {
    const live = newList(name.type, entries.length);
    for (const entry of entries) applyTo(live, { entry }, this.#hash);
    live.revision = revision;
    this.#lists.set(name.id, live);
    this.#whole.add(name.id);
  }

  /**
   * Brings all lists up to date with the store: the first time it loads them, later it follows their changes. An import
   * becomes visible as a whole. What was changed before the call is known when it resolves: a pass under way may have
   * looked already, so another follows it, shared by all who ask meanwhile. Resolves with the number of changes.
   */
  follow(store: ListStore): Promise<number> {
    if (this.#pass === undefined) {
      this.#pass = this.#follow(store).finally(() => {
        this.#pass = undefined;
      });
      return this.#pass;
    }
    this.#nextPass ??= this.#pass
      .catch(() => 0)
      .then(() => {
        this.#nextPass = undefined;
        return this.follow(store);
      });
    return this.#nextPass;
  }

  /** Forgets lists that were deleted; until then they answer as they last did. */
  forgetDeleted(): void {
    for (const id of this.#deleted) {
      this.#lists.delete(id);
      this.#whole.delete(id);
    }
  }

  async #follow(store: ListStore): Promise<number> {
    let count = 0;
    const all = await store.heads();
    const heads = all.filter(({ deleted }) => deleted === undefined);
    for (const head of heads) {
      this.#kinds.set(head.id, head.kind);
      if (head.revision <= this.revision(head.id) && this.#lists.has(head.id)) continue;
      count += await this.#followOne(head, store);
    }
    this.#deleted = new Set(all.flatMap(({ id, deleted }) => (deleted === undefined ? [] : [id])));
    return count;
  }

  async #followOne(info: ListHead, store: ListStore): Promise<number> {
    const before = this.#lists.get(info.id) ?? newList(info.type);
    // From here on it is known, empty as yet.
    this.#lists.set(info.id, before);
    const waiting: ListChange[] = [];
    // Not every change is one of memberships.
    let revision = Math.max(before.revision, info.revision);
    let count = 0;
    let copy: LiveList | undefined;
    for await (const batch of store.changes(info.id, before.revision)) {
      count += batch.length;
      for (const change of batch) revision = Math.max(revision, change.revision);
      waiting.push(...batch);
      if (copy === undefined && waiting.length <= AT_ONCE) continue;
      copy ??= await this.#copyOf(before, await madeSince(store, before.revision, info));
      await this.#applySlowly(copy, waiting.splice(0));
    }
    if (before.table.size > MOVED_AT_ONCE && before.table.tight(waiting.length))
      copy ??= await this.#copyOf(before, waiting.length);
    const live = copy ?? before;
    for (const change of waiting) applyTo(live, change, this.#hash);
    live.revision = revision;
    this.#lists.set(info.id, live);
    this.#whole.add(info.id);
    return count;
  }

  async #applySlowly(copy: LiveList, changes: readonly ListChange[]): Promise<void> {
    for (const [index, change] of changes.entries()) {
      applyTo(copy, change, this.#hash);
      if (index % STEP === STEP - 1) await this.#pause();
    }
  }

  async #copyOf({ type, table, prefixes, revision }: LiveList, more: number): Promise<LiveList> {
    const { ipv4, ipv6, bin } = prefixes;
    const steps = table.copying(more);
    for (;;) {
      const step = steps.next();
      if (step.done === true)
        return {
          type,
          table: step.value,
          prefixes: { ipv4: ipv4.slice(), ipv6: ipv6.slice(), bin: bin.slice() },
          revision,
        };
      await this.#pause();
    }
  }
}

/** How many memberships were made after a revision, as far as the end of the log tells. */
async function madeSince(store: ListStore, revision: number, { id }: ListHead): Promise<number> {
  const log = await store.log(id, LOG_LINES, undefined);
  return log.reduce((sum, change) => sum + (change.revision > revision ? change.added : 0), 0);
}

function newList(type: ListType, expected = 0): LiveList {
  return { type, table: new MembershipTable(expected), prefixes: noPrefixes(), revision: 0 };
}

function applyTo(live: LiveList, { entry }: Pick<ListChange, 'entry'>, hash: KeyHash): void {
  const key = keyOfEntry(live.type, entry.value, live.prefixes, hash);
  if (key !== 0) live.table.set(key, entry.validFrom, entry.validUntil);
}
