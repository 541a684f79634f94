import type { LetGoTo } from '../../rules/exceptions/control-group.js';

/** What was drawn for a payment that one rule alone stops, where that rule has a control group. */
export interface ControlLot {
  readonly ruleSet: string;
  readonly rule: string;
  /** With which probability it is drawn: the propensity. */
  readonly share: number;
  /** The draw, in [0, 1): the same payer has the same within a period. */
  readonly draw: number;
  readonly drawn: boolean;
  /** Whether it was let go: it was drawn, and the day's caps had room. A cumulative limit may stop it all the same. */
  readonly letGo: boolean;
  readonly letGoTo: LetGoTo;
  /** Why it was drawn and not let go. */
  readonly cap?: 'full';
}
