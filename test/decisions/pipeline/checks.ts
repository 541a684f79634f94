import { expect } from 'vitest';
import { holdId } from '../../../src/decisions/record/decision-id.js';
import { recordedValues } from '../../../src/decisions/record/new-record.js';
import type { JournalEntry } from '../../../src/decisions/ports.js';
import type { DecisionRecord, DecisionTrace } from '../../../src/decisions/record.js';
import type { StreamEvent } from '../../../src/facts/stream.js';
import type { HashOf } from '../../../src/facts/velocity/layout.js';
import type { Layout } from '../../../src/rules/version-store.js';
import { isOfThePast, recountFact } from '../../facts/velocity/recount-fact.js';
import type { Sent } from './callers.js';
import type { Failure } from './slow-store.js';

/** What became of all that was sent. */
export interface Story {
  readonly log: number;
  readonly sent: readonly Sent[];
  /** Of all logs. */
  readonly stored: readonly JournalEntry[];
  readonly failures: readonly Failure[];
  /** When rounds asked about an entry, epoch ms. */
  readonly askedAt: ReadonlyMap<string, readonly number[]>;
}

/** Whatever was answered is true, what was refused left nothing behind, and in the end everything is stored once. */
export function checkAnswers({ sent, stored, failures }: Story): void {
  const byId = new Map(stored.map(({ id, event }) => [id, event]));
  const failed = new Map(failures.map(({ entry, ending }) => [entry.id, ending]));
  for (const { id, times, answers, ofAcknowledged } of sent) {
    expect(answers).toHaveLength(times);
    for (const answer of answers) {
      if ('seq' in answer) expect(byId.get(id)?.seq).toBe(answer.seq);
      else if (answer.code === 'DECISION_NOT_FOUND') expect(ofAcknowledged).toBe(false);
      else expect(['STORE_UNAVAILABLE', 'CANCELLED']).toContain(answer.code);
    }
    expect(answers.some((answer) => 'seq' in answer)).toBe(true);
    const first = answers.filter((answer) => 'seq' in answer && !answer.repeated);
    expect(first).toHaveLength(failed.get(id) === 'unsure' ? 0 : 1);
  }
}

/**
 * What one caller sent is admitted in the order it was sent, and nothing once it is gone; what is admitted later did not
 * become known earlier.
 */
export function checkOrder(story: Story): void {
  const sent = new Map(story.sent.map((one, place) => [one.id, { ...one, place }]));
  const last = new Map<Sent['caller'], number>();
  let known = 0;
  for (const { id, event, decision } of admittedHere(story)) {
    const one = sent.get(id);
    if (one === undefined) throw new Error(`nobody sent ${id}`);
    if (!one.saidWhen) {
      expect(event.knownAt).toBeGreaterThanOrEqual(known);
      known = event.knownAt;
    }
    // What was sent again may have come in either way.
    if (one.times > 1) continue;
    expect(decision?.decidedAt ?? 0).toBeLessThanOrEqual(one.caller.leftAt);
    expect(one.place).toBeGreaterThan(last.get(one.caller) ?? -1);
    last.set(one.caller, one.place);
  }
}

/**
 * What decisions recorded of the past is what a recount finds over all that had been admitted by then, less what was lost
 * by then; returns how many values were compared.
 */
export function checkRecount(story: Story, layouts: ReadonlyMap<string, Layout>, hash: HashOf): number {
  const failed = new Map(story.failures.map((failure) => [failure.entry.event.seq, failure]));
  const admitted = admittedHere(story);
  const others = story.stored.filter(({ event }) => event.log !== story.log);
  let compared = 0;
  for (const { id, event, decision } of admitted) {
    if (decision === undefined) continue;
    const { decidedAt } = decision;
    const askedAt = story.askedAt.get(id)?.findLast((at) => at <= decidedAt) ?? 0;
    const trace = JSON.parse(decision.trace) as DecisionTrace;
    const seen = new Map(trace.seen);
    const visible = others.map((other) => other.event).filter(({ log, seq }) => seq <= (seen.get(log) ?? 0));
    let sure = true;
    for (const { event: earlier } of admitted) {
      if (earlier.seq >= event.seq) break;
      const counts = isVisible(failed.get(earlier.seq), askedAt, decidedAt);
      if (counts === true) visible.push(earlier);
      else if (counts === undefined) sure = false;
    }
    if (!sure) continue;
    const { slots } = layouts.get(trace.layout) ?? { slots: [] };
    for (const [slot, value] of recordedValues(trace, {}).entries()) {
      const { fact = '', params = {} } = slots[slot] ?? {};
      if (!isOfThePast(fact)) continue;
      compared += 1;
      const expected = recountFact(fact, params, event, visible, hash);
      const asked = { fact, params, seq: event.seq };
      if (!isClose(value, expected)) expect({ ...asked, value }).toEqual({ ...asked, value: expected });
    }
  }
  return compared;
}

