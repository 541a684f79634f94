import type { FactDefinition } from '../../rules/catalogue.js';
import type { FactParams } from '../../rules/document/document.js';
import type { FactValue } from '../../rules/program.js';
import type { PaymentContext } from '../context.js';

/** Reads a fact's value from a payment; undefined: missing. */
export type FactReader = (context: PaymentContext) => FactValue;

/** A fact that is known from the payment alone: what it is, and how it is read with given parameters. */
export type RequestFact = FactDefinition & { readonly reader: (params: FactParams) => FactReader };

/** A fact without parameters. */
export function fact(definition: Omit<FactDefinition, 'params'>, read: FactReader): RequestFact {
  return { ...definition, reader: () => read };
}

/** '' means absent in a payment; to rules it is missing. */
export function present(text: string): string | undefined {
  return text === '' ? undefined : text;
}
