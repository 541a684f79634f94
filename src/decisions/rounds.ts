import { TollgateError } from '../errors/errors.js';
import type { KeyRange, StreamEvent } from '../facts/stream.js';
import type { World } from '../world/world.js';
import type { Journal, JournalAnswer, JournalQuery } from './ports.js';
import type { CallLimits } from './service.js';

/** Something waiting to be taken in: a payment to decide or an event to record. */
export interface Admission {
  /** What the store must be asked before it can be taken in. */
  ids(): readonly string[];
  ranges(): JournalQuery['ranges'];
  /** Takes it in; in order of admission. A promise holds up what comes after it. */
  settle(answer: Slice): void | Promise<void>;
  fail(error: unknown): void;
  readonly limits: CallLimits | undefined;
}

/** The part of a round's answer that belongs to one admission. */
export interface Slice {
  readonly entries: JournalAnswer['entries'];
}

/** Bounds of the queue. */
export interface RoundOptions {
  /** Admissions waiting at most; beyond it OVERLOADED. */
  readonly maxWaiting: number;
  /** Admissions in one round at most. */
  readonly maxRound: number;
}

/** What a round does besides settling its admissions. */
export interface RoundHooks {
  /** Before anything is asked: the round sees one program from here to its end. */
  begin(): void;
  /** Logs followed, with the highest sequence seen. */
  seen(): ReadonlyMap<number, number>;
  /** A part of a long range, ahead of the answer. */
  part(range: KeyRange, events: readonly StreamEvent[]): void;
  /** What came from the store for all of the round, less the parts, before the first admission is settled. */
  arrived(ranges: JournalQuery['ranges'], answer: JournalAnswer): void;
  /** After the last admission is settled; the next round begins when it has ended. */
  end(size: number): void | Promise<void>;
}

/**
 * Gathers calls in flight into rounds: one question to the store for all of a round, then each admission in the order it
 * came. One round asks at a time; what comes meanwhile makes the next one.
 */
export class Rounds {
  readonly #journal: Pick<Journal, 'query'>;
  readonly #hooks: RoundHooks;
  readonly #options: RoundOptions;
  readonly #world: Pick<World, 'timers' | 'clock'>;
  #waiting: Admission[] = [];
  #turning = false;
  #idle: (() => void)[] = [];

  constructor(
    journal: Pick<Journal, 'query'>,
    hooks: RoundHooks,
    options: RoundOptions,
    world: Pick<World, 'timers' | 'clock'>,
  ) {
    this.#journal = journal;
    this.#hooks = hooks;
    this.#options = options;
    this.#world = world;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Queues an admission; throws OVERLOADED when too many wait. */
  admit(admission: Admission): void {
    if (this.#waiting.length >= this.#options.maxWaiting)
      throw new TollgateError('OVERLOADED', `more than ${this.#options.maxWaiting} calls are waiting`);
    this.#waiting.push(admission);
    if (this.#turning) return;
    this.#turning = true;
    this.#world.timers.soon(() => void this.#turn());
  }

  /** Resolves when nothing waits and no round is under way. */
  async idle(): Promise<void> {
    if (!this.#turning) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #turn(): Promise<void> {
    while (this.#waiting.length > 0) {
      const round = this.#waiting.splice(0, this.#options.maxRound);
      await this.#round(round.filter((admission) => this.#stillWanted(admission)));
    }
    this.#turning = false;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  /** A call whose deadline is over, or whose caller went away, leaves no trace. */
  #stillWanted(admission: Admission): boolean {
    const { limits } = admission;
    if (limits?.cancelled === true) {
      admission.fail(new TollgateError('CANCELLED', 'the caller went away'));
      return false;
    }
    if (limits?.deadline !== undefined && limits.deadline <= this.#world.clock.now()) {
      admission.fail(
        new TollgateError('DEADLINE_EXCEEDED', 'the deadline passed while the call was waiting'),
      );
      return false;
    }
    return true;
  }

  async #round(round: readonly Admission[]): Promise<void> {
    if (round.length === 0) return;
    this.#hooks.begin();
    const asked: { admission: Admission; from: number; to: number }[] = [];
    const ids: string[] = [];
    const ranges = new Map<string, JournalQuery['ranges'][number]>();
    for (const admission of round) {
      try {
        const own = admission.ids();
        const ownRanges = admission.ranges();
        asked.push({ admission, from: ids.length, to: ids.length + own.length });
        ids.push(...own);
        for (const range of ownRanges) ranges.set(`${range.key}/${range.from}`, range);
      } catch (error) {
        admission.fail(error);
      }
    }
    let answer: JournalAnswer;
    try {
      const wanted = [...ranges.values()];
      answer = await this.#journal.query({
        ids,
        ranges: wanted,
        seen: this.#hooks.seen(),
        onEvents: (place, events) => {
          const range = wanted[place];
          if (range !== undefined) this.#hooks.part(range, events);
        },
      });
      this.#hooks.arrived(wanted, answer);
    } catch (error) {
      for (const { admission } of asked) admission.fail(error);
      await this.#hooks.end(round.length);
      return;
    }
    for (const { admission, from, to } of asked) {
      if (!this.#stillWanted(admission)) continue;
      try {
        const settled = admission.settle({ entries: answer.entries.slice(from, to) });
        if (settled !== undefined) await settled;
      } catch (error) {
        admission.fail(error);
      }
    }
    const ended = this.#hooks.end(round.length);
    if (ended !== undefined) await ended;
  }
}
