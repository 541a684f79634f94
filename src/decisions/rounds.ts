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

/** Bounds of a round. */
export interface RoundOptions {
  /** Admissions in one round at most. */
  readonly maxRound: number;
}

/** What a round does besides settling its admissions. */
export interface RoundHooks {
  /** Whether a round may be asked about before the one ahead of it is settled: `begin` would change nothing for that one. */
  mayAskAhead(): boolean;
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

/** So many admissions waiting are worth asking about ahead; fewer are better gathered. */
const AHEAD = 64;

/** A round whose question is under way, or answered. */
interface Asked {
  readonly admissions: readonly {
    readonly admission: Admission;
    readonly from: number;
    readonly to: number;
  }[];
  readonly ranges: JournalQuery['ranges'];
  /** Never rejects. */
  readonly answer: Promise<{ readonly ok: JournalAnswer } | { readonly error: unknown }>;
}

/**
 * Gathers calls in flight into rounds: one question to the store for all of a round, then each admission in the order it
 * came. One round asks at a time; what comes meanwhile makes the next one. When much is waiting, the next round's
 * question is asked before the one whose answer has come is settled, so that neither the store nor this thread waits for
 * the other.
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

  /** Queues an admission. How many may wait is bounded by who admits. */
  admit(admission: Admission): void {
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
    let asked = this.#ask();
    while (asked !== undefined) {
      const answer = await this.#arrived(asked);
      const ahead = this.#waiting.length >= AHEAD && this.#hooks.mayAskAhead() ? this.#ask() : undefined;
      if (answer !== undefined) await this.#settle(asked, answer);
      const ended = this.#hooks.end(asked.admissions.length);
      if (ended !== undefined) await ended;
      asked = ahead ?? this.#ask();
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

  /** Begins a round with what is waiting; undefined when nothing is. */
  #ask(): Asked | undefined {
    while (this.#waiting.length > 0) {
      const round = this.#waiting.splice(0, this.#options.maxRound);
      const wanted = round.filter((admission) => this.#stillWanted(admission));
      if (wanted.length > 0) return this.#askAbout(wanted);
    }
    return undefined;
  }

  #askAbout(round: readonly Admission[]): Asked {
    this.#hooks.begin();
    const admissions: { admission: Admission; from: number; to: number }[] = [];
    const ids: string[] = [];
    const byKey = new Map<number, KeyRange>();
    for (const admission of round) {
      try {
        const own = admission.ids();
        const ownRanges = admission.ranges();
        admissions.push({ admission, from: ids.length, to: ids.length + own.length });
        ids.push(...own);
        for (const range of ownRanges) {
          const same = byKey.get(range.key);
          if (same === undefined || range.from < same.from) byKey.set(range.key, range);
        }
      } catch (error) {
        admission.fail(error);
      }
    }
    const ranges = [...byKey.values()];
    const onEvents = (place: number, events: readonly StreamEvent[]): void => {
      const range = ranges[place];
      if (range !== undefined) this.#hooks.part(range, events);
    };
    const answer = this.#journal
      .query({ ids, ranges, seen: this.#hooks.seen(), onEvents })
      .then((ok) => ({ ok }))
      .catch((error: unknown) => ({ error }));
    return { admissions, ranges, answer };
  }

  /** Takes in the answer to a round's question; undefined when there is none, which fails its admissions. */
  async #arrived({ admissions, ranges, answer }: Asked): Promise<JournalAnswer | undefined> {
    const arrived = await answer;
    try {
      if ('error' in arrived) throw arrived.error;
      this.#hooks.arrived(ranges, arrived.ok);
      return arrived.ok;
    } catch (error) {
      for (const { admission } of admissions) admission.fail(error);
      return undefined;
    }
  }

  async #settle({ admissions }: Asked, { entries }: JournalAnswer): Promise<void> {
    for (const { admission, from, to } of admissions) {
      if (!this.#stillWanted(admission)) continue;
      try {
        const settled = admission.settle({ entries: entries.slice(from, to) });
        if (settled !== undefined) await settled;
      } catch (error) {
        admission.fail(error);
      }
    }
  }
}
