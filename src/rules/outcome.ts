/** May the payment go on? Weakest first; the strongest that any rule asks for wins. */
export const OUTCOMES = ['accept', 'review', 'reject', 'allow', 'block'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Must the payer authenticate? Weakest first; the strongest demand wins. */
export const THREE_DS_DEMANDS = ['none', 'request', 'challenge', 'mandate'] as const;
export type ThreeDsDemand = (typeof THREE_DS_DEMANDS)[number];

/** Whether a payment's payer can be sent to 3-D Secure, or why not: it is paid with no card, or without the payer. */
export const AUTHENTICATIONS = ['possible', 'no-card', 'merchant-initiated'] as const;
export type Authentication = (typeof AUTHENTICATIONS)[number];

/** Exemptions from strong customer authentication that a rule may ask for. */
export const SCA_EXEMPTIONS = ['none', 'low-value', 'tra', 'trusted', 'corporate'] as const;
export type ScaExemption = (typeof SCA_EXEMPTIONS)[number];

/** How one rule ended. The number of a state is what a record keeps of it. */
export const RULE_STATES = ['no-hit', 'hit', 'unknown', 'error', 'skipped'] as const;
export type RuleState = (typeof RULE_STATES)[number];
export const NO_HIT = 0;
export const HIT = 1;
export const UNKNOWN = 2;
export const ERROR = 3;
export const SKIPPED = 4;

/** The stronger of two outcomes: block > allow > reject > review > accept. */
export function strongerOutcome(a: Outcome, b: Outcome): Outcome {
  return OUTCOMES.indexOf(a) >= OUTCOMES.indexOf(b) ? a : b;
}

/** The stronger of two 3-D Secure demands: mandate > challenge > request > none. */
export function strongerDemand(a: ThreeDsDemand, b: ThreeDsDemand): ThreeDsDemand {
  return THREE_DS_DEMANDS.indexOf(a) >= THREE_DS_DEMANDS.indexOf(b) ? a : b;
}
