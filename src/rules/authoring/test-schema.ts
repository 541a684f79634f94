import type { FactDefinition } from '../catalogue.js';
import { LIMITS } from '../document/json-limits.js';
import { isFact, NOTE, object, type Schema } from './schema-parts.js';
import { ALL_OPERATORS, OPERATORS_FOR } from './vocabulary.js';
import { choice, type OfferedWord } from './words.js';

/** A fact compared with a value: what the types and values of the catalogue say of both sides. */
export function testSchema(facts: readonly FactDefinition[]): Schema {
  return {
    description: 'A fact compared with a value.',
    ...object(['fact', 'operator', 'value'], {
      fact: { $ref: '#/$defs/fact' },
      params: { type: 'object', description: 'Parameters of the fact.' },
      path: { $ref: '#/$defs/path' },
      operator: { $ref: '#/$defs/operator' },
      value: {
        description: 'What the fact is compared with: a value, a list of values, or another fact.',
        anyOf: [
          { not: { type: ['object', 'array'] } },
          { type: 'array', maxItems: LIMITS.listOperand },
          { $ref: '#/$defs/reference' },
        ],
      },
      ...NOTE,
    }),
    allOf: [
      { $ref: '#/$defs/params' },
      ...operatorOffers(facts),
      ...facts.flatMap(exampleSchemas),
      ...operandSchemas(),
      ...typeSchemas(facts),
      ...facts.flatMap(valuesSchemas),
    ],
  };
}

const COMPARISONS = ['lessThan', 'lessThanInclusive', 'greaterThan', 'greaterThanInclusive'] as const;
const EQUALITIES = ['equal', 'notEqual'] as const;
const MEMBERSHIPS = ['in', 'notIn'] as const;
const CONTENTS = ['contains', 'doesNotContain'] as const;

/**
 * An operator with nothing before it that looks into lists: what stands in `value` is what the fact is held against. By
 * pattern, since editors offer what an `if` lists.
 */
function plainly(names: readonly string[]): Schema {
  return { properties: { operator: { pattern: `^(not:)?(${names.join('|')})$` } } };
}

/** The operators that make sense for the fact; before there is one, all. Nothing is forbidden by it. */
function operatorOffers(facts: readonly FactDefinition[]): readonly Schema[] {
  const offer = (words: readonly OfferedWord[]): Schema => ({
    properties: { operator: choice(words, 'open') },
  });
  const byType = Object.entries(OPERATORS_FOR).flatMap(([type, words]) => {
    const names = facts
      .filter((fact) => fact.type === type && fact.typeFor === undefined)
      .map(({ name }) => name);
    return names.length === 0 ? [] : [where([isOneOf(names)], offer(words))];
  });
  const others = facts.filter(({ typeFor }) => typeFor !== undefined).map(({ name }) => name);
  const open = others.length === 0 ? [] : [where([isOneOf(others)], offer(ALL_OPERATORS))];
  return [where([{ not: { required: ['fact'] } }], offer(ALL_OPERATORS)), ...byType, ...open];
}

/** A value as the fact may have it, for the editor to offer. */
function exampleSchemas({ name, example, values, type, unit }: FactDefinition): readonly Schema[] {
  const value = example?.['value'];
  if (value === undefined || values !== undefined || type === 'boolean') return [];
  const counted = typeof unit === 'string' ? ` In ${unit}.` : '';
  const description = `What ${name} is compared with, for example ${JSON.stringify(value)}.${counted}`;
  return [where([isFact(name)], { properties: { value: { description, examples: [value] } } })];
}

function isOneOf(names: readonly string[]): Schema {
  const pattern = `^(${names.map((name) => name.replaceAll('.', '\\.')).join('|')})$`;
  return { properties: { fact: { pattern } }, required: ['fact'] };
}

const TRUTH: Schema = {
  anyOf: [
    { const: true, description: 'It is so.' },
    { const: false, description: 'It is not so.' },
  ],
};

/** Either the value is so, or another fact. */
function valueIs(schema: Schema): Schema {
  return { properties: { value: { anyOf: [schema, { type: 'object' }] } } };
}

/** What is said of the test where all of that holds. */
function where(conditions: readonly Schema[], then: Schema): Schema {
  // JSON Schema's keyword; nobody awaits this.
  // oxlint-disable-next-line unicorn/no-thenable
  return { if: { allOf: [...conditions] }, then };
}

/** What an operator needs, whatever the fact. */
function operandSchemas(): readonly Schema[] {
  return [
    where([plainly(COMPARISONS)], valueIs({ type: 'number' })),
    where([plainly(MEMBERSHIPS)], valueIs({ type: 'array' })),
  ];
}

/** Only values of one type can be equal, only numbers are more or less, and only lists contain. What a fact with parts holds is not known. */
function typeSchemas(facts: readonly FactDefinition[]): readonly Schema[] {
  return (['string', 'number', 'boolean'] as const).flatMap((type) => {
    const those = facts.filter((fact) => fact.type === type && fact.typeFor === undefined);
    if (those.length === 0) return [];
    const isOne = isOneOf(those.map(({ name }) => name));
    const one: Schema = type === 'boolean' ? TRUTH : { type };
    const same = [
      where([isOne, plainly(EQUALITIES)], valueIs(one)),
      where([isOne, plainly(MEMBERSHIPS)], valueIs({ type: 'array', items: { type } })),
    ];
    const never = type === 'number' ? CONTENTS : [...COMPARISONS, ...CONTENTS];
    return [...same, where([isOne], { not: plainly(never) })];
  });
}

/** Of a fact with a closed set of values no other is ever met. */
function valuesSchemas({ name, values, type, typeFor }: FactDefinition): readonly Schema[] {
  if (values === undefined || type !== 'string' || typeFor !== undefined) return [];
  const description = `A value of ${name}.`;
  const one = choice(values.map((word) => ({ word, description })));
  return [
    where([isFact(name), plainly(EQUALITIES)], valueIs(one)),
    where([isFact(name), plainly(MEMBERSHIPS)], valueIs({ type: 'array', items: one })),
  ];
}
