import type { FactDefinition } from '../catalogue.js';
import type { Json } from '../document/document.js';
import { isPlainObject } from '../document/json-limits.js';

type Schema = { readonly [keyword: string]: Json };

/** Words that have a table of their own, which others are told by. */
export interface Lexicon {
  readonly words: readonly string[];
  /** What one of them is, as a link. */
  readonly one: string;
}

/** Words up to which they are all named in place. */
const NAMED_INSIDE = 12;
/** Properties of an object up to which they are shown in place. */
const SHOWN_INSIDE = 3;

/** The parameters of a fact as a table in Markdown; the JSON Schema of rule sets says the same to machines. */
export function paramsTable({ params, meanings }: FactDefinition, lexicon: Lexicon): readonly string[] {
  if (params === undefined) return [];
  const { required } = params;
  const needed = Array.isArray(required) ? required : [];
  const rows = propertiesOf(params).map(([name, schema]) => {
    const { default: fallback } = schema;
    const form = meanings?.[name] === undefined ? formOf(schema, lexicon) : 'see below';
    const given = needed.includes(name) ? 'needed' : fallback === undefined ? '' : code(fallback);
    return `| ${code(name)} | ${given} | ${cell(form)} | ${cell(descriptionOf(schema))} |`;
  });
  return [
    '- Parameters:',
    '',
    '| parameter | default | can be | meaning |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    ...propertiesOf(params).flatMap(([name, schema]) => closedSets(name, schema, lexicon)),
  ];
}

/** What the properties of a parameter can be, where they are too many to be shown in place. */
function closedSets(name: string, schema: Schema, lexicon: Lexicon): readonly string[] {
  if (schema['type'] !== 'object' || propertiesOf(schema).length <= SHOWN_INSIDE) return [];
  const rows = propertiesOf(schema).map(([inner, of]) => `| ${code(inner)} | ${cell(formOf(of, lexicon))} |`);
  return [
    `- Of these ${code(name)} takes no other value:`,
    '',
    `| in ${code(name)} | can be |`,
    '| --- | --- |',
    ...rows,
    '',
  ];
}

function formOf(schema: Schema, lexicon: Lexicon): string {
  const form = (inner: Schema): string => formOf(inner, lexicon);
  const { enum: words, anyOf, type, items, propertyNames } = schema;
  if (Array.isArray(words)) return wordsForm(words, lexicon);
  if (Array.isArray(anyOf)) return choices((anyOf as readonly Json[]).filter(isSchema).map(form));
  if (type === 'array') return `a list of ${isSchema(items) ? form(items) : 'anything'}`;
  if (isSchema(propertyNames)) return `an object by ${form(propertyNames)}`;
  if (type === 'object') return objectForm(schema, form);
  if (type === 'string') return 'text';
  return type === 'boolean' ? '`true`, `false`' : numberForm(schema);
}

/** Many words that have a table elsewhere are told by what is left out of it. */
function wordsForm(words: readonly Json[], { words: all, one }: Lexicon): string {
  if (words.length <= NAMED_INSIDE || !words.every((word) => all.some((known) => known === word)))
    return words.map(code).join(', ');
  const others = all.filter((word) => !words.includes(word));
  return others.length === 0 ? one : `${one} other than ${others.map(code).join(', ')}`;
}

/** `x, or a list of them`. */
function choices(forms: readonly string[]): string {
  const own = [...new Set(forms)];
  return own
    .map((form, at) => {
      const single = own.slice(0, at).find((before) => form === `a list of ${before}`);
      return single === undefined ? form : 'a list of them';
    })
    .join(', or ');
}

function objectForm(schema: Schema, form: (inner: Schema) => string): string {
  const properties = propertiesOf(schema);
  const inside = ([name, inner]: readonly [string, Schema]): string => `${code(name)}: ${form(inner)}`;
  return properties.length <= SHOWN_INSIDE
    ? `an object of ${properties.map(inside).join('; ')}`
    : `an object of ${properties.map(([name]) => code(name)).join(', ')}`;
}

function numberForm({ minimum, maximum }: Schema): string {
  if (typeof minimum !== 'number') return 'a number';
  return `a number from ${minimum}${typeof maximum === 'number' ? ` to ${maximum}` : ''}`;
}

function propertiesOf(schema: Schema): readonly (readonly [string, Schema])[] {
  const { properties } = schema;
  if (!isSchema(properties)) return [];
  return Object.entries(properties).filter((entry): entry is [string, Schema] => isSchema(entry[1]));
}

function descriptionOf({ description }: Schema): string {
  return typeof description === 'string' ? description : '';
}

function isSchema(value: unknown): value is Schema {
  return isPlainObject(value);
}

function code(value: Json): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`);
}
