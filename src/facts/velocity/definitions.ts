import { ATTRIBUTE_INDEX, KEY_ATTRIBUTES, SAME_VALUES } from '../attributes.js';
import type { Attribute } from '../attributes.js';
import { Layout } from './layout.js';
import type { Column, Selector } from './layout.js';
import type { OrdersPlan } from './series/order-plan.js';

/** All that is asked by one definition of a key. */
export interface KeyDefinition {
  readonly index: number;
  /** Equal, also between plans, where the same is kept of the same events: what was read for one is read for the other. */
  readonly name: string;
  /** Places of the attributes that make the key. */
  readonly by: readonly number[];
  /** Place of the attribute by which its events are read back. */
  readonly load: number;
  /** The same for all attributes with the same values: what is read back for one of them is read for all. */
  readonly readBy: number;
  /** How far back anything looks, ms. */
  readonly horizon: number;
  /** Whether decisions ask it; otherwise only shadows do. */
  readonly decides: boolean;
  /** Whether it looks at what was decided: where nothing in force does, events come before that is settled. */
  readonly outcome: boolean;
  /** One by each of CLOCKS. */
  readonly layouts: readonly [Layout, Layout, Layout];
}

/** The place of a clock in CLOCKS. */
export type ClockPlace = 0 | 1 | 2;

/** Totals over a column of the events of a selector, by a clock. */
export interface Need {
  readonly clock: ClockPlace;
  readonly selector: Selector;
  readonly column: Column | undefined;
}

type Draft = { -readonly [K in keyof KeyDefinition]: KeyDefinition[K] } & {
  /** What is asked of orders, by its id. */
  readonly orders: Map<string, OrdersPlan>;
};

/**
 * Gathers what is asked by key. What only shadows ask has definitions of its own, so that a shadow that comes or goes
 * changes none by which payments are decided; unless these can answer it as they are.
 */
export class Definitions {
  readonly #deciding = new Map<string, Draft>();
  readonly #shadow = new Map<string, Draft>();
  readonly #all: Draft[] = [];

  /**
   * The definition for a question that looks so far back, ms. `needs` are all it needs of the layouts, which are still to
   * be asked for; undefined: also other things. All that decide come first.
   */
  of(by: readonly Attribute[], horizon: number, needs: readonly Need[] | undefined, decides: boolean): Draft {
    const key = by.toSorted().join(' ');
    const deciding = this.#deciding.get(key);
    if (!decides && deciding !== undefined && answers(deciding, horizon, needs)) return deciding;
    const definitions = decides ? this.#deciding : this.#shadow;
    const definition = definitions.get(key) ?? this.#add(by, decides);
    definitions.set(key, definition);
    definition.horizon = Math.max(definition.horizon, horizon);
    return definition;
  }

  /** All of them, when nothing more is asked. */
  finished(): readonly KeyDefinition[] {
    const names = new Set<string>();
    for (const definition of this.#all) {
      let name = nameOf(definition);
      while (names.has(name)) name += '+';
      names.add(name);
      definition.name = name;
    }
    return this.#all;
  }

  #add(by: readonly Attribute[], decides: boolean): Draft {
    const load = KEY_ATTRIBUTES.find((attribute) => by.includes(attribute));
    if (load === undefined) throw new Error(`no key attribute among ${by.join(' ')}`);
    const definition: Draft = {
      index: this.#all.length,
      name: '',
      by: by.toSorted().map((attribute) => ATTRIBUTE_INDEX[attribute]),
      load: ATTRIBUTE_INDEX[load],
      readBy: ATTRIBUTE_INDEX[SAME_VALUES[load] ?? load],
      horizon: 0,
      decides,
      outcome: false,
      layouts: [new Layout('event'), new Layout('known'), new Layout('payment')],
      orders: new Map(),
    };
    this.#all.push(definition);
    return definition;
  }
}

function answers({ horizon, layouts }: Draft, asked: number, needs: readonly Need[] | undefined): boolean {
  if (needs === undefined || asked > horizon) return false;
  return needs.every(({ clock, selector, column }) => layouts[clock].has(selector, column));
}

function nameOf({ by, horizon, layouts, orders }: Draft): string {
  return JSON.stringify([by, horizon, layouts.map(({ name }) => name), [...orders.values()]]);
}