/** Whether an earlier entry counts for a decision; undefined when that may be either way. */
function isVisible(failure: Failure | undefined, askedAt: number, decidedAt: number): boolean | undefined {
  if (failure === undefined || decidedAt < failure.at) return true;
  // Asked about after the failure, it saw what the store had.
  if (askedAt > failure.at) return failure.ending === 'unsure';
  // What went wrong at the very moment may be on either side of it.
  if (askedAt === failure.at || decidedAt === failure.at) return undefined;
  // Asked about before and decided after, it may not have missed what is stored after all.
  return failure.ending === 'unsure';
}

/** What a decision holds of the one limit that concerned it. */
interface Hold {
  readonly counter: string;
  readonly amount: number;
  readonly reserved: boolean;
  readonly reports: StreamEvent[];
}

/**
 * Each decision found used of its limit what those admitted before it held by then, lost or not: a hold whose decision was
 * lost waits for the same payment to come again. Returns how many were compared.
 */
export function checkHolds(story: Story): number {
  const holds = new Map<string, Hold>();
  const latest = new Map<string, Hold>();
  const paymentOf = new Map(story.sent.map(({ id, of }) => [id, of]));
  const used = (counter: string): number =>
    [...holds.values()]
      .filter((hold) => hold.counter === counter && counts(hold))
      .reduce((sum, { amount }) => sum + amount, 0);
  for (const { id, event, decision } of admittedHere(story)) {
    if (decision === undefined) {
      latest.get(paymentOf.get(id) ?? '')?.reports.push(event);
      continue;
    }
    const { limits } = JSON.parse(decision.record) as DecisionRecord;
    expect(limits.length).toBeLessThan(2);
    for (const use of limits) {
      if (use.state === 'unheld') throw new Error('a limit could not be asked');
      const { counter, usedMinor, capMinor } = use;
      const hold = holdId(id, event.baseMinor, [counter]);
      const known = holds.get(hold);
      const amount = event.baseMinor;
      if (known === undefined) expect({ id, usedMinor }).toEqual({ id, usedMinor: used(counter) });
      const own = known ?? { counter, amount, reserved: usedMinor + amount <= capMinor, reports: [] };
      expect(use.state).toBe(own.reserved ? 'held' : 'refused');
      holds.set(hold, own);
      latest.set(id, own);
    }
  }
  return holds.size;
}

/** Whether a hold takes up room: the payment was made and not cancelled since, or nothing ended it. */
function counts({ reserved, reports }: Hold): boolean {
  if (!reserved) return false;
  const last = (...kinds: StreamEvent['kind'][]): number =>
    Math.max(-Infinity, ...reports.filter(({ kind }) => kinds.includes(kind)).map(({ at }) => at));
  const [made, cancelled] = [last('authorised', 'captured'), last('cancelled')];
  return made > cancelled || (cancelled === -Infinity && last('declined') === -Infinity);
}

/** All that got a place in this log, lost or not, in its order. */
function admittedHere({ log, stored, failures }: Story): JournalEntry[] {
  const entries = stored.filter(({ event }) => event.log === log);
  for (const { entry, ending } of failures) if (ending === 'lost') entries.push(entry);
  return entries.toSorted((one, other) => one.event.seq - other.event.seq);
}

/** Sums are exact; of averages the last digits may differ. */
function isClose(value: unknown, expected: number | undefined): boolean {
  if (typeof value !== 'number' || expected === undefined) return value === expected;
  return Math.abs(value - expected) <= 1e-9 * Math.abs(expected);
}
