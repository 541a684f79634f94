import type { Document } from 'mongodb';
import type { Hold } from '../../decisions/ports.js';

/** What one decision holds of one counter. It stays for the period, with nothing left in it once released. */
export interface Held {
  /** Decision. */
  readonly d: string;
  /** Amount, as much as was not released. */
  readonly a: number;
  /** Expires at, epoch ms; Infinity once confirmed, released or expired. */
  readonly e: number;
  /** Used before it. */
  readonly u: number;
  /** Its places among the holds of its decision, and how many counters they are on. */
  readonly i: readonly number[];
  readonly c: number;
  /** Its decision may still be refused by another counter. */
  readonly p?: boolean;
  /** Expired: the amount is no longer part of the total. */
  readonly g?: boolean;
  /** Given back as a whole: taken again when the payment is made after all. */
  readonly b?: number;
  /** Reasons of releases. */
  readonly r?: readonly string[];
}

/** One limit, key and period: everything that must change together. */
export interface CounterDocument {
  readonly _id: string;
  readonly total: number;
  readonly periodEnd: number;
  readonly h: readonly Held[];
  /** It is no counter but the memory of a refusal: the answer that was given. */
  readonly refused?: readonly number[];
}

/** All that a decision wants of one counter. */
export interface Want {
  readonly counter: string;
  readonly amount: number;
  readonly places: readonly number[];
  /** There is room when no more than this is used. */
  readonly atMost: number;
  readonly periodEnd: number;
}

/** Reasons for which a hold `x` was released. */
export const reasons = { $ifNull: ['$$x.r', []] };
/** What a hold `x` gave back as a whole. */
export const given = { $ifNull: ['$$x.b', 0] };
/** Whether a hold `x` is no longer part of the total. */
export const expired = { $eq: ['$$x.g', true] };

/** A string that is no expression, whatever it begins with. */
export function literal(value: string): Document {
  return { $literal: value };
}

/** The sum of something over the holds that match. */
export function sumOf(match: Document, amount: unknown): Document {
  return { $sum: { $map: { input: '$h', as: 'x', in: { $cond: [match, amount, 0] } } } };
}

/** The holds, those that match with some fields changed. */
export function changed(match: Document, fields: Document): Document {
  return {
    $map: { input: '$h', as: 'x', in: { $cond: [match, { $mergeObjects: ['$$x', fields] }, '$$x'] } },
  };
}

/** Holds gathered by counter, in the order of the counters' names, which is the same for every decision. */
export function wants(holds: readonly Hold[]): readonly Want[] {
  const byCounter = new Map<string, Want>();
  for (const [place, { counter, amount, cap, periodEnd }] of holds.entries()) {
    const before = byCounter.get(counter);
    const places = [...(before?.places ?? []), place];
    const sum = (before?.amount ?? 0) + amount;
    const atMost = Math.min(before?.atMost ?? Infinity, cap - sum);
    byCounter.set(counter, { counter, amount: sum, places, atMost, periodEnd });
  }
  return [...byCounter.values()].sort((a, b) => (a.counter < b.counter ? -1 : 1));
}
