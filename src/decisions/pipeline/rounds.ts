import { TollgateError } from '../../errors/errors.js';
import type { KeyRange, StreamEvent } from '../../facts/stream.js';
import type { World } from '../../world/world.js';
import { callerGone, type Caller } from '../caller.js';
import { IdleRanges } from './idle-ranges.js';
import { LongRanges } from './long-ranges.js';
import type { Journal, JournalAnswer, JournalQuery } from '../ports.js';

/** Something waiting to be taken in: a payment to decide or an event to record. */
export interface Admission {
  /** What the store must be asked before it can be taken in. Asked again when it had to wait for a long range. */
  ids(): readonly string[];
  ranges(): JournalQuery['ranges'];
  /** What is worth reading with these, but not worth waiting for: too long, it is read another time. Asked after them. */
  further?(): JournalQuery['ranges'];
  /** Takes it in; in order of admission. A promise holds up what comes after it. */
  settle(answer: Slice): void | Promise<void>;
  fail(error: unknown): void;
  /** Whom it comes from. */
  readonly caller: Caller | undefined;
}

/** The part of a round's answer that belongs to one admission. */
export interface Slice {
  readonly entries: JournalAnswer['entries'];
}

/** Bounds of a round. */
export interface RoundOptions {
  /** Admissions in one round at most. */
  readonly maxRound: number;
  /** Events of a range at most that a round waits for; longer ones are read aside. */
  readonly longest: number;
}

/** What a round does besides settling its admissions. */
export interface RoundHooks {
  /** Whether a round may be asked about before the one ahead of it is settled: `begin` would change nothing for that one. */
  mayAskAhead(): boolean;
  /** Before anything is asked: the round sees one program from here to its end. */
  begin(): void;
  /** Logs followed, with the highest sequence seen. */
  seen(): ReadonlyMap<number, number>;
  /** A part of a range, ahead of the answer. */
  part(range: KeyRange, events: readonly StreamEvent[]): void;
  /** Where a range goes that is read aside. What it says stays true of the windows there were when it was asked for. */
  aside(range: KeyRange): RangeSink;
  /**
   * What came from the store for all of the round, less the parts, before the first admission is settled. A range that
   * was too long is undefined.
   */
  arrived(ranges: JournalQuery['ranges'], answer: JournalAnswer): void;
  /** After the last admission is settled; the next round begins when it has ended. */
  end(size: number): void | Promise<void>;
}

/** Takes in a range that is read aside. */
export interface RangeSink {
  part(events: readonly StreamEvent[]): void;
  /** The rest of it. */
  end(events: readonly StreamEvent[]): void;
  /** Told last, also where it could not be read. */
  over(): void;
}

const NO_RANGES: JournalQuery['ranges'] = [];
/** So many admissions waiting are worth asking about ahead; fewer are better gathered. */
const AHEAD = 64;

interface AskedAdmission {
  readonly admission: Admission;
  readonly ranges: JournalQuery['ranges'];
  /** Its part of the ids. */
  readonly from: number;
  readonly to: number;
}

/** A round whose question is under way, or answered. */
interface Asked {
  /** When it was asked, epoch ms. */
  readonly at: number;
  readonly admissions: readonly AskedAdmission[];
  readonly ranges: JournalQuery['ranges'];
  /** So many of them, the first, are waited for however long they are. */
  readonly waited: number;
  /** Never rejects. */
  readonly answer: Promise<{ readonly ok: JournalAnswer } | { readonly error: unknown }>;
}

/**
 * Gathers calls in flight into rounds: one question to the store for all of a round, then each admission in the order it
 * came. One round asks at a time; what comes meanwhile makes the next one. When much is waiting, the next round's
 * question is asked before the one whose answer has come is settled, so that neither the store nor this thread waits for
 * the other. What needs a range too long for a round is set aside until that is read.
 */
