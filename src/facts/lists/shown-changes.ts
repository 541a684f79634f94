import type { ImportChange, ImportEntry, ListEntry } from './list-store.js';
import { compareValues } from './value-order.js';

type Effect = ImportChange['effect'];

/**
 * What a person looks at before the list switches: of each effect the changes of the first values, in their order, so many
 * of them. They may be told in any order.
 */
export class ShownChanges {
  readonly #limit: number;
  readonly #found: Record<Effect, ImportChange[]> = { added: [], removed: [], unchanged: [] };

  constructor(limit = 0) {
    this.#limit = limit;
  }

  /** Whether changes of this effect from a value on are wanted: what a membership was need not be read otherwise. */
  wants(effect: Effect, from: string): boolean {
    const found = this.#found[effect];
    if (found.length < this.#limit) return true;
    const last = found.at(-1);
    return last !== undefined && compareValues(from, last.entry.value) < 0;
  }

  /** Memberships that the import makes. */
  added(entries: readonly ImportEntry[]): void {
    for (const { position, ...entry } of entries) this.#take({ effect: 'added', position, entry });
  }

  /** Memberships that end. */
  removed(entries: readonly ListEntry[]): void {
    for (const entry of entries) this.#take({ effect: 'removed', position: undefined, entry });
  }

  /** Memberships that stay as they are; `given` are the entries of their value. */
  unchanged(entries: readonly ListEntry[], given: readonly ImportEntry[]): void {
    for (const entry of entries) {
      const meant = given.find(({ validUntil }) => validUntil === entry.validUntil);
      this.#take({ effect: 'unchanged', position: meant?.position, entry });
    }
  }

  /** For the answer: nothing where nothing was to be shown. */
  get part(): { readonly shown?: readonly ImportChange[] } {
    const { added, removed, unchanged } = this.#found;
    return this.#limit === 0 ? {} : { shown: [...added, ...removed, ...unchanged] };
  }

  #take(change: ImportChange): void {
    const { value } = change.entry;
    if (!this.wants(change.effect, value)) return;
    const found = this.#found[change.effect];
    // Mostly they come in order.
    let place = found.length;
    while (place > 0 && compareValues(value, found[place - 1]?.entry.value ?? '') < 0) place -= 1;
    found.splice(place, 0, change);
    if (found.length > this.#limit) found.pop();
  }
}
