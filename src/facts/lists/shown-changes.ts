import type { ImportChange, ImportEntry, ListEntry } from './list-store.js';

/** The first changes of an import, so many of each effect: what a person looks at before the list switches. */
export class ShownChanges {
  readonly #limit: number;
  readonly #left: Record<ImportChange['effect'], number>;
  readonly #found: ImportChange[] = [];

  constructor(limit = 0) {
    this.#limit = limit;
    this.#left = { added: limit, removed: limit, unchanged: limit };
  }

  /** Whether more of this effect are wanted: what a membership was need not be read otherwise. */
  wants(effect: ImportChange['effect']): boolean {
    return this.#left[effect] > 0;
  }

  /** Memberships that the import makes. */
  added(entries: readonly ImportEntry[]): void {
    for (const { position, ...entry } of this.#of('added', entries))
      this.#found.push({ effect: 'added', position, entry });
  }

  /** Memberships that end. */
  removed(entries: readonly ListEntry[]): void {
    for (const entry of this.#of('removed', entries))
      this.#found.push({ effect: 'removed', position: undefined, entry });
  }

  /** Memberships that stay as they are; `given` are the entries of their value. */
  unchanged(entries: readonly ListEntry[], given: readonly ImportEntry[]): void {
    for (const entry of this.#of('unchanged', entries)) {
      const meant = given.find(({ validUntil }) => validUntil === entry.validUntil);
      this.#found.push({ effect: 'unchanged', position: meant?.position, entry });
    }
  }

  /** For the answer: nothing where nothing was to be shown. */
  get part(): { readonly shown?: readonly ImportChange[] } {
    return this.#limit === 0 ? {} : { shown: this.#found };
  }

  #of<T>(effect: ImportChange['effect'], items: readonly T[]): readonly T[] {
    const taken = items.slice(0, this.#left[effect]);
    this.#left[effect] -= taken.length;
    return taken;
  }
}