export class Rounds {
  readonly #journal: Pick<Journal, 'query'>;
  readonly #hooks: RoundHooks;
  readonly #options: RoundOptions;
  readonly #world: Pick<World, 'timers' | 'clock'>;
  readonly #long: LongRanges<Admission>;
  readonly #idleRanges: IdleRanges;
  #waiting: Admission[] = [];
  #turning = false;
  /** How long rounds take lately, ms: what has no more time than that would be decided for nobody. */
  #took = 0;
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
    this.#long = new LongRanges(
      (range) => this.#readAside(range),
      () => this.#start(),
    );
    this.#idleRanges = new IdleRanges((range) => this.#readAside(range));
  }

  /** Queues an admission. How many may wait is bounded by who admits. */
  admit(admission: Admission): void {
    this.#waiting.push(admission);
    this.#start();
  }

  /** Resolves when nothing waits and no round is under way. */
  async idle(): Promise<void> {
    if (!this.#turning && this.#long.idle) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #start(): void {
    if (this.#turning) return;
    this.#turning = true;
    this.#world.timers.soon(() => void this.#turn());
  }

  async #turn(): Promise<void> {
    let asked = this.#ask();
    while (asked !== undefined) {
      const answer = await this.#arrived(asked);
      const ready = answer === undefined ? [] : this.#withoutLong(asked, answer);
      const ahead = this.#waiting.length >= AHEAD && this.#hooks.mayAskAhead() ? this.#ask() : undefined;
      if (answer !== undefined) await this.#settle(ready, answer);
      const ended = this.#hooks.end(ready.length);
      if (ended !== undefined) await ended;
      const last = this.#world.clock.now() - asked.at;
      this.#took = Math.min(last, (this.#took + last) / 2);
      asked = ahead ?? this.#ask();
    }
    this.#turning = false;
    this.#took = 0;
    if (!this.#long.idle) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  /** A call whose deadline is over in so many ms, or whose caller went away, leaves no trace. */
  #stillWanted(admission: Admission, ahead: number): boolean {
    const { caller } = admission;
    if (caller?.cancelled === true) {
      admission.fail(callerGone());
      return false;
    }
    if (caller?.deadline !== undefined && caller.deadline <= this.#world.clock.now() + ahead) {
      admission.fail(
        new TollgateError('DEADLINE_EXCEEDED', 'the deadline would pass before the call is decided'),
      );
      return false;
    }
    return true;
  }

  /**
   * Begins a round with what is waiting; undefined when nothing is. What could be decided only after its deadline is left
   * out: when there is more to do than can be done, all time would go to what comes too late.
   */
  #ask(): Asked | undefined {
    this.#waiting.unshift(...this.#long.takeBack());
    while (this.#waiting.length > 0) {
      const round = this.#waiting.splice(0, this.#options.maxRound);
      const wanted = round.filter((admission) => this.#stillWanted(admission, this.#took));
      if (wanted.length > 0) return this.#askAbout(wanted);
      // One slow round must not go on to refuse what none has tried.
      this.#took = 0;
    }
    return undefined;
  }

  #askAbout(round: readonly Admission[]): Asked {
    const at = this.#world.clock.now();
    this.#hooks.begin();
    const admissions: AskedAdmission[] = [];
    const ids: string[] = [];
    const byKey = new Map<number, KeyRange>();
    const furtherByKey = new Map<number, KeyRange>();
    for (const admission of round) {
      try {
        // What will be set aside is asked about later, but takes its place here.
        const heldBack = this.#long.holdsBack(admission.caller);
        const own = heldBack ? [] : admission.ids();
        const ownRanges = heldBack ? [] : admission.ranges();
        const from = ids.length;
        if (heldBack || this.#long.reads(ownRanges)) {
          admissions.push({ admission, ranges: ownRanges, from, to: from });
          continue;
        }
        admissions.push({ admission, ranges: ownRanges, from, to: from + own.length });
        ids.push(...own);
        for (const range of ownRanges) takeIn(byKey, range);
        for (const range of admission.further?.() ?? NO_RANGES)
          if (!this.#idleRanges.has(range.key)) takeIn(furtherByKey, range);
      } catch (error) {
        admission.fail(error);
      }
    }
    const ranges = [...byKey.values()];
    const waited = ranges.length;
    for (const range of furtherByKey.values())
      if (range.from < (byKey.get(range.key)?.from ?? Infinity)) ranges.push(range);
    const onEvents = (place: number, events: readonly StreamEvent[]): void => {
      const range = ranges[place];
      if (range !== undefined) this.#hooks.part(range, events);
    };
    const answer = this.#journal
      .query({ ids, ranges, seen: this.#hooks.seen(), onEvents, longest: this.#options.longest })
      .then((ok) => ({ ok }))
      .catch((error: unknown) => ({ error }));
    return { at, admissions, ranges, waited, answer };
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

  /** What of a round can be settled; the rest is set aside, and its ranges are read. */
  #withoutLong({ admissions, ranges, waited }: Asked, answer: JournalAnswer): readonly AskedAdmission[] {
    for (const [place, range] of ranges.entries())
      if (answer.ranges[place] === undefined) (place < waited ? this.#long : this.#idleRanges).begin(range);
    if (this.#long.idle) return admissions;
    return admissions.filter((asked) => !this.#long.takes(asked.admission, asked.ranges));
  }

  async #readAside(range: KeyRange): Promise<void> {
    const sink = this.#hooks.aside(range);
    const onEvents = (_: number, events: readonly StreamEvent[]): void => sink.part(events);
    try {
      const answer = await this.#journal.query({ ids: [], ranges: [range], seen: undefined, onEvents });
      sink.end(answer.ranges[0] ?? []);
    } finally {
      sink.over();
    }
  }

  async #settle(admissions: readonly AskedAdmission[], { entries }: JournalAnswer): Promise<void> {
    for (const { admission, from, to } of admissions) {
      if (!this.#stillWanted(admission, 0)) continue;
      try {
        const settled = admission.settle({ entries: entries.slice(from, to) });
        if (settled !== undefined) await settled;
      } catch (error) {
        admission.fail(error);
      }
    }
  }
}

function takeIn(byKey: Map<number, KeyRange>, range: KeyRange): void {
  const same = byKey.get(range.key);
  if (same === undefined || range.from < same.from) byKey.set(range.key, range);
}
