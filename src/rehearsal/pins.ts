import type { FactPlan } from '../decisions/evaluate/fact-plan.js';
import type { FactCatalogue } from '../rules/catalogue.js';
import { typeOf } from '../rules/check/conditions.js';
import { slotKey } from '../rules/document/resolve.js';
import { readText } from '../rules/explain/text.js';
import type { FactSlot, FactValue } from '../rules/program.js';
import type { PinnedFact } from './case-file.js';
import { CaseProblem } from './payment-form.js';

/** Facts that a payment is decided by, whatever would be read: by fact and parameters. undefined: missing. */
export type Pins = ReadonlyMap<string, FactValue>;

export const NO_PINS: Pins = new Map();

/**
 * The pinned facts of a payment. Throws CaseProblem for what the catalogue does not know, a value of another type, and a
 * fact that no rule in force asks for: it would look as if it mattered.
 */
export function pinsOf(
  facts: readonly PinnedFact[] | undefined,
  place: string,
  catalogue: FactCatalogue,
  slots: readonly { readonly fact: string; readonly params?: FactSlot['params'] }[],
): Pins {
  if (facts === undefined) return NO_PINS;
  const asked = new Set(slots.map(({ fact, params }) => slotKey(fact, params)));
  const pins = new Map<string, FactValue>();
  for (const [at, { fact, params, value }] of facts.entries()) {
    const where = `${place}, facts[${at}]`;
    const definition = catalogue.get(fact);
    if (definition === undefined) throw new CaseProblem(`${where}: no fact is named "${fact}"`);
    const key = slotKey(fact, params);
    const name = wordsOf({ fact, params });
    if (pins.has(key)) throw new CaseProblem(`${where}: ${name} is given twice`);
    if (!asked.has(key))
      throw new CaseProblem(
        `${where}: no rule in force asks for ${name}; correct its parameters, or take it out`,
      );
    const wanted = typeOf(definition, params ?? {});
    if (value !== undefined && !fits(value, wanted))
      throw new CaseProblem(`${where}: ${name} is a ${wanted}, never ${JSON.stringify(value)}`);
    pins.set(key, value);
  }
  return pins;
}

/** A plan whose readers first look at what is pinned just now. */
export function withPins(plan: FactPlan, slots: readonly FactSlot[], pinned: () => Pins): FactPlan {
  const readers = plan.readers.map((read, slot): FactPlan['readers'][number] => {
    const key = slots[slot]?.key ?? '';
    return (input) => {
      const pins = pinned();
      return pins.has(key) ? pins.get(key) : read(input);
    };
  });
  return { ...plan, readers };
}

function wordsOf({ fact, params }: Pick<FactSlot, 'fact' | 'params'>): string {
  const given = params !== undefined && Object.keys(params).length > 0 ? params : undefined;
  return readText({ fact, params: given, key: '', path: '', steps: undefined });
}

function fits(value: unknown, type: string): boolean {
  if (type === 'string-list') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}
