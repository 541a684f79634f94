import { recordedValues } from '../../decisions/record/new-record.js';
import { decodePersonal } from '../../decisions/record/personal-part.js';
import type { DecisionTrace } from '../../decisions/record.js';
import { exceeded } from '../../decisions/limits/holds.js';
import { currencyExponent } from '../../money/currencies.js';
import { formatMinor } from '../../money/decimal.js';
import type { FactCatalogue } from '../../rules/catalogue.js';
import { canonicalJson } from '../../rules/document/canonical.js';
import type { Json } from '../../rules/document/document.js';
import { slotKey } from '../../rules/document/resolve.js';
import { RULE_STATES } from '../../rules/outcome.js';
import type { FactValue } from '../../rules/program.js';
import type { CaseFile, CaseForm, Expectation, PaymentEntry, PinnedFact } from '../case-file.js';
import type { RehearsalList } from '../fixture-lists.js';
import { DEFAULT_BASE } from '../fixtures.js';
import type { Decided } from '../judge.js';
import { rehearseCase, type RunOptions } from '../run-cases.js';
import { pseudonymous, textsIn } from './pseudonyms.js';
import { ratesFor } from './rates-for.js';
import type { StoredDecision } from './stored-decision.js';

/** What a case is made for. */
export interface CaseFromOptions {
  readonly catalogue: FactCatalogue;
  readonly name: string;
  /** The rule sets that are in force where the case will stand. */
  readonly ruleSets: readonly string[];
  /** The lists that are there. */
  readonly lists: readonly RehearsalList[];
  /** The file it goes into. */
  readonly file: CaseFile;
}

/** A case, or why there can be none. */
export type MadeCase = { readonly ok: CaseForm } | { readonly problems: readonly string[] };

/** Facts that tell a person, or may: their value is made up in the payment, so none is pinned. */
const TELLING = new Set(['customer.emailDomain', 'device.userAgent', 'order.id', 'payment.attributes']);

/**
 * A golden case that decides as a stored decision did: the payment under pseudonyms, and those facts given by hand that it
 * does not tell itself. It is run before it is given out: every rule and limit of the sets in force ended as it did then,
 * and where these are all that had a say, so did the decision.
 */
export async function caseFrom(stored: StoredDecision, options: CaseFromOptions): Promise<MadeCase> {
  const { catalogue, lists, file, ruleSets } = options;
  const documents = stored.documents.filter(({ id }) => ruleSets.includes(id));
  const run: RunOptions = { documents, lists, catalogue };
  const bare = bareCase(stored, options, documents);
  const first = await rehearseCase(bare, file, run);
  if (first.last === undefined) return { problems: first.failures.map(({ text }) => text) };
  const used = usedOf(stored, ruleSets);
  const facts = pinsFor(stored, first.last, catalogue);
  const entry: PaymentEntry = {
    ...entryOf(bare),
    ...(facts.length === 0 ? {} : { facts }),
    ...(Object.keys(used).length === 0 ? {} : { used }),
  };
  const told = await rehearseCase({ ...bare, stream: [entry] }, file, run);
  if (told.last === undefined) return { problems: told.failures.map(({ text }) => text) };
  const problems = differences(stored, told.last, ruleSets);
  if (problems.length > 0) return { problems: [...problems, ...stored.excepted] };
  const made: CaseForm = {
    ...bare,
    stream: [entry],
    expect: expectationOf(told.last, documents.length === 1),
  };
  const { failures } = await rehearseCase(made, file, run);
  return failures.length === 0 ? { ok: made } : { problems: failures.map(({ text }) => text) };
}

/** The rule sets that had a say: a rule that hit or could not tell, or a limit that counted; all, if none had. */
export function speakingSets({ rules, limits, documents }: StoredDecision): readonly string[] {
  const said = new Set([
    ...rules.filter(({ state }) => state !== 'no-hit' && state !== 'skipped').map(({ ruleSet }) => ruleSet),
    ...limits.map(({ ruleSet }) => ruleSet),
  ]);
  const all = documents.map(({ id }) => id);
  return said.size === 0 ? all : all.filter((id) => said.has(id));
}

