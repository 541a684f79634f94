import { ATTRIBUTE_INDEX, STREAM_KINDS } from '../attributes.js';
import type { Attribute, StreamKind } from '../attributes.js';
import type { StreamEvent } from '../stream.js';
import type { AttributeFilter, Clock } from './specs/velocity-spec.js';
import { mix } from './tables/mix.js';

/** The keyed hash of an attribute's value, as it stands in events. */
export type HashOf = (attribute: Attribute, value: string) => number;

/** Which events an aggregate counts, readable at a glance per event. */
export interface Selector {
  /** A bit per stream kind. */
  readonly kinds: number;
  readonly filters: readonly CompiledFilter[];
  /** Kinds, as bits, that the filters do not concern. */
  readonly unfiltered: number;
  /** The base amount must be known. */
  readonly needsBase: boolean;
  /** Place of an attribute that must be present; -1: none. */
  readonly present: number;
}

/** What a selector asks beside kinds and filters. */
export interface SelectorOptions {
  readonly unfiltered?: readonly StreamKind[];
  readonly needsBase?: boolean;
  readonly present?: Attribute;
}

interface CompiledFilter {
  readonly attribute: number;
  readonly values: readonly number[];
  readonly negated: boolean;
}

/**
 * What a row keeps of an event: its base or own amount, an attribute, what tells its order apart, or (`once`) what tells
 * a payment that was authorised or captured apart from others, and any other event from all.
 */
export type Column = 'base' | 'minor' | 'order' | 'once' | number;

/** What is totalled over the rows of a series: those of one selector, by one column. */
export interface Measure {
  /** Where in a row the selector's bit stands, and the bit. */
  readonly word: number;
  readonly bit: number;
  /** Where in a row the column stands; -1: only counted. */
  readonly column: number;
}

/** Rows begin with these: the time the windows go by, the time of becoming known, the position as one number. */
export const CLOCK = 0;
export const KNOWN = 1;
export const POSITION = 2;
const WORDS = 3;
const BITS = 31;
/** No place is a fraction. */
const UNPLACED = -0.5;
const ORDER = ATTRIBUTE_INDEX.order;
const PAYMENT = ATTRIBUTE_INDEX.payment;
const SITE = ATTRIBUTE_INDEX.site;

const KIND_BITS = Object.fromEntries(STREAM_KINDS.map((kind, code) => [kind, 1 << code])) as Record<
  StreamKind,
  number
>;

/** Position as one number: 8.6 billion entries in each of a million logs. */
export function positionOf(event: StreamEvent): number {
  return event.log * 2 ** 33 + event.seq;
}

/**
 * What tells the order of an event apart from others, also from those of other sites with the same number; never 0. An
 * event without either is an order of its own.
 */
export function orderOf(event: StreamEvent): number {
  const { attributes } = event;
  const order = attributes[ORDER] ?? 0;
  if (order !== 0) return mix(attributes[SITE] ?? 0, order);
  return attributes[PAYMENT] || ownOf(event);
}

/** See Column; never 0. */
function onceOf(event: StreamEvent): number {
  const paid = event.kind === 'authorised' || event.kind === 'captured';
  return paid ? event.attributes[PAYMENT] || orderOf(event) : ownOf(event);
}

/** What no other event has; one that is being decided has no place yet. */
function ownOf(event: StreamEvent): number {
  return -positionOf(event) || UNPLACED;
}

/** Compiles kinds and filters; a value set is small, so it is searched. */
export function selectorOf(
  kinds: readonly StreamKind[],
  filters: readonly AttributeFilter[],
  hashOf: HashOf,
  options: SelectorOptions = {},
): Selector {
  return {
    kinds: bitsOf(kinds),
    filters: filters.map(({ attribute, values, negated }) => ({
      attribute: ATTRIBUTE_INDEX[attribute],
      values: values.map((value) => hashOf(attribute, value)),
      negated,
    })),
    unfiltered: bitsOf(options.unfiltered ?? []),
    needsBase: options.needsBase === true,
    present: options.present === undefined ? -1 : ATTRIBUTE_INDEX[options.present],
  };
}

function bitsOf(kinds: readonly StreamKind[]): number {
  return kinds.reduce((bits, kind) => bits | KIND_BITS[kind], 0);
}

