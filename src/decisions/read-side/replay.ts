import { canonicalJson } from '../../rules/document/canonical.js';
import { verdictAsSnoozed } from '../../rules/exceptions/snoozing.js';
import { letGoVerdict, stoppedAlone } from '../control/let-go.js';
import { layoutOf } from '../../rules/versions/layout.js';
import { RULE_STATES } from '../../rules/outcome.js';
import type { FactValue, Program } from '../../rules/program.js';
import { slotKey } from '../../rules/document/resolve.js';
import type { Layout } from '../../rules/version-store.js';
import { afterLimits } from '../limits/holds.js';
import type { DecisionRecord, DecisionTrace } from '../record.js';

/** A decision as it was kept. */
export interface KeptDecision {
  readonly record: DecisionRecord;
  readonly trace: DecisionTrace;
  /** The one that the trace refers to. */
  readonly layout: Layout;
  /** By slot of the layout. */
  readonly values: readonly FactValue[];
}

/** What a program makes of a decision's recorded facts and limits, and what of it is not as it was kept. */
export interface Replay {
  readonly replayed: DecisionRecord;
  /** For people; none: it replays bit for bit. */
  readonly differences: readonly string[];
}

/** Evaluates a decision's recorded facts again. Pure. */
export function replay({ record, trace, layout, values }: KeptDecision, program: Program): Replay {
  const facts = factsFor(program, layout, values);
  const states = program.evaluate(facts);
  const replayed = decidedAgain(record, program, states);
  const rules = program.rules.map(({ index, ruleSet, rule }) => [ruleSet, rule.name, states[index]] as const);
  const limits = program.limits.map((held) => [held.ruleSet, held.limit.name, held.applies(facts)] as const);
  return {
    replayed,
    differences: [
      ...recordDifferences(record, replayed),
      ...stateDifferences('rule', statesOf(layout.rules, trace.states), namedStates(rules)),
      ...stateDifferences('limit', statesOf(layout.limits, trace.limitStates), namedStates(limits)),
    ],
  };
}

/** The recorded values by slot of the program. */
function factsFor(program: Program, layout: Layout, values: readonly FactValue[]): readonly FactValue[] {
  if (layoutOf(program, layout.references).id === layout.id) return values;
  const byKey = new Map(layout.slots.map(({ fact, params }, slot) => [slotKey(fact, params), values[slot]]));
  return program.slots.map(({ key }) => byKey.get(key));
}

/** The decision as a program makes it of these rule states, under the limits as they were. Pure. */
export function decidedAgain(record: DecisionRecord, program: Program, states: Uint8Array): DecisionRecord {
  // By what the record says: the snoozes may be over.
  const { authentication, control } = record;
  const { verdict: full, snoozed } = verdictAsSnoozed(program, states, authentication, record.snoozed ?? []);
  const stopped = { program, states, authentication, verdict: full, snoozed };
  const without = control?.letGo === true ? stoppedAlone(stopped, control.ruleSet, control.rule) : undefined;
  const verdict =
    control === undefined || without === undefined ? full : letGoVerdict(full, without, control.letGoTo);
  const paid = record.base?.minor ?? Number.NaN;
  const final = afterLimits(verdict, record.limits, paid, program.limitOf);
  const flags = record.flags.filter((flag) => flag !== 'degraded');
  return {
    ...record,
    outcome: final.outcome,
    reasons: final.reasons,
    threeDs: verdict.threeDs,
    exemption: verdict.exemption,
    hits: verdict.hits,
    ...(record.snoozed === undefined ? {} : { snoozed }),
    flags: final.degraded ? [...flags, 'degraded'] : flags,
  };
}

function recordDifferences(recorded: DecisionRecord, replayed: DecisionRecord): string[] {
  const differences: string[] = [];
  for (const name of ['outcome', 'threeDs', 'exemption', 'reasons', 'hits', 'snoozed', 'flags'] as const) {
    const [before, now] = [canonicalJson(recorded[name] ?? []), canonicalJson(replayed[name] ?? [])];
    if (before !== now) differences.push(`${name} was ${before} and is ${now}`);
  }
  return differences;
}

/** States by name. */
type States = ReadonlyMap<string, number>;

/** `digits`: the state of each name, in their order. */
function statesOf(names: readonly (readonly [ruleSet: string, name: string])[], digits: string): States {
  return namedStates(names.map(([ruleSet, name], index) => [ruleSet, name, Number(digits[index] ?? '0')]));
}

function namedStates(
  states: readonly (readonly [ruleSet: string, name: string, state: number | undefined])[],
): States {
  return new Map(states.map(([ruleSet, name, state]) => [`${ruleSet}/${name}`, state ?? 0]));
}

function stateDifferences(kind: 'rule' | 'limit', before: States, now: States): string[] {
  const text = (state: number | undefined): string => RULE_STATES[state ?? -1] ?? 'absent';
  return [...new Set([...before.keys(), ...now.keys()])]
    .filter((name) => before.get(name) !== now.get(name))
    .map((name) => `${kind} ${name} was ${text(before.get(name))} and is ${text(now.get(name))}`);
}
