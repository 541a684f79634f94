import type { Ender, ListEntry } from '../../../src/facts/lists/list-store.js';

/** What is said to a list: counts as `ListUpdate` has them. */
export interface Told {
  readonly added: number;
  readonly removed: number;
  readonly unchanged: number;
}

type Line = (ListEntry | undefined)[];

/**
 * The meaning of lists in the plainest words: a line of moments for every value, on which entries are painted. Moments
 * are whole numbers from `first`; what lasts for ever lasts until `last`.
 */
export class ListModel {
  readonly #first: number;
  readonly #last: number;
  #lines = new Map<string, Line>();
  #enders = new Map<ListEntry, Ender>();

  constructor(first: number, last: number) {
    this.#first = first;
    this.#last = last;
  }

  /** The same, sharing nothing. */
  copy(): ListModel {
    const copy = new ListModel(this.#first, this.#last);
    copy.#lines = new Map([...this.#lines].map(([value, line]) => [value, [...line]]));
    copy.#enders = new Map(this.#enders);
    return copy;
  }

  /** Everything there is, by value and beginning, as a store shows it. */
  all(): ListEntry[] {
    return [...this.#lines]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, line]) => [...new Set(line)].flatMap((entry) => (entry ? [this.#shown(entry)] : [])));
  }

  at(moment: number): ListEntry[] {
    return this.all().filter(({ validFrom, validUntil }) => validFrom <= moment && moment < validUntil);
  }

  add(entries: readonly ListEntry[], now: number): Told {
    const { added, unchanged } = this.#paint(entries, now);
    return { added: added.length, removed: 0, unchanged: unchanged.length };
  }

  remove(values: readonly string[], by: Ender, now: number): Told {
    const removed = values.filter((value) => this.#clear(value, now, by, () => true)).length;
    return { added: 0, removed, unchanged: values.length - removed };
  }

  replace(entries: readonly ListEntry[], by: Ender, now: number): Told {
    const { added, kept, unchanged } = this.#paint(entries, now);
    const given = new Set([...added, ...kept]);
    let removed = 0;
    for (const value of this.#lines.keys()) {
      const awaited = [...given].some((entry) => entry.value === value && entry.validFrom > now);
      const goes = (entry: ListEntry): boolean => !given.has(entry) && (entry.validFrom > now || !awaited);
      if (this.#clear(value, now, by, goes)) removed += 1;
    }
    return { added: added.length, removed, unchanged: unchanged.length };
  }

  #paint(entries: readonly ListEntry[], now: number) {
    const before = this.copy();
    const added = new Set<ListEntry>();
    const kept = new Set<ListEntry>();
    for (const entry of entries) {
      const { value, validFrom, validUntil } = entry;
      const line = this.#lineOf(value);
      const there = line[validFrom - this.#first];
      if (
        there !== undefined &&
        this.#shown(there).validUntil === validUntil &&
        (there.validFrom === validFrom || validFrom <= now)
      ) {
        if (!added.has(there)) kept.add(there);
        continue;
      }
      this.#clear(value, validFrom, entry, (other) => other.validFrom < validUntil);
      for (let moment = validFrom; moment < Math.min(validUntil, this.#last); moment++)
        line[moment - this.#first] = entry;
      added.add(entry);
    }
    // What was cut short within one call was made that way.
    for (const entry of added) this.#enders.delete(entry);
    const visible = (entry: ListEntry): boolean => this.#lineOf(entry.value).includes(entry);
    const asBefore = (entry: ListEntry): boolean =>
      this.#shown(entry).validUntil === before.#shown(entry).validUntil;
    return {
      added: [...added].filter(visible),
      kept: [...kept].filter(visible),
      unchanged: [...kept].filter((entry) => visible(entry) && asBefore(entry)),
    };
  }

  /** Takes entries off the line from a moment on. */
  #clear(value: string, from: number, by: Ender, goes: (entry: ListEntry) => boolean): boolean {
    const line = this.#lineOf(value);
    let any = false;
    for (let moment = from; moment < this.#last; moment++) {
      const entry = line[moment - this.#first];
      if (entry === undefined || !goes(entry)) continue;
      line[moment - this.#first] = undefined;
      this.#enders.set(entry, { actor: by.actor, reason: by.reason });
      any = true;
    }
    return any;
  }

  #shown(entry: ListEntry): ListEntry {
    const end = this.#first + this.#lineOf(entry.value).lastIndexOf(entry) + 1;
    const ended = this.#enders.get(entry);
    return {
      ...entry,
      validUntil: end === this.#last ? Infinity : end,
      ...(ended === undefined ? {} : { ended }),
    };
  }

  #lineOf(value: string): Line {
    const line = this.#lines.get(value) ?? Array.from<undefined>({ length: this.#last - this.#first });
    this.#lines.set(value, line);
    return line;
  }
}
