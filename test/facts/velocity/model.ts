import { expect } from 'vitest';
import type { KeyRange, StreamEvent } from '../../../src/facts/stream.js';
import type { AskedPayment, KeptRange } from '../../../src/facts/velocity/asked.js';
import { NotLoaded } from '../../../src/facts/velocity/not-loaded.js';
import { planWindows } from '../../../src/facts/velocity/plan.js';
import type { WindowQuestions } from '../../../src/facts/velocity/plan.js';
import { habitOf, historyOf, velocityOf } from '../../../src/facts/velocity/recount.js';
import { StreamWindows } from '../../../src/facts/velocity/windows.js';
import type { StreamWindowsOptions } from '../../../src/facts/velocity/windows.js';
import { hashOf, ZONES } from './generate.js';
import type { Draft } from './generate.js';

const COLD = 'cold';

/** Windows over a store in memory, held to the recount with every answer. */
export class Model {
  questions: WindowQuestions;
  readonly windows: StreamWindows;
  readonly durable: StreamEvent[] = [];
  pending: StreamEvent[] = [];
  rangesRead = 0;
  #now = 0;
  #seq = 0;
  #asks = 0;
  /** Answers that shadows did not get. */
  cold = 0;
  #otherSeq = 0;
  /** What is read aside, half of it taken in. */
  #aside: { readonly kept: KeptRange; readonly rest: readonly StreamEvent[] }[] = [];
  /** Payments that wait for it. */
  #waiting: AskedPayment[] = [];

  constructor(questions: WindowQuestions, options: StreamWindowsOptions) {
    this.questions = questions;
    this.windows = new StreamWindows(planWindows(questions, hashOf), options);
  }

  /** In the store before the service started. */
  stored(draft: Draft): void {
    this.durable.push({ ...draft, log: 1, seq: ++this.#seq });
  }

  /** A payment that waits to be decided, its ranges read from the store as it is now. */
  ask(draft: Draft): { asked: AskedPayment; reads: { range: KeyRange; events: StreamEvent[] }[] } {
    // As payments are resolved: without a place.
    const event: StreamEvent = { ...draft, log: 0, seq: 0 };
    const asked = this.windows.ask(event);
    // What only shadows lack is read for some, as where it is too long.
    const further = this.#asks++ % 3 === 0 ? [] : asked.further;
    const reads = [...asked.ranges, ...further].map((range) => ({ range, events: this.read(range) }));
    this.rangesRead += reads.length;
    return { asked, reads };
  }

  /** Answers every question both ways, then admits the payment. */
  decide(asked: AskedPayment, admit: boolean): void {
    const event = { ...asked.event, log: 1, seq: this.#seq + 1 };
    this.compare(asked, event);
    if (admit) this.admit(event);
    asked.release();
  }

  admit(draft: Draft): void {
    const event = { ...draft, log: 1, seq: ++this.#seq };
    this.windows.insert(event);
    this.pending.push(event);
  }

  /** Other rules come into force, ms after those before. */
  switchTo(questions: WindowQuestions, after = 0): void {
    this.questions = questions;
    this.#now += after;
    this.windows.switchTo(planWindows(questions, hashOf), this.pending, this.#now);
  }

  /** A payment waits for its ranges, which are read aside from now till `endAside`. */
  beginAside(draft: Draft): void {
    const asked = this.windows.ask({ ...draft, log: 0, seq: 0 });
    for (const range of [...asked.ranges, ...asked.further]) {
      const kept = this.windows.keep(range);
      const events = this.read(range);
      this.windows.arrived(range, events.slice(0, events.length >> 1), kept.entries);
      this.#aside.push({ kept, rest: events.slice(events.length >> 1) });
    }
    this.#waiting.push(asked);
  }

  endAside(): void {
    for (const { kept, rest } of this.#aside) {
      this.windows.loaded(kept.range, rest, kept.entries);
      this.windows.letGo(kept);
    }
    for (const asked of this.#waiting) asked.release();
    this.#aside = [];
    this.#waiting = [];
  }

  /** What another instance admitted comes with the tail. */
  follow(draft: Draft): void {
    const event = { ...draft, log: 2, seq: ++this.#otherSeq };
    this.durable.push(event);
    this.windows.insert(event);
    this.windows.settled(event);
  }

  settle(count: number): void {
    for (const event of this.pending.splice(0, count)) {
      this.durable.push(event);
      this.windows.settled(event);
    }
  }

  retract(index: number): void {
    if (this.pending.length === 0) return;
    for (const event of this.pending.splice(index % this.pending.length, 1)) this.windows.retract(event);
  }

  answers(asked: AskedPayment): (number | undefined | typeof COLD)[] {
    const { velocities, histories, habits, deciding } = this.questions;
    const most = deciding ?? { velocities: Infinity, histories: Infinity, habits: Infinity };
    return [
      ...velocities.map((_, index) =>
        this.#answer(index < most.velocities, () => asked.velocity(index, ZONES)),
      ),
      ...histories.map((_, index) => this.#answer(index < most.histories, () => asked.history(index))),
      ...habits.map((_, index) => this.#answer(index < most.habits, () => asked.habit(index))),
    ];
  }

  #answer(decides: boolean, ask: () => number | undefined): number | undefined | typeof COLD {
    try {
      return ask();
    } catch (error) {
      if (decides || !(error instanceof NotLoaded)) throw error;
      this.cold++;
      return COLD;
    }
  }

  compare(asked: AskedPayment, event: StreamEvent): void {
    const { velocities, histories, habits } = this.questions;
    const visible = [...this.durable, ...this.pending];
    const expected = [
      ...velocities.map((spec) => velocityOf(spec, event, visible, ZONES, hashOf)),
      ...histories.map((spec) => historyOf(spec, event, visible, hashOf)),
      ...habits.map((spec) => habitOf(spec, event, visible, hashOf)),
    ];
    const answers = this.answers(asked);
    const asks = [...velocities, ...histories, ...habits];
    for (const [index, answer] of answers.entries()) {
      if (answer === COLD || Object.is(answer, expected[index])) continue;
      expect({ asked: asks[index], answer }).toEqual({ asked: asks[index], answer: expected[index] });
    }
  }

  /** As a store does: everything that carries the key, by either time, in any order. */
  read({ key, from }: KeyRange): StreamEvent[] {
    const found = this.durable.filter(
      ({ attributes, at, knownAt }) => attributes.includes(key) && (at > from || knownAt > from),
    );
    return found.toSorted((one, other) => ((one.seq * 7919) % 101) - ((other.seq * 7919) % 101));
  }
}
