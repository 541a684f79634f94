import type { Attribute } from '../../facts/attributes.js';
import type { PaymentContext } from '../../facts/context.js';
import { periodEnd, periodName } from '../../facts/velocity/calendar.js';
import type { ControlGroup } from '../../rules/exceptions/control-group.js';
import { rulesOf } from '../../rules/exceptions/excepted.js';
import type { Verdict } from '../../rules/program.js';
import { drawOf, isDrawn, subjectOf } from '../../rules/publish/draw.js';
import type { Evaluation } from '../evaluate/evaluate.js';
import { knownBy } from '../evaluate/known-by.js';
import { goesOn } from '../limits/holds.js';
import type { Hold } from '../ports.js';
import type { ControlLookup } from './control-index.js';
import type { ControlLot } from './control-lot.js';
import { letGoVerdict, stoppedAlone } from './let-go.js';

/** A lot with what follows from being drawn. */
export interface ControlDraw {
  readonly lot: ControlLot;
  /** The verdict when it is let go. */
  readonly verdict: Verdict;
  /** What that takes of the day's caps. */
  readonly holds: readonly Hold[];
}

/** What a draw needs from outside. */
export interface ControlDrawOptions {
  readonly controls: ControlLookup;
  readonly hash: (attribute: Attribute, value: string) => number;
  /** Minor units of the base currency; undefined when there is no rate. */
  readonly toBaseMinor: (minor: number, currency: string) => number | undefined;
}

/**
 * Draws for a payment that one rule alone stops; undefined where no control group takes part. Left out are payments of
 * which only an order or request is known, since every try would draw anew; those that cannot be sent where they would be
 * let go to; those whose amount, or cap, has no rate; and rules that have come to read a block or embargo list.
 */
export function controlDraw(
  evaluation: Evaluation,
  context: PaymentContext,
  at: number,
  { controls, hash, toBaseMinor }: ControlDrawOptions,
): ControlDraw | undefined {
  if (controls.empty || goesOn(evaluation.verdict.outcome) || Number.isNaN(context.baseMinor))
    return undefined;
  const { verdict, states, authentication, snoozed, rules } = evaluation;
  const { program } = rules;
  const { placeOf, listsAt } = rulesOf(program);
  for (const { ruleSet, rule, state, outcome } of verdict.hits) {
    if (state !== 'hit' || goesOn(outcome)) continue;
    const group = controls.groupOf(ruleSet, rule, context.site, at);
    if (group === undefined) continue;
    if (group.letGoTo === 'three-ds' && authentication !== 'possible') continue;
    const place = placeOf(ruleSet, rule);
    if (place === undefined || listsAt(place).some(controls.isBarred)) continue;
    const cap = toBaseMinor(group.maxAmount.minor, group.maxAmount.currency);
    if (cap === undefined) continue;
    const subject = subjectOf(knownBy(context), { prefer: group.by });
    if (subject.by === 'order' || subject.by === 'request') continue;
    const without = stoppedAlone({ program, states, authentication, verdict, snoozed }, ruleSet, rule);
    if (without === undefined) continue;
    const { share, letGoTo, periodMs } = group;
    const draw = drawOf((text) => hash('payment', text), {
      purpose: 'control',
      id: `${ruleSet}/${rule}`,
      subject,
      periodMs,
      at: context.eventTime,
    });
    const drawn = isDrawn(draw, share);
    return {
      lot: { ruleSet, rule, share, draw, drawn, letGo: false, letGoTo },
      verdict: letGoVerdict(verdict, without, letGoTo),
      holds: holdsOf(group, context.baseMinor, cap, at),
    };
  }
  return undefined;
}

/** One payment, and its amount, of the caps of the UTC day it is decided on: days of the caller's choice have no end. */
function holdsOf(group: ControlGroup, baseMinor: number, cap: number, at: number): readonly Hold[] {
  const { ruleSet, rule, scope, maxCount } = group;
  // No rule set is called this, so no limit has the same counter.
  const counter = `control group ${ruleSet}/${rule} ${scope}/${periodName(at, 'day', 'UTC')}`;
  const end = periodEnd(at, 'day', 'UTC');
  return [
    { counter: `${counter}/count`, amount: 1, cap: maxCount, periodEnd: end },
    { counter: `${counter}/amount`, amount: baseMinor, cap, periodEnd: end },
  ];
}
