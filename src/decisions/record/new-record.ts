import type { PaymentContext } from '../../facts/context.js';
import type { Authentication } from '../../rules/outcome.js';
import type { SnoozedRule } from '../../rules/exceptions/snooze.js';
import type { FactValue, Hit, Program, Verdict } from '../../rules/program.js';
import type { ControlLot } from '../control/control-lot.js';
import type { Lot } from '../evaluate/canary-lot.js';
import type { LimitedVerdict } from '../limits/holds.js';
import type { DecisionFlag, DecisionRecord, DecisionTrace, LimitUse } from '../record.js';

/** What a record is made of. */
export interface RecordParts {
  readonly id: string;
  readonly requestId: string;
  readonly log: number;
  readonly seq: number;
  readonly context: PaymentContext;
  readonly instrument: string;
  readonly program: Program;
  readonly authentication: Authentication;
  readonly lots: readonly Lot[];
  readonly snoozed: readonly SnoozedRule[];
  readonly control: ControlLot | undefined;
  readonly verdict: Verdict;
  readonly final: LimitedVerdict;
  readonly limits: readonly LimitUse[];
  readonly flags: readonly DecisionFlag[];
  readonly decidedAt: number;
  readonly lapsesAt: number;
  readonly baseCurrency: string;
}

/** The decision as it is answered and kept. */
export function newRecord(parts: RecordParts): DecisionRecord {
  const { context, verdict, final } = parts;
  const { event, input } = context;
  return {
    schema: 1,
    id: parts.id,
    requestId: parts.requestId,
    site: input.site,
    log: parts.log,
    seq: parts.seq,
    outcome: final.outcome,
    threeDs: verdict.threeDs,
    exemption: verdict.exemption,
    authentication: parts.authentication,
    reasons: final.reasons,
    hits: verdict.hits as Hit[],
    flags: final.degraded ? [...parts.flags, 'degraded'] : parts.flags,
    binding: { minor: input.minor, currency: input.currency, instrument: parts.instrument },
    eventTime: event.at,
    decidedAt: parts.decidedAt,
    lapsesAt: parts.lapsesAt,
    ruleSets: versionsOf(parts.program),
    lots: parts.lots.length === 0 ? undefined : parts.lots,
    snoozed: parts.snoozed.length === 0 ? undefined : parts.snoozed,
    control: parts.control,
    limits: parts.limits,
    base: Number.isNaN(event.baseMinor) ? null : { minor: event.baseMinor, currency: parts.baseCurrency },
    rateId: context.rateId,
  };
}

const versionLists = new WeakMap<Program, DecisionRecord['ruleSets']>();

function versionsOf(program: Program): DecisionRecord['ruleSets'] {
  let versions = versionLists.get(program);
  if (versions === undefined) {
    versions = program.versions.map(({ ruleSet, version, hash }) => ({ ruleSet, version, hash }));
    versionLists.set(program, versions);
  }
  return versions;
}

/** What the decision was made from, without what identifies a person. */
export function newTrace(parts: {
  readonly layout: string;
  readonly values: readonly FactValue[];
  readonly personal: readonly number[];
  readonly states: Uint8Array;
  readonly limitStates: readonly number[];
  readonly seen: readonly (readonly [number, number])[];
  readonly evaluationUs: number;
  readonly sources: readonly number[];
}): DecisionTrace {
  const { values, personal } = parts;
  const missing: number[] = [];
  for (let slot = 0; slot < values.length; slot++) if (values[slot] === undefined) missing.push(slot);
  const facts: unknown[] = values.slice();
  for (const slot of personal) facts[slot] = null;
  return {
    schema: 1,
    layout: parts.layout,
    facts,
    missing,
    states: digits(parts.states),
    limitStates: parts.limitStates.join(''),
    seen: parts.seen,
    evaluationUs: Math.round(parts.evaluationUs),
    sources: parts.sources,
  };
}

/** The values of personal slots, by slot. */
export function personalFacts(
  values: readonly FactValue[],
  personal: readonly number[],
): Record<string, unknown> {
  const facts: Record<string, unknown> = {};
  for (const slot of personal) if (values[slot] !== undefined) facts[slot] = values[slot];
  return facts;
}

/** The fact vector of a stored decision, as it was. */
export function recordedValues(
  trace: DecisionTrace,
  personal: Readonly<Record<string, unknown>>,
): FactValue[] {
  const values = trace.facts.map((value, slot) =>
    String(slot) in personal ? personal[String(slot)] : value,
  );
  for (const slot of trace.missing) values[slot] = undefined;
  return values as FactValue[];
}

/** Numbers below 10 as text: piece by piece it would be a chain of strings. */
function digits(states: Uint8Array): string {
  const { length } = states;
  if (scratch.length < length) scratch = Buffer.alloc(length * 2);
  for (let index = 0; index < length; index++) scratch[index] = ZERO + (states[index] ?? 0);
  return scratch.toString('latin1', 0, length);
}

const ZERO = 48;
let scratch = Buffer.alloc(256);
