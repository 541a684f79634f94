import type { FactCatalogue, FactDefinition } from '../catalogue.js';
import type { Json } from '../document/document.js';
import { isPlainObject } from '../document/json-limits.js';
import type { Schema } from './schema-parts.js';

/** What words mean. */
export type Meanings = { readonly [word: string]: string };

/** A word that an editor offers, and what it says beside it. */
export interface OfferedWord {
  readonly word: string;
  readonly description: string;
}

/** The words an author may choose from, each with its meaning; with `open`, others may be written too. */
export function choice(words: readonly OfferedWord[], open: 'open' | 'closed' = 'closed'): Schema {
  const offered: Json[] = words.map(({ word, description }) => ({ const: word, description }));
  return { anyOf: open === 'open' ? [...offered, { type: 'string' }] : offered };
}

/** Words with what they mean, in the order of the words. */
export function offered(words: readonly string[], meanings: Meanings): readonly OfferedWord[] {
  return words.map((word) => ({ word, description: meanings[word] ?? '' }));
}

/**
 * The schemas of parameters as an editor wants them: every word with its meaning, and no value without a description. What
 * they accept stays the same. Lists of words that many facts share are made once, as definitions.
 */
export function parameterSchemas(catalogue: FactCatalogue): {
  readonly of: (fact: FactDefinition, lists: readonly OfferedWord[]) => Schema | undefined;
  readonly definitions: () => { readonly [name: string]: Schema };
} {
  const shared = longestMeanings(catalogue);
  const made = new Map<string, { readonly name: string; readonly schema: Schema }>();

  /** A reference to a list of words. */
  function wordsOf(words: readonly Json[], meanings: Meanings, name: string): Schema | undefined {
    if (!words.every((word) => typeof word === 'string' && Object.hasOwn(meanings, word))) return undefined;
    const key = JSON.stringify([words, words.map((word) => meanings[word as string])]);
    let found = made.get(key);
    if (found === undefined) {
      const taken = [...made.values()].some((one) => one.name === name);
      const schema = choice(offered(words as readonly string[], meanings));
      made.set(key, (found = { name: taken ? `${name}-${made.size}` : name, schema }));
    }
    return { $ref: `#/$defs/${found.name}` };
  }

  function described(schema: Schema, own: Meanings | undefined, name: string, above: string): Schema {
    const {
      description,
      enum: words,
      properties,
      propertyNames,
      items,
      anyOf,
      additionalProperties,
    } = schema;
    const says = typeof description === 'string' ? description : above;
    const list = Array.isArray(words) ? (words as readonly Json[]) : undefined;
    const told =
      list === undefined
        ? undefined
        : ((own === undefined ? undefined : wordsOf(list, own, name)) ?? wordsOf(list, shared, name));
    if (told !== undefined) return { ...told, description: says };
    const inner = (part: Json | undefined): Json | undefined =>
      isPlainObject(part) ? described(part as Schema, own, name, says) : part;
    const more: { [keyword: string]: Json } = {};
    if (Array.isArray(anyOf)) more['anyOf'] = anyOf.map((part: Json) => inner(part) ?? part);
    if (items !== undefined) more['items'] = inner(items) ?? items;
    if (isPlainObject(additionalProperties))
      more['additionalProperties'] = inner(additionalProperties as Json) ?? true;
    if (isPlainObject(properties))
      more['properties'] = Object.fromEntries(
        Object.entries(properties).map(([key, part]) => [
          key,
          described(part as Schema, undefined, `${name}-${key}`, shared[key] ?? says),
        ]),
      );
    if (isPlainObject(propertyNames) && Array.isArray(propertyNames['enum']))
      more['propertyNames'] = {
        ...(propertyNames as Schema),
        enumDescriptions: propertyNames['enum'].map((word) => shared[String(word)] ?? ''),
      };
    return { ...schema, ...more, ...(says === '' ? {} : { description: says }) };
  }

  return {
    of({ name, params, meanings, source }, lists) {
      if (params === undefined) return undefined;
      const properties = isPlainObject(params['properties']) ? params['properties'] : {};
      return {
        ...params,
        description: `Parameters of ${name}.`,
        properties: Object.fromEntries(
          Object.entries(properties).map(([key, part]) => [
            key,
            source === 'list' && key === 'list' && lists.length > 0
              ? { ...(part as Schema), ...choice(lists, 'open') }
              : described(part as Schema, meanings?.[key], `${name}-${key}`, ''),
          ]),
        ),
      };
    },
    definitions: () => Object.fromEntries([...made.values()].map(({ name, schema }) => [name, schema])),
  };
}

/** Facts share their attributes: the fact that says what each of them means has the longest table. */
function longestMeanings(catalogue: FactCatalogue): Meanings {
  let longest: Meanings = {};
  for (const { meanings } of catalogue.values())
    for (const words of Object.values(meanings ?? {}))
      if (Object.keys(words).length > Object.keys(longest).length) longest = words;
  return longest;
}
