import { toOptionalMs } from '../server/grpc/convert/time.js';
import { toPaymentInput } from '../server/grpc/convert/payment.js';
import {
  LIMIT_STATE,
  OUTCOME,
  RULE_STATE,
  SCA_EXEMPTION,
  THREE_DS_DEMAND,
} from '../server/grpc/convert/vocabulary.js';
import { TollgateError, type ErrorCode } from '../errors/errors.js';
import {
  DecisionFlag,
  type Decision,
  type GetDecisionResponse,
  type LimitUse,
} from '../gen/tollgate/v1/decision_service_pb.js';
import type { MerchantForm, SiteForm } from '../rehearsal/case-file.js';
import type { DecidedLimit, StoredDecision } from '../rehearsal/case-from/stored-decision.js';
import type { FactParams, RuleSetDocument } from '../rules/document/document.js';
import type { FactValue } from '../rules/program.js';
import type { Connection } from './client.js';
import { CliError, EXIT } from './exit.js';

/** Which decision: by its id, or by site and request id. */
export interface DecisionReference {
  readonly id: string;
  readonly site: string;
  readonly requestId: string;
}

/** Reads a decision with the versions that made it, and its site and merchant as they are now. */
export async function readStoredDecision(
  tollgate: Connection,
  which: DecisionReference,
): Promise<StoredDecision> {
  const found = await tollgate.decisions.getDecision({ ...which, withTrace: true });
  const { decision, request, trace } = found;
  if (decision === undefined || request?.payment === undefined || trace === undefined)
    throw new CliError(
      EXIT.refused,
      'DECISION_INCOMPLETE',
      'of this decision the payment or its facts are not kept',
    );
  const payment = toPaymentInput(request.payment);
  return {
    ...verdictOf(decision),
    payment,
    facts: factsOf(trace),
    rules: trace.rules.map(({ ruleSet, rule, state }) => ({
      ruleSet,
      rule,
      state: wordOf(RULE_STATE, state),
    })),
    limits: decision.limits.map(limitOf),
    documents: await documentsOf(tollgate, decision),
    excepted: exceptedIn(decision),
    site: await siteOf(tollgate, payment.site),
    merchant: payment.merchant === '' ? undefined : await merchantOf(tollgate, payment.merchant),
  };
}

function exceptedIn({ snoozed, control }: Decision): readonly string[] {
  const snoozes = snoozed.map(
    ({ ruleSet, rule, actor }) =>
      `rule ${ruleSet}/${rule} was snoozed by ${actor || 'nobody named'}, which a case cannot be: write one by hand, or wait for a payment that is not excepted`,
  );
  if (control?.letGo !== true) return snoozes;
  return [
    ...snoozes,
    `rule ${control.ruleSet}/${control.rule} let it go for its control group, which a case has not: take a payment that was not drawn`,
  ];
}

type Trace = NonNullable<GetDecisionResponse['trace']>;

function factsOf({ facts }: Trace): StoredDecision['facts'] {
  return facts.map(({ fact, paramsJson, valueJson }) => ({
    fact,
    params: paramsJson === '' ? undefined : (JSON.parse(paramsJson) as FactParams),
    value: valueJson === '' ? undefined : (JSON.parse(valueJson) as FactValue),
  }));
}

function verdictOf(decision: Decision) {
  const { baseAmount } = decision;
  return {
    id: decision.id,
    eventTime: toOptionalMs(decision.eventTime) ?? 0,
    outcome: wordOf(OUTCOME, decision.outcome),
    threeDs: wordOf(THREE_DS_DEMAND, decision.threeDs),
    exemption: wordOf(SCA_EXEMPTION, decision.exemption),
    reasons: decision.reasons,
    degraded: decision.flags.includes(DecisionFlag.DEGRADED),
    baseMinor: baseAmount === undefined ? undefined : Number(baseAmount.minor),
    baseCurrency: baseAmount?.currency,
  };
}

function limitOf({ ruleSet, limit, state, capMinor, usedMinor }: LimitUse): DecidedLimit {
  const word = wordOf(LIMIT_STATE, state);
  return {
    ruleSet,
    limit,
    state: word === 'held' || word === 'refused' ? word : 'unheld',
    capMinor: Number(capMinor),
    usedMinor: Number(usedMinor),
  };
}

async function documentsOf(
  tollgate: Connection,
  { ruleSets }: Decision,
): Promise<readonly RuleSetDocument[]> {
  const documents: RuleSetDocument[] = [];
  for (const { ruleSet, version, hash } of ruleSets) {
    const stored = (await tollgate.rules.getVersion({ ruleSet, version })).version;
    if (stored?.hash !== hash)
      throw new CliError(
        EXIT.refused,
        'VERSION_NOT_FOUND',
        `version ${version} of ${ruleSet} is not stored as it was`,
      );
    documents.push(JSON.parse(stored.documentJson) as RuleSetDocument);
  }
  return documents;
}

async function siteOf(tollgate: Connection, id: string): Promise<SiteForm | undefined> {
  const site = (await orNone(tollgate.sites.getSite({ id }), 'SITE_NOT_FOUND'))?.site;
  if (site === undefined) return undefined;
  const { timeZone, country, currency, group } = site;
  return { id, ...filled({ timeZone, country, currency, group }) };
}

async function merchantOf(tollgate: Connection, id: string): Promise<MerchantForm | undefined> {
  const merchant = (await orNone(tollgate.sites.getMerchant({ id }), 'MERCHANT_NOT_FOUND'))?.merchant;
  if (merchant === undefined) return undefined;
  const { riskGrade, timeZone, country, currency, small } = merchant;
  const owner = merchant.ownerIdentityHash === '' ? '' : 'owner-1';
  return { id, ...filled({ owner, riskGrade, timeZone, country, currency, small }) };
}

async function orNone<T>(answer: Promise<T>, code: ErrorCode): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof TollgateError && error.code === code) return undefined;
    throw error;
  }
}

function filled(fields: Readonly<Record<string, string | boolean>>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '' && value !== false));
}

/** The core's word for an enum of the API. */
function wordOf<W extends string>(words: Readonly<Record<W, number>>, number: number): W {
  const found = (Object.keys(words) as W[]).find((word) => words[word] === number);
  if (found === undefined)
    throw new CliError(
      EXIT.refused,
      'UNKNOWN_VALUE',
      `the server says ${number} where this release knows no such word`,
    );
  return found;
}
