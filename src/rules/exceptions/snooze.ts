import type { Outcome } from '../outcome.js';
import type { Scope } from '../publish/scope.js';
import type { ExceptionLog } from './exception-log.js';

/** By what a payer is told who is excepted. */
export const PAYER_ATTRIBUTES = ['card', 'customer', 'email', 'device', 'ip', 'phone'] as const;
export type PayerAttribute = (typeof PAYER_ATTRIBUTES)[number];

/** How long a snooze may last, and how far ahead it may begin: 31 days, in ms. */
export const LONGEST_SNOOZE_MS = 31 * 86_400_000;

/** A payer as a snooze keeps one. */
export interface SnoozedPayer {
  readonly attribute: PayerAttribute;
  /** The keyed hash that the payment stream has of the value. */
  readonly value: number;
  /** The value, for people, with most of it left out. */
  readonly shown: string;
}

/** A rule, or a payer, that is excepted for a while. */
export interface Snooze {
  readonly id: string;
  readonly ruleSet: string;
  /** '': every rule of the set. */
  readonly rule: string;
  readonly scope: Scope;
  /** undefined: everybody. */
  readonly payer?: SnoozedPayer;
  /** Epoch ms. */
  readonly from: number;
  /** Epoch ms, exclusive. */
  readonly until: number;
  readonly reason: string;
  readonly actor: string;
  /** When it was made, epoch ms. */
  readonly at: number;
}

/** Who ended a snooze before its time, and why. */
export interface SnoozeEnd {
  readonly actor: string;
  readonly reason: string;
  /** Epoch ms. */
  readonly at: number;
}

/** A snooze as it stands. */
export interface SnoozeInfo extends Snooze {
  readonly ended?: SnoozeEnd;
}

/** What the log says: about the id of a snooze. */
export type SnoozeEntry =
  { readonly kind: 'began'; readonly snooze: Snooze } | { readonly kind: 'ended'; readonly end: SnoozeEnd };

/** Snoozes at rest. A snooze is ended by an entry of its own, never changed. */
export type SnoozeStore = ExceptionLog<SnoozeEntry>;

/** What a snooze changed in a decision: a rule that would have been heard, and was not. Told whole, so that it lasts. */
export interface SnoozedRule {
  readonly ruleSet: string;
  readonly rule: string;
  readonly state: 'hit' | 'unknown' | 'error';
  /** What it would have asked for. */
  readonly outcome: Outcome;
  /** Id of the snooze. */
  readonly snooze: string;
  readonly until: number;
  readonly actor: string;
  readonly reason: string;
}

/** What people are shown of a payer's value: enough to know it again, too little to know it. */
export function maskedValue(attribute: PayerAttribute, value: string): string {
  if (attribute === 'email') {
    const at = value.lastIndexOf('@');
    return `${value.slice(0, 1)}…@${value.slice(at + 1, at + 2)}…`;
  }
  if (attribute === 'ip') return `${/^[0-9a-f]{1,4}/i.exec(value)?.[0] ?? ''}…`;
  // Of what is short half at most.
  const shown = Math.min(value.length < 12 ? 2 : 4, Math.floor(value.length / 2));
  return `…${value.slice(value.length - shown)}`;
}
