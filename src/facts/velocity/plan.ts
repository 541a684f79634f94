import { ATTRIBUTE_INDEX } from '../attributes.js';
import type { Attribute, StreamKind } from '../attributes.js';
import { Definitions } from './definitions.js';
import type { ClockPlace, KeyDefinition, Need } from './definitions.js';
import { asksOutcome, CLOCKS } from './specs/velocity-spec.js';
import type {
  Aggregate,
  AttributeFilter,
  CalendarWindow,
  SlidingWindow,
  VelocitySpec,
} from './specs/velocity-spec.js';
import { selectorOf } from './layout.js';
import type { Column, HashOf, Selector, SelectorOptions } from './layout.js';
import { asksOrders, fraudSelector, planOrders } from './series/order-plan.js';
import type { OrdersPlan } from './series/order-plan.js';
import type { HabitSpec, HistoryQuestion, HistorySpec } from './specs/specs.js';

/** Safe bounds of a calendar period, ms: a day can have 25 hours and more where an offset changes. */
const LONGEST_DAY = 50 * 3_600_000;
const LONGEST_MONTH = 33 * 86_400_000;

/** An aggregate, ready to be asked. */
export interface AggregatePlan {
  readonly fn: Aggregate['fn'];
  /** The place of its clock in CLOCKS. */
  readonly layout: ClockPlace;
  readonly measure: number;
  readonly window: SlidingWindow | CalendarWindow;
  readonly includeCurrent: boolean;
  /** For the payment being decided. */
  readonly selector: Selector;
  readonly column: Column | undefined;
  /** Tells apart the windows that move over one series. */
  readonly id: string;
}

export interface VelocityPlan {
  readonly definition: number;
  readonly value: AggregatePlan;
  readonly over: AggregatePlan | undefined;
}

export interface HistoryPlan {
  readonly definition: number;
  readonly what: HistoryQuestion;
  readonly ms: number;
  /** Attempts in a row go by the time of their payments, all else by event time. */
  readonly layout: 0 | 2;
  /** Measures in the layout, in the order the question needs them. */
  readonly measures: readonly number[];
  /** For a question about what was told of each order. */
  readonly orders: OrdersPlan | undefined;
}

export interface HabitPlan {
  readonly definition: number;
  readonly what: HabitSpec['what'];
  readonly ms: number;
  readonly minCount: number;
  readonly measure: number;
}

/** What the windows in memory must hold for a set of rules. */
export interface WindowPlan {
  readonly definitions: readonly KeyDefinition[];
  readonly velocities: readonly VelocityPlan[];
  readonly histories: readonly HistoryPlan[];
  readonly habits: readonly HabitPlan[];
}

/** How many of the questions decide: the first of each list. The others are asked by shadows only. */
export type DecidingQuestions = Readonly<Record<'velocities' | 'histories' | 'habits', number>>;

/** The questions of all rules in force, each list by the index under which it is asked later. */
export interface WindowQuestions {
  /** Default: all. */
  readonly deciding?: DecidingQuestions;

  readonly velocities: readonly VelocitySpec[];
  readonly histories: readonly HistorySpec[];
  readonly habits: readonly HabitSpec[];
}

const ALL: DecidingQuestions = { velocities: Infinity, histories: Infinity, habits: Infinity };
const PAID: readonly StreamKind[] = ['authorised', 'captured'];
/** A check of a card over nothing is no purchase: it says nothing of what a payer usually spends. */
const NO_CARD_CHECK: AttributeFilter = { attribute: 'paymentKind', values: ['card-check'], negated: true };

/** Gives the definition for a question: see Definitions.of. */
type DefinitionFor = (
  by: readonly Attribute[],
  horizon: number,
  needs: readonly Need[] | undefined,
) => ReturnType<Definitions['of']>;

/** Groups questions by key definition, and lays out what is kept of an event for each. */
export function planWindows(questions: WindowQuestions, hashOf: HashOf): WindowPlan {
  const definitions = new Definitions();
  const deciding = questions.deciding ?? ALL;
  const velocities: VelocityPlan[] = [];
  const histories: HistoryPlan[] = [];
  const habits: HabitPlan[] = [];
  for (const decides of [true, false]) {
    const define: DefinitionFor = (by, horizon, needs) => definitions.of(by, horizon, needs, decides);
    for (const [index, spec] of inOrder(questions.velocities, deciding.velocities, decides))
      velocities[index] = planVelocity(spec, define, hashOf);
    for (const [index, spec] of inOrder(questions.histories, deciding.histories, decides))
      histories[index] = planHistory(spec, define, hashOf);
    for (const [index, spec] of inOrder(questions.habits, deciding.habits, decides))
      habits[index] = planHabit(spec, define, hashOf);
  }
  return { definitions: definitions.finished(), velocities, histories, habits };
}

function planVelocity(spec: VelocitySpec, define: DefinitionFor, hashOf: HashOf): VelocityPlan {
  const { by, value, over } = spec;
  const need = needOf(value, hashOf);
  const overNeed = over === undefined ? undefined : needOf(over, hashOf);
  const horizon = Math.max(horizonOf(value.window), over === undefined ? 0 : horizonOf(over.window));
  const definition = define(by, horizon, overNeed === undefined ? [need] : [need, overNeed]);
  if (asksOutcome(spec)) definition.outcome = true;
  return {
    definition: definition.index,
    value: planAggregate(value, need, definition),
    over: over && overNeed && planAggregate(over, overNeed, definition),
  };
}