/** Whether a selector takes an event. */
export function selects(selector: Selector, event: StreamEvent): boolean {
  const kind = KIND_BITS[event.kind];
  if ((selector.kinds & kind) === 0) return false;
  if (selector.needsBase && Number.isNaN(event.baseMinor)) return false;
  if (selector.present >= 0 && event.attributes[selector.present] === 0) return false;
  if ((selector.unfiltered & kind) !== 0) return true;
  for (const { attribute, values, negated } of selector.filters) {
    const value = event.attributes[attribute] ?? 0;
    if ((value !== 0 && values.includes(value)) === negated) return false;
  }
  return true;
}

/** When an event was by a clock, epoch ms. */
export function timeOf(clock: Clock, event: StreamEvent): number {
  if (clock === 'event') return event.at;
  return clock === 'known' ? event.knownAt : event.paymentAt;
}

/** The value of a column. */
export function valueOf(column: Column, event: StreamEvent): number {
  if (column === 'base') return event.baseMinor;
  if (column === 'minor') return event.minor;
  if (column === 'order') return orderOf(event);
  if (column === 'once') return onceOf(event);
  return event.attributes[column] ?? 0;
}

/**
 * How the events of one key are kept, by one of the clocks: a row of numbers per event that any selector takes,
 * with the selectors' verdicts as bits and only the columns that something asks for.
 */
export class Layout {
  readonly clock: Clock;
  readonly measures: Measure[] = [];
  readonly #selectors: Selector[] = [];
  readonly #columns: Column[] = [];
  /** Where each selector stands, by its JSON. */
  readonly #places = new Map<string, number>();
  /** What was asked for, by its JSON: places among selectors and columns (-1: none). */
  readonly #asked = new Map<string, { place: number; column: number; index: number }>();
  #scratch: number[] = [];

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Numbers per row. */
  get stride(): number {
    return this.#scratch.length;
  }

  /** Equal where the same is kept in the same places. */
  get name(): string {
    return [...this.#asked.keys()].join(' ');
  }

  /** Whether these totals are asked for already. */
  has(selector: Selector, column: Column | undefined): boolean {
    return this.#asked.has(keyOf(selector, column));
  }

  /** Asks for totals over a column of the selected events; gives the index of the measure. Only while planning. */
  measure(selector: Selector, column: Column | undefined): number {
    const same = JSON.stringify(selector);
    const key = keyOf(selector, column);
    const known = this.#asked.get(key);
    if (known !== undefined) return known.index;
    let place = this.#places.get(same);
    if (place === undefined) {
      place = this.#selectors.push(selector) - 1;
      this.#places.set(same, place);
    }
    if (column !== undefined && !this.#columns.includes(column)) this.#columns.push(column);
    const index = this.#asked.size;
    this.#asked.set(key, { place, column: column === undefined ? -1 : this.#columns.indexOf(column), index });
    this.#arrange();
    return index;
  }

  /** The row of an event, undefined when no selector takes it. The same array each time: copy what is to stay. */
  row(event: StreamEvent): readonly number[] | undefined {
    const row = this.#scratch;
    const selectors = this.#selectors;
    let taken = 0;
    let word = 0;
    for (let index = 0; index < selectors.length; index++) {
      const selector = selectors[index];
      if (selector !== undefined && selects(selector, event)) word |= 1 << (index % BITS);
      if (index % BITS === BITS - 1 || index === selectors.length - 1) {
        row[WORDS + Math.floor(index / BITS)] = word;
        taken |= word;
        word = 0;
      }
    }
    if (taken === 0) return undefined;
    row[CLOCK] = timeOf(this.clock, event);
    row[KNOWN] = event.knownAt;
    row[POSITION] = positionOf(event);
    const first = row.length - this.#columns.length;
    for (let index = 0; index < this.#columns.length; index++)
      row[first + index] = valueOf(this.#columns[index] ?? 'base', event);
    return row;
  }

  /** Places move while planning, so all are computed again. */
  #arrange(): void {
    const words = Math.ceil(this.#selectors.length / BITS);
    // A fraction makes it an array of doubles from the start, and rows copied from it too.
    this.#scratch = Array.from({ length: WORDS + words + this.#columns.length }, () => 0.5);
    this.measures.length = 0;
    for (const { place, column } of this.#asked.values()) {
      this.measures.push({
        word: WORDS + Math.floor(place / BITS),
        bit: 1 << (place % BITS),
        column: column < 0 ? -1 : WORDS + words + column,
      });
    }
  }
}

function keyOf(selector: Selector, column: Column | undefined): string {
  return JSON.stringify([selector, column]);
}

/** A measure of a layout by its index. */
export function measureAt(layout: Layout, index: number): Measure {
  const measure = layout.measures[index];
  if (measure === undefined) throw new Error(`no measure ${index}`);
  return measure;
}