/** The payment and its world, nothing given by hand. */
function bareCase(
  stored: StoredDecision,
  { name, file }: CaseFromOptions,
  documents: StoredDecision['documents'],
): CaseForm {
  const { site, merchant, payment } = stored;
  // To the minute: no rule asks for more.
  const now = new Date(stored.eventTime - (stored.eventTime % 60_000)).toISOString().replace('.000Z', 'Z');
  const form = pseudonymous(payment, stored.eventTime, textsIn(documents));
  const ipCountry = stored.facts.find(({ fact }) => fact === 'ip.country')?.value;
  const base = stored.baseCurrency ?? baseOf(file);
  const rates = ratesFor(stored, documents, file, base);
  return {
    name,
    now,
    ...(site === undefined ? {} : { sites: [site] }),
    ...(merchant === undefined ? {} : { merchants: [merchant] }),
    ...(typeof ipCountry === 'string' && form.ip ? { ipCountries: { [form.ip]: ipCountry } } : {}),
    ...(base === baseOf(file) ? {} : { baseCurrency: base }),
    ...(Object.keys(rates).length === 0 ? {} : { rates }),
    stream: [{ payment: { ...withoutDefaults(file), ...withCard(form, stored) } }],
    expect: {},
  };
}

function baseOf({ baseCurrency = DEFAULT_BASE }: CaseFile): string {
  return baseCurrency;
}

/** What lies below every payment of the file, taken away: a case from a decision says all itself. */
function withoutDefaults({ defaults }: CaseFile): PaymentEntry['payment'] {
  const names = Object.keys(defaults ?? {}).filter((name) => NULLABLE.has(name));
  return Object.fromEntries(names.map((name) => [name, null]));
}

const NULLABLE = new Set(
  'merchant terminal order card customer email phone name registered device userAgent acceptLanguage ip billing shipping'.split(
    ' ',
  ),
);

/** What was looked up by BIN stands in the payment, where a reader looks for it. */
function withCard(form: PaymentEntry['payment'], { facts }: StoredDecision): PaymentEntry['payment'] {
  if (!form.card) return form;
  const { card } = form;
  const known = (fact: string): string | undefined => {
    const value = facts.find((one) => one.fact === fact)?.value;
    return typeof value === 'string' ? value : undefined;
  };
  const [issuerCountry, funding, brand] = [
    known('card.issuerCountry'),
    known('card.funding'),
    known('card.brand'),
  ];
  return {
    ...form,
    card: {
      ...card,
      ...(brand === undefined || card.brand !== undefined ? {} : { brand }),
      ...(issuerCountry === undefined ? {} : { issuerCountry }),
      ...(funding === 'credit' || funding === 'debit' || funding === 'prepaid' ? { funding } : {}),
    },
  };
}

function entryOf({ stream }: CaseForm): PaymentEntry {
  const [entry] = stream;
  if (entry === undefined || !('payment' in entry)) throw new Error('a case is made with one payment');
  return entry;
}

/** The facts that are not what the payment by itself makes of them. */
function pinsFor(
  { facts }: StoredDecision,
  decided: Decided,
  catalogue: FactCatalogue,
): readonly PinnedFact[] {
  const recorded = new Map(facts.map(({ fact, params, value }) => [slotKey(fact, params), value]));
  const values = valuesOf(decided);
  return decided.layout.slots.flatMap(({ fact, params }, slot): PinnedFact[] => {
    const value = recorded.get(slotKey(fact, params));
    if (same(value, values[slot]) || TELLING.has(fact) || catalogue.get(fact)?.personal === true) return [];
    const read = params === undefined ? { fact } : { fact, params };
    return [value === undefined ? read : { ...read, value: value as Json }];
  });
}

function same(a: FactValue, b: FactValue): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonicalJson(a) === canonicalJson(b);
}

