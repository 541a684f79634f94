import {
  addDuration,
  addHistogram,
  createHistogram,
  histogramOf,
  histogramPairs,
  type Histogram,
  type HistogramPairs,
} from '../../statistics/histogram.js';
import type { Outcome, ThreeDsDemand } from '../outcome.js';

/**
 * What of a version's decisions is counted as a rate. `stopped`: reject or block. `reviewed`: review. `threeDs`: the
 * payment goes on with any demand of 3-D Secure: a request, too, sends the payer to the issuer, and that is what loses
 * buyers. `challenged`: it goes on with challenge or mandate, which the issuer may not wave through.
 */
export const GUARDED_RATES = ['stopped', 'reviewed', 'threeDs', 'challenged'] as const;
export type GuardedRate = (typeof GUARDED_RATES)[number];

/** Decisions, and how many of them were what the rates ask for. */
export type RateCounts = Record<'decisions' | GuardedRate, number>;

/**
 * What one version decided while it ran beside another. Payments of one card or customer hang together, and all are in
 * one arm: a card tester's five hundred tries are not five hundred observations. So decisions are counted in groups to
 * which subjects are assigned by chance, and how much the groups differ says how much the counts are worth.
 */
export interface ArmCounts {
  readonly groups: readonly RateCounts[];
  /** Time a decision took, microseconds. */
  readonly latencyUs: Histogram;
}

/** The same as JSON; of a few kilobytes, however much was counted. */
export interface ArmJson {
  readonly groups: readonly Readonly<RateCounts>[];
  readonly latencyUs: HistogramPairs;
}

/** Groups of an arm: enough to tell a variance by, few enough to write down often. */
export const ARM_GROUPS = 64;

/** An arm in which nothing was counted. */
export function createArm(): ArmCounts {
  return { groups: Array.from({ length: ARM_GROUPS }, noCounts), latencyUs: createHistogram() };
}

/**
 * Counts a decision. `draw` is the one that chose the arm (draw.ts): its bits from 2^-27 to 2^-32 choose the group, of
 * which the arm says nothing. RangeError when it is not in [0, 1).
 */
export function countDecision(
  arm: ArmCounts,
  draw: number,
  decided: { readonly outcome: Outcome; readonly threeDs: ThreeDsDemand; readonly latencyUs: number },
): void {
  const group = draw >= 0 && draw < 1 ? arm.groups[Math.floor(draw * 2 ** 32) % ARM_GROUPS] : undefined;
  if (group === undefined) throw new RangeError(`${draw} is no draw`);
  addDuration(arm.latencyUs, decided.latencyUs);
  const { outcome, threeDs } = decided;
  group.decisions++;
  if (outcome === 'reject' || outcome === 'block') {
    group.stopped++;
    return;
  }
  if (outcome === 'review') group.reviewed++;
  if (threeDs !== 'none') group.threeDs++;
  if (threeDs === 'challenge' || threeDs === 'mandate') group.challenged++;
}

/** Adds all that `more` counted, of the same number of groups. */
export function addArm(arm: ArmCounts, more: ArmCounts): void {
  addHistogram(arm.latencyUs, more.latencyUs);
  arm.groups.forEach((group, place) => addCounts(group, more.groups[place] ?? noCounts()));
}

/** All groups together. */
export function totalOf({ groups }: ArmCounts): RateCounts {
  const total = noCounts();
  for (const group of groups) addCounts(total, group);
  return total;
}

/** An arm as JSON. */
export function armJson({ groups, latencyUs }: ArmCounts): ArmJson {
  return { groups: groups.map((group) => ({ ...group })), latencyUs: histogramPairs(latencyUs) };
}

/** An arm from its JSON; RangeError for a histogram that is none. */
export function armOf({ groups, latencyUs }: ArmJson): ArmCounts {
  return { groups: groups.map((group) => ({ ...group })), latencyUs: histogramOf(latencyUs) };
}

function noCounts(): RateCounts {
  return { decisions: 0, stopped: 0, reviewed: 0, threeDs: 0, challenged: 0 };
}

function addCounts(to: RateCounts, more: Readonly<RateCounts>): void {
  to.decisions += more.decisions;
  for (const rate of GUARDED_RATES) to[rate] += more[rate];
}
