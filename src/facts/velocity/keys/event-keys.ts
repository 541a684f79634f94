import type { StreamEvent } from '../../stream.js';
import type { KeyDefinition } from '../definitions.js';
import { NO_ENTRY } from './key-entries.js';
import type { KeyEntry } from './key-entries.js';
import type { KeyStore } from './key-store.js';
import { hasKey } from './keys.js';
import { LingeringDefinitions } from './lingering.js';

/** By definition; NO_ENTRY where the event lacks the key. What lingers comes behind what is asked. */
export type Entries = readonly KeyEntry[];

/** The keys of events, by all definitions that are asked or linger: held as long as an event needs them. */
export class EventKeys {
  readonly #keys: KeyStore;
  readonly #definitions: LingeringDefinitions;
  /** Those of the payment that was asked about last. */
  #last: Entries | undefined;

  constructor(keys: KeyStore, definitions: readonly KeyDefinition[]) {
    this.#keys = keys;
    this.#definitions = new LingeringDefinitions(definitions);
  }

  /** How many definitions are asked: the first of each list of entries. */
  get asked(): number {
    return this.#definitions.asked;
  }

  /** See StreamWindows. */
  get lingerUntil(): number {
    return this.#definitions.until;
  }

  /** From `now` on, ms since the epoch, these are asked. */
  switchTo(definitions: readonly KeyDefinition[], now: number): void {
    this.#definitions.switchTo(definitions, now);
    this.#keys.switchTo(this.#definitions.all);
    this.#last = undefined;
  }

  /** A payment is inserted right after it was asked about: its keys need not be looked up again. */
  remember(entries: Entries): void {
    this.#last = entries;
  }

  /** What is remembered may be given back. */
  forget(entries: Entries): void {
    if (this.#last === entries) this.#last = undefined;
  }

  /** Finds or makes the keys of an event and holds on to them; of what lingers only those that are known. */
  take(event: StreamEvent): Entries {
    const entries: KeyEntry[] = [];
    for (const definition of this.#definitions.all) entries.push(this.#takeOne(definition, event));
    return entries;
  }

  #takeOne(definition: KeyDefinition, event: StreamEvent): KeyEntry {
    if (!hasKey(definition, event)) return NO_ENTRY;
    const load = event.attributes[definition.load] ?? 0;
    const lingers = definition.index >= this.#definitions.asked;
    // What lingers may stand elsewhere by now.
    const last = lingers ? NO_ENTRY : (this.#last?.[definition.index] ?? NO_ENTRY);
    if (last !== NO_ENTRY && this.#keys.entries.load(last) === load) {
      this.#keys.holdAgain(last);
      return last;
    }
    return lingers && !this.#keys.knows(definition, load) ? NO_ENTRY : this.#keys.hold(definition, load);
  }

  giveBack(entries: Entries): void {
    for (const entry of entries) if (entry !== NO_ENTRY) this.#keys.giveBack(entry);
  }
}