function usedOf(
  { limits, baseCurrency = DEFAULT_BASE }: StoredDecision,
  ruleSets: readonly string[],
): Record<string, string> {
  const decimals = currencyExponent(baseCurrency) ?? 0;
  const asked = limits.filter(({ ruleSet, usedMinor }) => ruleSets.includes(ruleSet) && usedMinor > 0);
  return Object.fromEntries(
    asked.map(({ ruleSet, limit, usedMinor }) => [
      `${ruleSet}/${limit}`,
      `${formatMinor(usedMinor, decimals)} ${baseCurrency}`,
    ]),
  );
}

function valuesOf({ payload }: Decided): readonly FactValue[] {
  const trace = JSON.parse(payload.trace) as DecisionTrace;
  return recordedValues(trace, decodePersonal(payload.personal).facts);
}

/** What is not as it was. */
function differences(
  stored: StoredDecision,
  decided: Decided,
  ruleSets: readonly string[],
): readonly string[] {
  const { record, layout, payload } = decided;
  const { states } = JSON.parse(payload.trace) as DecisionTrace;
  const now = new Map(
    layout.rules.map(([ruleSet, rule], at) => [`${ruleSet}/${rule}`, RULE_STATES[Number(states[at])]]),
  );
  const told: string[] = [];
  for (const { ruleSet, rule, state } of stored.rules.filter((one) => ruleSets.includes(one.ruleSet)))
    if (now.get(`${ruleSet}/${rule}`) !== state)
      told.push(
        `rule ${ruleSet}/${rule} ended as ${state}, and would as ${now.get(`${ruleSet}/${rule}`) ?? 'nothing'}`,
      );
  const everyone = speakingSets(stored).every((id) => ruleSets.includes(id));
  if (!everyone) return told;
  for (const name of ['outcome', 'threeDs', 'exemption'] as const)
    if (record[name] !== stored[name]) told.push(`${name} was ${stored[name]}, and would be ${record[name]}`);
  if (!same(record.reasons, stored.reasons))
    told.push(`reasons were ${stored.reasons.join(', ')}, and would be ${record.reasons.join(', ')}`);
  if (record.flags.includes('degraded') !== stored.degraded)
    told.push(
      `it was ${stored.degraded ? '' : 'not '}degraded, and would${stored.degraded ? ' not' : ''} be`,
    );
  return [...told, ...limitDifferences(stored, decided)];
}

function limitDifferences({ limits }: StoredDecision, { record }: Decided): readonly string[] {
  const told: string[] = [];
  for (const { ruleSet, limit, state, capMinor, usedMinor } of limits) {
    const use = record.limits.find((one) => one.ruleSet === ruleSet && one.limit === limit);
    const figures = use === undefined || use.state === 'unheld' ? [0, 0] : [use.capMinor, use.usedMinor];
    const was = state === 'unheld' ? [0, 0] : [capMinor, usedMinor];
    if (use?.state !== state || !same(figures, was))
      told.push(
        `limit ${ruleSet}/${limit} was ${state}, ${was.join(' and ')} of cap and use; would be ${use?.state ?? 'not due'}, ${figures.join(' and ')}`,
      );
  }
  return told;
}

/** What the decision was, in the words of a case. */
function expectationOf({ record }: Decided, alone: boolean): Expectation {
  const name = (ruleSet: string, own: string): string => (alone ? own : `${ruleSet}/${own}`);
  const rules = (state: string): readonly string[] =>
    record.hits.filter((hit) => hit.state === state).map(({ ruleSet, rule }) => name(ruleSet, rule));
  const over = record.limits.filter((use) => exceeded(use, record.base?.minor ?? Number.NaN));
  const held = record.limits.filter((use) => use.state === 'held' && !over.includes(use));
  const lists = {
    hits: rules('hit'),
    unknown: rules('unknown'),
    held: held.map(({ ruleSet, limit }) => name(ruleSet, limit)),
    exceeded: over.map(({ ruleSet, limit }) => name(ruleSet, limit)),
    reasons: record.reasons,
  };
  return {
    outcome: record.outcome,
    threeDs: record.threeDs,
    ...(record.exemption === 'none' ? {} : { exemption: record.exemption }),
    ...Object.fromEntries(Object.entries(lists).filter(([, names]) => names.length > 0)),
    ...(record.flags.includes('degraded') ? { degraded: true } : {}),
  };
}