function planHistory(spec: HistorySpec, define: DefinitionFor, hashOf: HashOf): HistoryPlan {
  const { by, what, ms } = spec;
  const clock = what === 'declinesInRow' ? 2 : 0;
  const needs = historyMeasures(what, hashOf).map(([selector, column]): Need => ({
    clock,
    selector,
    column,
  }));
  const definition = define(by, ms, asksOrders(what) ? undefined : needs);
  const measures = needs.map((need) => measureOf(definition, need));
  const orders = planOrders(spec, definition.layouts[0], definition.orders, hashOf);
  return { definition: definition.index, what, ms, layout: clock, measures, orders };
}

function planHabit({ by, what, ms, minCount }: HabitSpec, define: DefinitionFor, hashOf: HashOf): HabitPlan {
  const selector = selectorOf(['payment'], [NO_CARD_CHECK], hashOf, { needsBase: true });
  const need: Need = { clock: 0, selector, column: 'base' };
  const definition = define(by, ms, [need]);
  return { definition: definition.index, what, ms, minCount, measure: measureOf(definition, need) };
}

/** Those that decide, or the others, in an order that does not hang on that of the rules: definitions have it in their name. */
function inOrder<T>(list: readonly T[], deciding: number, decides: boolean): (readonly [number, T])[] {
  return list
    .map((spec, index) => ({ spec, index, text: JSON.stringify(spec) }))
    .filter(({ index }) => index < deciding === decides)
    .toSorted((a, b) => (a.text < b.text ? -1 : Number(a.text > b.text)))
    .map(({ spec, index }) => [index, spec] as const);
}

function needOf(aggregate: Aggregate, hashOf: HashOf): Need {
  const { column, filters, options } = columnOf(aggregate);
  const selector = selectorOf(aggregate.kinds, [...aggregate.filters, ...filters], hashOf, options);
  return { clock: CLOCKS.indexOf(aggregate.clock) as ClockPlace, selector, column };
}

function measureOf({ layouts }: Pick<KeyDefinition, 'layouts'>, { clock, selector, column }: Need): number {
  return layouts[clock].measure(selector, column);
}

function planAggregate(
  aggregate: Aggregate,
  need: Need,
  definition: Pick<KeyDefinition, 'layouts'>,
): AggregatePlan {
  const { window, includeCurrent } = aggregate;
  const { clock, selector, column } = need;
  const measure = measureOf(definition, need);
  const fn = aggregate.oncePaid ? 'distinct' : aggregate.fn;
  const id = window.type === 'sliding' ? String(window.ms) : window.unit;
  return { fn, layout: clock, measure, window, includeCurrent, selector, column, id: `${measure}/${id}` };
}

function horizonOf(window: SlidingWindow | CalendarWindow): number {
  if (window.type === 'sliding') return window.ms;
  return window.unit === 'day' ? LONGEST_DAY : LONGEST_MONTH;
}

function columnOf({ fn, of, oncePaid }: Aggregate): {
  readonly column: Column | undefined;
  readonly filters: readonly AttributeFilter[];
  readonly options: SelectorOptions;
} {
  if (oncePaid) return { column: 'once', filters: [], options: {} };
  if (fn === 'count' || of === undefined) return { column: undefined, filters: [], options: {} };
  if (of === 'amount' && fn !== 'distinct')
    return { column: 'base', filters: [], options: { needsBase: true } };
  if (isAttribute(of)) return { column: ATTRIBUTE_INDEX[of], filters: [], options: { present: of } };
  const values = [of.slice('amount:'.length)];
  return { column: 'minor', filters: [{ attribute: 'currency', values, negated: false }], options: {} };
}

/** `amount` is an attribute too: what `distinct` means by it. */
function isAttribute(of: string): of is Attribute {
  return Object.hasOwn(ATTRIBUTE_INDEX, of);
}

function historyMeasures(what: HistoryQuestion, hashOf: HashOf): (readonly [Selector, Column | undefined])[] {
  const events = (kinds: readonly StreamKind[], attribute?: Attribute, ...values: string[]): Selector =>
    selectorOf(kinds, attribute === undefined ? [] : [{ attribute, values, negated: false }], hashOf);
  const orders = (...kinds: StreamKind[]) => [events(kinds), 'order'] as const;
  switch (what) {
    case 'firstSeenDays':
    case 'daysSinceLastPayment':
      return [[events(['payment']), undefined]];
    case 'paidOrders':
    case 'refundedShare':
    case 'troubledShare':
      return [orders(...PAID)];
    case 'claimedOrders':
      return [orders('refund-claimed')];
    case 'chargebackOrders':
      return [orders('chargeback')];
    case 'fraudOrders':
      return [[fraudSelector(['fraud-warning'], ['label', 'chargeback'], hashOf), 'order']];
    case 'liabilityShiftedOrders':
      return [[events(['three-ds-result', ...PAID], 'liabilityShift', 'yes'), 'order']];
    case 'claimedShare':
      return [orders(...PAID), orders('refund-claimed')];
    case 'chargebackShare':
      return [orders(...PAID), orders('chargeback')];
    case 'refundedMinor':
      return [[selectorOf(['refunded'], [], hashOf, { needsBase: true }), 'base']];
    case 'threeDsAsked':
      return [[events(['three-ds-result']), undefined]];
    case 'threeDsPassed':
      return [[events(['three-ds-result'], 'threeDs', 'authenticated', 'attempted'), undefined]];
    case 'threeDsAbandoned':
      return [[events(['three-ds-result'], 'threeDs', 'abandoned'), undefined]];
    case 'declinesInRow':
      return [
        [events(['declined']), undefined],
        [events(PAID), undefined],
      ];
    default:
      // See planOrders.
      return [];
  }
}
