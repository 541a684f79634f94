import type { DecidingQuestions, WindowQuestions } from '../../facts/velocity/plan.js';
import type { HabitSpec, HistorySpec } from '../../facts/velocity/specs/specs.js';
import { asksOutcome } from '../../facts/velocity/specs/velocity-spec.js';
import type { VelocitySpec } from '../../facts/velocity/specs/velocity-spec.js';

/**
 * What all programs in force ask of the windows, each question once: they share the windows, so that one that is decided
 * by fewer payments than another sees the same past.
 */
export class Questions implements WindowQuestions {
  readonly velocities: VelocitySpec[] = [];
  readonly histories: HistorySpec[] = [];
  readonly habits: HabitSpec[] = [];
  #deciding: DecidingQuestions | undefined;
  readonly #places = new Map<string, number>();

  /** The place of a velocity; `key` tells one question from another. */
  velocity(key: string, spec: () => VelocitySpec): number {
    return this.#place(key, this.velocities, spec);
  }

  history(key: string, spec: () => HistorySpec): number {
    return this.#place(key, this.histories, spec);
  }

  habit(key: string, spec: () => HabitSpec): number {
    return this.#place(key, this.habits, spec);
  }

  /** What is asked from now on, only shadows ask. */
  endDeciding(): void {
    this.#deciding = {
      velocities: this.velocities.length,
      histories: this.histories.length,
      habits: this.habits.length,
    };
  }

  get deciding(): DecidingQuestions {
    return this.#deciding ?? { velocities: Infinity, histories: Infinity, habits: Infinity };
  }

  /** Equal where the same is asked in the same places: windows that answer one answer the other. */
  get name(): string {
    const { velocities, histories, habits } = this.deciding;
    return [...this.#places.keys(), `${velocities} ${histories} ${habits}`].join('\n');
  }

  /** Whether a velocity looks at what was decided about earlier payments. */
  get askOutcome(): boolean {
    return this.velocities.some(asksOutcome);
  }

  #place<T>(key: string, list: T[], spec: () => T): number {
    let place = this.#places.get(key);
    if (place === undefined) {
      place = list.push(spec()) - 1;
      this.#places.set(key, place);
    }
    return place;
  }
}
