import { ATTRIBUTE_INDEX, KEY_ATTRIBUTES, SAME_VALUES } from '../attributes.js';
import type { Attribute, StreamKind } from '../attributes.js';
import { CLOCKS } from './specs/velocity-spec.js';
import type {
  Aggregate,
  AttributeFilter,
  CalendarWindow,
  SlidingWindow,
  VelocitySpec,
} from './specs/velocity-spec.js';
import { Layout, selectorOf } from './layout.js';
import type { Column, HashOf, Selector, SelectorOptions } from './layout.js';
import { fraudSelector, planOrders } from './series/order-plan.js';
import type { OrdersPlan } from './series/order-plan.js';
import type { HabitSpec, HistoryQuestion, HistorySpec } from './specs/specs.js';

/** Safe bounds of a calendar period, ms: a day can have 25 hours and more where an offset changes. */
const LONGEST_DAY = 50 * 3_600_000;
const LONGEST_MONTH = 33 * 86_400_000;

/** All that is asked by one definition of a key. */
export interface KeyDefinition {
  readonly index: number;
  /** Places of the attributes that make the key. */
  readonly by: readonly number[];
  /** Place of the attribute by which its events are read back. */
  readonly load: number;
  /** The same for all attributes with the same values: what is read back for one of them is read for all. */
  readonly readBy: number;
  /** How far back anything looks, ms. */
  horizon: number;
  /** How far back anything that decides looks, ms; -Infinity where only shadows ask. */
  deciding: number;
  /** One by each of CLOCKS. */
  readonly layouts: readonly [Layout, Layout, Layout];
}

/** An aggregate, ready to be asked. */
export interface AggregatePlan {
  readonly fn: Aggregate['fn'];
  /** The place of its clock in CLOCKS. */
  readonly layout: 0 | 1 | 2;
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

/** Groups questions by key definition, and lays out what is kept of an event for each. */
export function planWindows(questions: WindowQuestions, hashOf: HashOf): WindowPlan {
  const definitions = new Map<string, KeyDefinition>();
  const orderPlans = new Map<KeyDefinition, Map<string, OrdersPlan>>();

  const deciding = questions.deciding ?? ALL;

  function define(by: readonly Attribute[], horizon: number, decides: boolean): KeyDefinition {
    const name = by.toSorted().join(' ');
    let definition = definitions.get(name);
    if (definition === undefined) {
      const load = KEY_ATTRIBUTES.find((attribute) => by.includes(attribute));
      if (load === undefined) throw new Error(`no key attribute among ${name}`);
      definition = {
        index: definitions.size,
        by: by.map((attribute) => ATTRIBUTE_INDEX[attribute]),
        load: ATTRIBUTE_INDEX[load],
        readBy: ATTRIBUTE_INDEX[SAME_VALUES[load] ?? load],
        horizon: 0,
        deciding: -Infinity,
        layouts: [new Layout('event'), new Layout('known'), new Layout('payment')],
      };
      definitions.set(name, definition);
    }
    definition.horizon = Math.max(definition.horizon, horizon);
    if (decides) definition.deciding = Math.max(definition.deciding, horizon);
    return definition;
  }

  function planAggregate(by: readonly Attribute[], aggregate: Aggregate, decides: boolean): AggregatePlan {
    const { window, includeCurrent } = aggregate;
    const fn = aggregate.oncePaid ? 'distinct' : aggregate.fn;
    const definition = define(by, horizonOf(window), decides);
    const { column, filters, options } = columnOf(aggregate);
    const selector = selectorOf(aggregate.kinds, [...aggregate.filters, ...filters], hashOf, options);
    const layout = CLOCKS.indexOf(aggregate.clock) as AggregatePlan['layout'];
    const measure = definition.layouts[layout].measure(selector, column);
    const id = window.type === 'sliding' ? String(window.ms) : window.unit;
    return { fn, layout, measure, window, includeCurrent, selector, column, id: `${measure}/${id}` };
  }

  const velocities = questions.velocities.map(({ by, value, over }, index) => {
    const decides = index < deciding.velocities;
    return {
      definition: define(by, 0, decides).index,
      value: planAggregate(by, value, decides),
      over: over === undefined ? undefined : planAggregate(by, over, decides),
    };
  });
  const histories = questions.histories.map((spec, index): HistoryPlan => {
    const { by, what, ms } = spec;
    const definition = define(by, ms, index < deciding.histories);
    const layout = what === 'declinesInRow' ? 2 : 0;
    const measures = historyMeasures(what, hashOf).map(([selector, column]) =>
      definition.layouts[layout].measure(selector, column),
    );
    const plans = orderPlans.get(definition) ?? new Map<string, OrdersPlan>();
    orderPlans.set(definition, plans);
    const orders = planOrders(spec, definition.layouts[0], plans, hashOf);
    return { definition: definition.index, what, ms, layout, measures, orders };
  });
  const habits = questions.habits.map(({ by, what, ms, minCount }, index) => {
    const definition = define(by, ms, index < deciding.habits);
    const measure = definition.layouts[0].measure(
      selectorOf(['payment'], [NO_CARD_CHECK], hashOf, { needsBase: true }),
      'base',
    );
    return { definition: definition.index, what, ms, minCount, measure };
  });
  return { definitions: [...definitions.values()], velocities, histories, habits };
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
