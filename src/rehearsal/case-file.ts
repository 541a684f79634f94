import type { CardFunding } from '../facts/payment.js';
import type { Claim, Label, ThreeDsResult } from '../facts/attributes/report-words.js';
import type { FactParams, Json } from '../rules/document/document.js';
import type { Outcome, ScaExemption, ThreeDsDemand } from '../rules/outcome.js';
import { duplicateKeys } from '../rules/check/duplicate-keys.js';
import { jsonErrorText } from '../rules/document/json-error.js';
import { jsonProblem } from '../rules/document/json-limits.js';
import { schemaProblems } from '../rules/document/schema-subset.js';
import { CASES_SCHEMA } from './case-schema.js';

/** A place to send something, as written in a case. */
export interface AddressForm {
  readonly name?: string;
  readonly line1?: string;
  readonly line2?: string;
  readonly city?: string;
  readonly region?: string;
  readonly postalCode?: string;
  readonly country?: string;
}

/** A card as written in a case. */
export interface CardForm {
  readonly fingerprint?: string;
  readonly token?: string;
  readonly paymentAccountReference?: string;
  readonly bin?: string;
  readonly last4?: string;
  readonly brand?: string;
  readonly issuerCountry?: string;
  readonly funding?: CardFunding;
  readonly wallet?: string;
}

/** Any instrument that is no card. */
export interface AccountForm {
  readonly method?: string;
  readonly account?: string;
  readonly country?: string;
  readonly funding?: CardFunding;
}

/** A payment as written in a case: only what matters for it. `null` takes a default away. */
export interface PaymentForm {
  readonly site?: string;
  readonly language?: string;
  readonly merchant?: string | null;
  readonly terminal?: string | null;
  readonly order?: string | null;
  readonly kind?: 'payment' | 'card-check' | 'merchant-initiated';
  /** Decimal and currency: `25.00 EUR`. */
  readonly amount?: string;
  readonly card?: CardForm | null;
  readonly localMethod?: AccountForm;
  readonly voucher?: AccountForm;
  readonly bankTransfer?: AccountForm;
  readonly staticCode?: AccountForm;
  readonly customer?: string | null;
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly name?: string | null;
  readonly registered?: string | null;
  readonly device?: string | null;
  readonly userAgent?: string | null;
  readonly acceptLanguage?: string | null;
  readonly ip?: string | null;
  readonly billing?: AddressForm | null;
  readonly shipping?: AddressForm | null;
  readonly items?: readonly {
    readonly sku?: string;
    readonly category?: string;
    readonly quantity?: number;
    readonly price?: string;
  }[];
  readonly attributes?: Readonly<Record<string, string>>;
}

/** What is said about a payment later. */
export interface EventForm {
  readonly event: string;
  readonly amount?: string;
  readonly code?: string;
  readonly claim?: Claim;
  readonly threeDs?: ThreeDsResult;
  readonly liabilityShifted?: boolean;
  readonly label?: Label;
  /** A chargeback for fraud. */
  readonly fraud?: boolean;
  readonly channel?: string;
  /** When it happened; default: when it becomes known. */
  readonly happened?: string;
}

/** An event that follows its payment after a while. */
export interface FollowForm extends EventForm {
  readonly after?: string;
}

/** A payment of the stream, perhaps several times. `{n}` in its texts is 1, 2, 3 … */
export interface PaymentEntry {
  readonly at?: string;
  readonly id?: string;
  readonly payment: PaymentForm;
  readonly repeat?: number;
  readonly every?: string;
  readonly followedBy?: FollowForm | readonly FollowForm[];
  /** Facts that are given in place of what would be read. */
  readonly facts?: readonly PinnedFact[];
  /** What of a limit (`rule` or `set/rule`) had been used before, whatever the key: `480.00 USD`. */
  readonly used?: Readonly<Record<string, string>>;
  /** Of the last repetition. */
  readonly expect?: Expectation;
}

/** The value of a fact as it is to be; without a value the fact is missing. */
export interface PinnedFact {
  readonly fact: string;
  readonly params?: FactParams;
  readonly value?: Json;
}

