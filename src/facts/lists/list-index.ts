import type { KeyHash } from '../attributes/key-hash.js';
import { isListed, keyOfEntry, noPrefixes, type PrefixLengths } from './keys.js';
import type { ListChange, ListEntry, ListInfo, ListKind, ListStore, ListType } from './list-store.js';
import { MembershipTable } from './membership-table.js';

/** What names a list and tells what is on it. */
export type ListName = Pick<ListInfo, 'id' | 'type'>;

interface LiveList {
  readonly type: ListType;
  readonly table: MembershipTable;
  readonly prefixes: PrefixLengths;
  revision: number;
}

/** Changes applied in one go; beyond this a copy is changed in the background and put in place when it is whole. */
const AT_ONCE = 5000;

/**
 * The lists in memory, for synchronous look-up while rules are evaluated. Values are kept as keyed hashes with their
 * validity, past ones included, so that membership can be asked as of any moment.
 */
export class ListIndex {
  readonly #hash: KeyHash;
  readonly #lists = new Map<string, LiveList>();
  readonly #kinds = new Map<string, ListKind>();
  #pass: Promise<number> | undefined;
  #nextPass: Promise<number> | undefined;

  constructor(hash: KeyHash) {
    this.#hash = hash;
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

  async #follow(store: ListStore): Promise<number> {
    let count = 0;
    const heads = await store.heads();
    // How long a list is matters only where it is loaded whole: to make room for it at once.
    const whole = heads.some(({ id, revision }) => revision > 0 && this.revision(id) === 0);
    const infos = whole ? await store.lists() : heads.map((head) => ({ ...head, entries: 0 }));
    for (const info of infos) {
      this.#kinds.set(info.id, info.kind);
      if (info.revision <= this.revision(info.id) && this.#lists.has(info.id)) continue;
      count += await this.#followOne(info, store);
    }
    return count;
  }

  async #followOne(info: ListInfo, store: ListStore): Promise<number> {
    const before = this.#lists.get(info.id) ?? newList(info.type);
    // From here on it is known, empty as yet.
    this.#lists.set(info.id, before);
    const waiting: ListChange[] = [];
    let revision = before.revision;
    let count = 0;
    let copy: LiveList | undefined;
    for await (const batch of store.changes(info.id, before.revision)) {
      count += batch.length;
      for (const change of batch) {
        if (copy === undefined) waiting.push(change);
        else applyTo(copy, change, this.#hash);
        revision = Math.max(revision, change.revision);
      }
      if (copy !== undefined || waiting.length <= AT_ONCE) continue;
      copy = copyOf(before, info.entries);
      for (const change of waiting.splice(0)) applyTo(copy, change, this.#hash);
    }
    const live = copy ?? before;
    for (const change of waiting) applyTo(live, change, this.#hash);
    live.revision = revision;
    this.#lists.set(info.id, live);
    return count;
  }
}

function newList(type: ListType, expected = 0): LiveList {
  return { type, table: new MembershipTable(expected), prefixes: noPrefixes(), revision: 0 };
}

function copyOf({ type, table, prefixes, revision }: LiveList, expected: number): LiveList {
  const { ipv4, ipv6, bin } = prefixes;
  return {
    type,
    table: table.size === 0 ? new MembershipTable(expected) : table.clone(),
    prefixes: { ipv4: ipv4.slice(), ipv6: ipv6.slice(), bin: bin.slice() },
    revision,
  };
}

function applyTo(live: LiveList, { entry }: Pick<ListChange, 'entry'>, hash: KeyHash): void {
  const key = keyOfEntry(live.type, entry.value, live.prefixes, hash);
  if (key !== 0) live.table.set(key, entry.validFrom, entry.validUntil);
}
