import type { Scope } from '../publish/scope.js';
import type { ExceptionLog } from './exception-log.js';

/** The largest share of what a rule stops that may go on. */
export const LARGEST_CONTROL_SHARE = 0.1;
/** How long a control group may run before somebody has to say so again: 92 days, in ms. */
export const LONGEST_CONTROL_MS = 92 * 86_400_000;

/** What becomes of a payment that is let go: it is sent to 3-D Secure with a challenge and a review, or just goes on. */
export const LET_GO_TO = ['three-ds', 'accept'] as const;
export type LetGoTo = (typeof LET_GO_TO)[number];

/** A small random share of what one rule stops, by itself, that goes on, so that it can be seen what that would have been. */
export interface ControlGroup {
  readonly ruleSet: string;
  readonly rule: string;
  readonly scope: Scope;
  /** Above 0, at most LARGEST_CONTROL_SHARE, of the payers. */
  readonly share: number;
  readonly letGoTo: LetGoTo;
  /** By what a payer is told, before anything else that is known. */
  readonly by: 'card' | 'customer';
  /** For how long the same payer draws the same lot, ms. */
  readonly periodMs: number;
  /** Payments let go in a UTC day, at most. */
  readonly maxCount: number;
  /** Their amounts together, at most: minor units of `currency`. */
  readonly maxAmount: { readonly minor: number; readonly currency: string };
  /** Epoch ms, exclusive. */
  readonly until: number;
  readonly reason: string;
  readonly actor: string;
  /** When it was set, epoch ms. */
  readonly at: number;
}

/** What ended a control group before its time: somebody switched it off, or set it anew. */
export interface ControlEnd {
  readonly actor: string;
  readonly reason: string;
  /** Epoch ms. */
  readonly at: number;
}

/** A control group as it stands. */
export interface ControlInfo extends ControlGroup {
  readonly ended?: ControlEnd;
}

/** What the log says: about a rule in a scope, see `controlRef`. */
export type ControlEntry =
  { readonly kind: 'set'; readonly group: ControlGroup } | { readonly kind: 'off'; readonly end: ControlEnd };

/** Control groups at rest: settings are superseded by later ones, never changed. */
export type ControlStore = ExceptionLog<ControlEntry>;

/** Names the place of a control group: a rule has at most one in a scope. */
export function controlRef({
  ruleSet,
  rule,
  scope,
}: Pick<ControlGroup, 'ruleSet' | 'rule' | 'scope'>): string {
  return `${ruleSet}/${rule} ${scope}`;
}
