import type { Json } from '../document/document.js';

/** A JSON Schema, or a part of one. */
export type Schema = { readonly [keyword: string]: Json };

/** Whether a test asks for this fact. */
export function isFact(name: string): Schema {
  return { properties: { fact: { const: name } }, required: ['fact'] };
}

/** An object of these properties and no other. */
export function object(required: readonly string[], properties: { readonly [name: string]: Json }): Schema {
  const needed: Schema = required.length === 0 ? {} : { required };
  return { type: 'object', ...needed, properties, additionalProperties: false };
}

/** A text that is not empty. */
export function text(maxLength: number): Schema {
  return { type: 'string', minLength: 1, maxLength };
}

/** A whole number. */
export function whole(minimum: number, maximum: number): Schema {
  return { type: 'integer', minimum, maximum };
}

/** What any condition may carry beside what it asks. */
export const NOTE: { readonly [name: string]: Schema } = {
  name: { type: 'string', maxLength: 200, description: 'For people.' },
  priority: { ...whole(1, 1_000_000), description: 'Higher is evaluated sooner. Never changes the result.' },
};
