import type { PaymentInput } from '../../facts/payment.js';
import type { FactParams, RuleSetDocument } from '../../rules/document/document.js';
import type { Outcome, RuleState, ScaExemption, ThreeDsDemand } from '../../rules/outcome.js';
import type { FactValue } from '../../rules/program.js';
import type { MerchantForm, SiteForm } from '../case-file.js';

/** A stored decision with all that a case needs to be like it. */
export interface StoredDecision {
  readonly id: string;
  /** Epoch ms. */
  readonly eventTime: number;
  readonly outcome: Outcome;
  readonly threeDs: ThreeDsDemand;
  readonly exemption: ScaExemption;
  readonly reasons: readonly string[];
  readonly degraded: boolean;
  /** Minor units of the base currency; undefined: no rate was known. */
  readonly baseMinor: number | undefined;
  /** Where a rate was known. */
  readonly baseCurrency: string | undefined;
  readonly payment: PaymentInput;
  readonly facts: readonly {
    readonly fact: string;
    readonly params: FactParams | undefined;
    readonly value: FactValue;
  }[];
  readonly rules: readonly { readonly ruleSet: string; readonly rule: string; readonly state: RuleState }[];
  readonly limits: readonly DecidedLimit[];
  /** The versions that decided. */
  readonly documents: readonly RuleSetDocument[];
  /** What made it other than its rules do, which no case knows: snoozes and control groups, a text each. */
  readonly excepted: readonly string[];
  /** The site and the merchant, where they are configured: as they are now. */
  readonly site: SiteForm | undefined;
  readonly merchant: MerchantForm | undefined;
}

/** What became of a limit. Minor units of the base currency. */
export interface DecidedLimit {
  readonly ruleSet: string;
  readonly limit: string;
  /** `held`, `refused`, or that it could not be asked. */
  readonly state: 'held' | 'refused' | 'unheld';
  readonly capMinor: number;
  readonly usedMinor: number;
}
