import type { KeyDefinition } from '../definitions.js';

/** How long what is asked no more is kept up, ms: somebody goes back to the version before, or starts a shadow again. */
export const LINGER_MS = 15 * 60_000;
/** How many definitions are kept up so: every event costs a look at each. */
const MOST = 4;

interface Lingering {
  readonly definition: KeyDefinition;
  /** ms since the epoch. */
  readonly until: number;
}

/**
 * What is asked now and, behind it, what was asked until lately: the keys of that are not read from the store any more, but
 * those that were stay up to date, so that nothing has to be read again when it is asked again soon.
 */
export class LingeringDefinitions {
  #asked: readonly KeyDefinition[];
  #lingering: readonly Lingering[] = [];
  #all: readonly KeyDefinition[];
  #until = Infinity;

  constructor(asked: readonly KeyDefinition[]) {
    this.#asked = asked;
    this.#all = asked;
  }

  /** First those that are asked, in their order; each knows its place here. */
  get all(): readonly KeyDefinition[] {
    return this.#all;
  }

  /** How many are asked. */
  get asked(): number {
    return this.#asked.length;
  }

  /** When to switch again at the latest, to the same if need be, ms since the epoch; Infinity: nothing lingers. */
  get until(): number {
    return this.#until;
  }

  /** From now on, ms since the epoch, these are asked. */
  switchTo(asked: readonly KeyDefinition[], now: number): void {
    const names = new Set(asked.map(({ name }) => name));
    const left = this.#asked
      // What was decided is not waited for when nothing asks it any more: that would not stay right.
      .filter(({ outcome }) => !outcome)
      .map((definition) => ({ definition, until: now + LINGER_MS }));
    this.#lingering = [...left, ...this.#lingering]
      .filter(({ definition, until }) => until > now && !names.has(definition.name))
      .slice(0, MOST)
      .map(({ definition, until }, place) => ({
        definition: { ...definition, index: asked.length + place },
        until,
      }));
    this.#until = Math.min(Infinity, ...this.#lingering.map(({ until }) => until));
    this.#asked = asked;
    this.#all = [...asked, ...this.#lingering.map(({ definition }) => definition)];
  }
}
