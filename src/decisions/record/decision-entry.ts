import type { Attribute } from '../../facts/attributes.js';
import type { PaymentContext } from '../../facts/context.js';
import type { StreamEvent } from '../../facts/stream.js';
import type { ControlLot } from '../control/control-lot.js';
import type { Lot } from '../evaluate/canary-lot.js';
import type { Evaluation } from '../evaluate/evaluate.js';
import { keysOf } from './event-entry.js';
import type { LimitedVerdict } from '../limits/holds.js';
import { newRecord, newTrace, personalFacts } from './new-record.js';
import { encodePersonal } from './personal-part.js';
import type { JournalEntry } from '../ports.js';
import type { DecisionFlag, DecisionRecord, LimitUse } from '../record.js';

/** A decision before it becomes an entry of the journal. */
export interface DecisionParts {
  readonly id: string;
  readonly requestId: string;
  /** Bytes that say the request. */
  readonly raw: Uint8Array;
  readonly context: PaymentContext;
  readonly evaluation: Evaluation;
  /** What was drawn for canaries. */
  readonly lots: readonly Lot[];
  /** What was drawn for a control group. */
  readonly control: ControlLot | undefined;
  /** Its event, with position and outcome. */
  readonly event: StreamEvent;
  readonly final: LimitedVerdict;
  readonly limits: readonly LimitUse[];
  readonly flags: readonly DecisionFlag[];
  /** Epoch ms. */
  readonly decidedAt: number;
  readonly lapsesAt: number;
  readonly evaluationUs: number;
  readonly baseCurrency: string;
  readonly hash: (attribute: Attribute, value: string) => number;
  /** Digest of what identifies the instrument. */
  readonly instrument: string;
  /** How far other logs could be seen. */
  readonly seen: readonly (readonly [log: number, seq: number])[];
}

/** The decision as it is answered, and as it is kept. */
export function decisionEntry(parts: DecisionParts): {
  readonly record: DecisionRecord;
  readonly entry: JournalEntry;
} {
  const { id, requestId, event, evaluation, final, decidedAt } = parts;
  const { rules, verdict, values, states, limitStates } = evaluation;
  const { program, plan, layout } = rules;
  // Field by field: spreading takes several times as long, and this runs for every payment.
  const record = newRecord({
    id,
    requestId,
    log: event.log,
    seq: event.seq,
    context: parts.context,
    instrument: parts.instrument,
    program,
    authentication: evaluation.authentication,
    lots: parts.lots,
    snoozed: evaluation.snoozed,
    control: parts.control,
    verdict,
    final,
    limits: parts.limits,
    flags: parts.flags,
    decidedAt,
    lapsesAt: parts.lapsesAt,
    baseCurrency: parts.baseCurrency,
  });
  const trace = newTrace({
    layout: layout.id,
    values,
    personal: plan.personal,
    states,
    limitStates,
    seen: parts.seen,
    evaluationUs: parts.evaluationUs,
    sources: evaluation.sources,
  });
  const entry: JournalEntry = {
    id,
    event,
    keys: keysWithFingerprint(parts),
    decision: {
      site: record.site,
      requestId: record.requestId,
      outcome: record.outcome,
      degraded: final.degraded,
      decidedAt,
      record: JSON.stringify(record),
      trace: JSON.stringify(trace),
      personal: encodePersonal(parts.raw, personalFacts(values, plan.personal)),
    },
    alias: undefined,
    report: undefined,
  };
  return { record, entry };
}

/** A card that its payment account reference tells is found by its fingerprint too; it is counted by the former alone. */
function keysWithFingerprint({ context: { card, input }, event, hash }: DecisionParts): readonly number[] {
  const keys = keysOf(event);
  const { fingerprint } = input.instrument;
  if (card === '' || fingerprint === '' || fingerprint === card) return keys;
  const key = hash('card', fingerprint);
  return keys.includes(key) ? keys : [...keys, key];
}
