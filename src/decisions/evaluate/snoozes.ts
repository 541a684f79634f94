import { ATTRIBUTE_INDEX, type Attribute } from '../../facts/attributes.js';
import type { PaymentContext } from '../../facts/context.js';
import type { PayerAttribute, Snooze } from '../../rules/exceptions/snooze.js';
import type { IsEmbargo } from '../../rules/exceptions/snoozing.js';
import { partsOfScope } from '../../rules/publish/scope.js';

/** What is excepted now, for synchronous look-up. */
export interface SnoozeLookup {
  /** The snoozes that cover a payment at processing time (epoch ms); undefined for none, as nearly always. */
  covering(context: PaymentContext, at: number): readonly Snooze[] | undefined;
  readonly isEmbargo: IsEmbargo;
}

/** For where nothing is snoozed. */
export const NO_SNOOZES: SnoozeLookup = { covering: () => undefined, isEmbargo: () => true };

const NO_NAMES: readonly number[] = [];

/** A snooze, and the one site or group that it holds for; neither: all. */
interface Placed {
  readonly snooze: Snooze;
  readonly site: string | undefined;
  readonly group: string | undefined;
}

/** Those of one attribute, by the hash of its value. */
interface ByPayer {
  readonly attribute: PayerAttribute;
  readonly values: Map<number, Placed[]>;
}

/** Snoozes in memory: those of payers by the payer, those of everybody in a row. */
export class SnoozeIndex implements SnoozeLookup {
  readonly isEmbargo: IsEmbargo;
  readonly #hash: (attribute: Attribute, value: string) => number;
  #empty = true;
  #everybody: readonly Placed[] = [];
  #payers: readonly ByPayer[] = [];

  constructor(hash: (attribute: Attribute, value: string) => number, isEmbargo: IsEmbargo) {
    this.#hash = hash;
    this.isEmbargo = isEmbargo;
  }

  /** Puts these in the place of all that were known. */
  replace(snoozes: readonly Snooze[]): void {
    const everybody: Placed[] = [];
    const payers = new Map<PayerAttribute, ByPayer>();
    for (const snooze of snoozes) {
      const { kind, id } = partsOfScope(snooze.scope);
      const placed = {
        snooze,
        site: kind === 'site' ? id : undefined,
        group: kind === 'group' ? id : undefined,
      };
      const { payer } = snooze;
      if (payer === undefined) {
        everybody.push(placed);
        continue;
      }
      const { attribute, value } = payer;
      const there = payers.get(attribute) ?? { attribute, values: new Map<number, Placed[]>() };
      payers.set(attribute, there);
      there.values.set(value, [...(there.values.get(value) ?? []), placed]);
    }
    this.#everybody = everybody;
    this.#payers = [...payers.values()];
    this.#empty = snoozes.length === 0;
  }

  covering(context: PaymentContext, at: number): readonly Snooze[] | undefined {
    if (this.#empty) return undefined;
    let found: Snooze[] | undefined;
    const { site } = context;
    const look = (placed: readonly Placed[] | undefined): void => {
      for (const one of placed ?? []) {
        const { snooze } = one;
        if (at < snooze.from || at >= snooze.until) continue;
        if (one.site !== undefined && one.site !== site.id) continue;
        if (one.group !== undefined && one.group !== site.group) continue;
        (found ??= []).push(snooze);
      }
    };
    for (const { attribute, values } of this.#payers) {
      const value = context.event.attributes[ATTRIBUTE_INDEX[attribute]] ?? 0;
      if (value !== 0) look(values.get(value));
      if (attribute === 'card') for (const other of this.#otherNames(context)) look(values.get(other));
    }
    look(this.#everybody);
    return found;
  }

  /** What else a card may have been named by: it is told by one of account reference, fingerprint and token. */
  #otherNames({ card, input }: PaymentContext): readonly number[] {
    if (card === '') return NO_NAMES;
    const { fingerprint, token } = input.instrument;
    const others = [fingerprint, token].filter((name) => name !== '' && name !== card);
    return others.map((name) => this.#hash('card', name));
  }
}
