import {
  DecisionFlag,
  Outcome,
  RuleState,
  ThreeDsDemand,
  type Decision,
  type StreamResult,
} from '../../gen/tollgate/v1/decision_service_pb.js';
import type { EventResult } from '../../gen/tollgate/v1/event_service_pb.js';
import type { Status } from '../../gen/google/rpc/status_pb.js';
import { fromRpcStatus } from '../../server/grpc/call-failed.js';
import { createHistogram, type Histogram } from './histogram.js';
import type { ScreenItem, StreamItem } from './items.js';

/** Payments and their money. */
export interface Sum {
  payments: number;
  /** Minor units of the base currency. */
  money: number;
}

/** What a bar stopped, by what it really was. */
export interface Caught {
  readonly fraud: Sum;
  readonly good: Sum;
}

/** Counts everything that is answered. */
export interface Tally {
  decisions: number;
  /** Of the decisions: those that had been decided before. */
  repeated: number;
  events: number;
  repeatedEvents: number;
  degraded: number;
  unknownSite: number;
  /** Payments whose money is not in the sums: no rate to the base currency. */
  withoutBase: number;
  baseCurrency: string;
  readonly outcomes: Map<Outcome, number>;
  readonly threeDs: Map<ThreeDsDemand, number>;
  readonly rules: Map<string, number>;
  readonly errors: Map<string, { count: number; readonly example: string }>;
  /** All payments whose truth is known. */
  readonly known: Caught;
  /** Of them: outcome reject or block. */
  readonly stopped: Caught;
  /** Of them: outcome review, reject or block. */
  readonly checked: Caught;
  /** By kind of fraud: all, stopped, checked. */
  readonly kinds: Map<string, { payments: number; stopped: number; checked: number }>;
  /** From sending a batch to its answer, one count a decision, ms. */
  readonly latency: Histogram;
}

const nothing = (): Caught => ({ fraud: { payments: 0, money: 0 }, good: { payments: 0, money: 0 } });

/** A tally of nothing. */
export function createTally(): Tally {
  return {
    decisions: 0,
    repeated: 0,
    events: 0,
    repeatedEvents: 0,
    degraded: 0,
    unknownSite: 0,
    withoutBase: 0,
    baseCurrency: '',
    outcomes: new Map(),
    threeDs: new Map(),
    rules: new Map(),
    errors: new Map(),
    known: nothing(),
    stopped: nothing(),
    checked: nothing(),
    kinds: new Map(),
    latency: createHistogram(),
  };
}

const add = <K>(counts: Map<K, number>, key: K): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

/** Counts an entry that was refused. */
function countError(tally: Tally, status: Status, what: string): void {
  const error = fromRpcStatus(status);
  const code = error?.code ?? `STATUS_${status.code}`;
  const found = tally.errors.get(code);
  if (found !== undefined) {
    found.count++;
    return;
  }
  const fields = (error?.violations ?? []).map(({ field, description }) => `${field}: ${description}`);
  // The message repeats the first field at fault.
  const told = fields[0] !== undefined && status.message.startsWith(fields[0]) ? [] : [status.message];
  tally.errors.set(code, { count: 1, example: `${what}: ${[...told, ...fields].join('; ')}` });
}

function countTruth(tally: Tally, item: ScreenItem, decision: Decision): void {
  if (item.fraud === undefined) return;
  const stopped = decision.outcome === Outcome.REJECT || decision.outcome === Outcome.BLOCK;
  const checked = stopped || decision.outcome === Outcome.REVIEW;
  const money = decision.baseAmount === undefined ? 0 : Number(decision.baseAmount.minor);
  const side = item.fraud ? 'fraud' : 'good';
  const bars = [tally.known, ...(stopped ? [tally.stopped] : []), ...(checked ? [tally.checked] : [])];
  for (const bar of bars) {
    bar[side].payments++;
    bar[side].money += money;
  }
  if (item.fraudKind === '' || !item.fraud) return;
  const kind = tally.kinds.get(item.fraudKind) ?? { payments: 0, stopped: 0, checked: 0 };
  kind.payments++;
  if (stopped) kind.stopped++;
  if (checked) kind.checked++;
  tally.kinds.set(item.fraudKind, kind);
}

function countDecision(tally: Tally, item: ScreenItem, decision: Decision, repeated: boolean): void {
  tally.decisions++;
  if (repeated) tally.repeated++;
  add(tally.outcomes, decision.outcome);
  add(tally.threeDs, decision.threeDs);
  for (const hit of decision.hits) {
    if (hit.state === RuleState.HIT) add(tally.rules, `${hit.ruleSet}/${hit.rule}`);
  }
  if (decision.flags.includes(DecisionFlag.DEGRADED)) tally.degraded++;
  if (decision.flags.includes(DecisionFlag.UNKNOWN_SITE)) tally.unknownSite++;
  if (decision.baseAmount === undefined) tally.withoutBase++;
  else tally.baseCurrency = decision.baseAmount.currency;
  countTruth(tally, item, decision);
}

/** Counts the answer to an event. */
export function countEvent(tally: Tally, eventId: string, result: EventResult): void {
  if (result.error !== undefined) {
    countError(tally, result.error, `event ${eventId}`);
    return;
  }
  tally.events++;
  if (result.repeated) tally.repeatedEvents++;
}

/** Counts the answer to an item; `ms` from sending to answer. */
export function countResult(tally: Tally, item: StreamItem, result: StreamResult, ms: number): void {
  const answer = result.result;
  if (answer.case === 'error') {
    const what = item.kind === 'screen' ? `request ${requestIdOf(item)}` : `event ${item.event.eventId}`;
    countError(tally, answer.value, what);
  } else if (answer.case === 'event' && item.kind === 'event') {
    countEvent(tally, item.event.eventId, answer.value);
  } else if (answer.case === 'screen' && item.kind === 'screen' && answer.value.decision !== undefined) {
    tally.latency.add(ms);
    countDecision(tally, item, answer.value.decision, answer.value.repeated);
  } else {
    throw new Error('the server answered something else than it was asked');
  }
}

function requestIdOf(item: ScreenItem): string {
  const { entry } = item.entry;
  return entry.case === 'screen' ? entry.value.requestId : '';
}