/** An event of the stream that names its payment. */
export interface EventEntry extends EventForm {
  readonly at?: string;
  readonly of: string;
}

/** What must come out. Rules and limits are named `rule` or `set/rule`. Lists of names are 'contains'. */
export interface Expectation {
  readonly outcome?: Outcome;
  readonly threeDs?: ThreeDsDemand;
  readonly exemption?: ScaExemption;
  readonly reasons?: readonly string[];
  readonly notReasons?: readonly string[];
  readonly hits?: readonly string[];
  readonly notHits?: readonly string[];
  readonly unknown?: readonly string[];
  /** Limits in which the amount was reserved. */
  readonly held?: readonly string[];
  /** Limits that had too little room. */
  readonly exceeded?: readonly string[];
  /** Limits that did not count the payment. */
  readonly notDue?: readonly string[];
  /** Default false: a decision that lacked an input must say so. */
  readonly degraded?: boolean;
}

/** One scenario. */
export interface CaseForm {
  readonly name: string;
  /** For people. */
  readonly description?: string;
  readonly now?: string;
  readonly lists?: ListsForm;
  /** In addition to those of the file, or in their place. */
  readonly sites?: CaseFile['sites'];
  readonly merchants?: CaseFile['merchants'];
  readonly ipCountries?: CaseFile['ipCountries'];
  readonly baseCurrency?: CaseFile['baseCurrency'];
  readonly rates?: CaseFile['rates'];
  readonly defaults?: PaymentForm;
  readonly stream: readonly (PaymentEntry | EventEntry)[];
  /** Of the last payment. */
  readonly expect?: Expectation;
}

/** Values added to lists; with a type for lists that do not ship. */
export type ListsForm = Readonly<
  Record<string, readonly string[] | { readonly type: string; readonly values: readonly string[] }>
>;

export interface SiteForm {
  readonly id: string;
  readonly timeZone?: string;
  readonly country?: string;
  readonly currency?: string;
  readonly group?: string;
}

export interface MerchantForm {
  readonly id: string;
  readonly owner?: string;
  readonly riskGrade?: 'A' | 'B' | 'C' | 'D' | 'E';
  readonly timeZone?: string;
  readonly country?: string;
  readonly currency?: string;
  readonly small?: boolean;
}

/** A file of golden cases. */
export interface CaseFile {
  readonly $schema?: string;
  readonly description?: string;
  /** Default: the set that the file is named after. */
  readonly ruleSets?: readonly string[];
  readonly lists?: ListsForm;
  readonly sites?: readonly SiteForm[];
  readonly merchants?: readonly MerchantForm[];
  /** Address to country; no other address is known. */
  readonly ipCountries?: Readonly<Record<string, string>>;
  /** What facts, limits and rates reckon in; default USD. */
  readonly baseCurrency?: string;
  /** Units of the base currency for one unit; of USD default a few round ones, of another none. */
  readonly rates?: Readonly<Record<string, string>>;
  readonly now?: string;
  readonly defaults?: PaymentForm;
  readonly cases: readonly CaseForm[];
}

/** A file of cases, or all that is wrong with it, each with a JSON Pointer. */
export type ParsedCases = { readonly ok: CaseFile } | { readonly problems: readonly string[] };

/** Reads the text of a `*.cases.json` file. Never throws. */
export function parseCaseFile(text: string): ParsedCases {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { problems: [`not JSON: ${jsonErrorText(text, error)}`] };
  }
  const problem = jsonProblem(json);
  if (problem !== undefined) return { problems: [`the file ${problem}`] };
  const doubled = duplicateKeys(text).map((path) => `${path}: stands twice; only the last would count`);
  if (doubled.length > 0) return { problems: doubled };
  const problems = schemaProblems(CASES_SCHEMA, json).map(
    ({ path, message }) => `${path || '/'}: ${message}`,
  );
  if (problems.length > 0) return { problems };
  const file = json as CaseFile;
  const names = file.cases.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (twice.length > 0) return { problems: twice.map((name) => `two cases are named "${name}"`) };
  return { ok: file };
}
