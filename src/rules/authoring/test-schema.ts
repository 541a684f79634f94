import type { FactDefinition } from '../catalogue.js';
import { LIMITS } from '../document/json-limits.js';
import { isFact, object, whole, type Schema } from './schema-parts.js';

/** A fact compared with a value: what the types and values of the catalogue say of both sides. */
export function testSchema(facts: readonly FactDefinition[]): Schema {
  return {
    description: 'A fact compared with a value.',
    ...object(['fact', 'operator', 'value'], {
      fact: { $ref: '#/$defs/fact' },
      params: { type: 'object' },
      path: { $ref: '#/$defs/path' },
      operator: { $ref: '#/$defs/operator' },
      value: {
        description: 'What the fact is compared with: a value, a list of values, or another fact.',
        anyOf: [
          { type: ['boolean', 'number', 'string', 'null'] },
          { type: 'array', maxItems: LIMITS.listOperand },
          { $ref: '#/$defs/reference' },
        ],
      },
      name: { type: 'string', maxLength: 200 },
      priority: whole(1, 1_000_000),
    }),
    allOf: [
      { $ref: '#/$defs/params' },
      ...operandSchemas(),
      ...typeSchemas(facts),
      ...facts.flatMap(valuesSchemas),
    ],
  };
}

const COMPARISONS = ['lessThan', 'lessThanInclusive', 'greaterThan', 'greaterThanInclusive'] as const;
const EQUALITIES = ['equal', 'notEqual'] as const;
const MEMBERSHIPS = ['in', 'notIn'] as const;

/** An operator with nothing before it that looks into lists: what stands in `value` is what the fact is held against. */
function plainly(names: readonly string[]): Schema {
  return { properties: { operator: { enum: names.flatMap((name) => [name, `not:${name}`]) } } };
}

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

/** Only values of one type can be equal, and only numbers are more or less. What a fact with parts holds is not known. */
function typeSchemas(facts: readonly FactDefinition[]): readonly Schema[] {
  return (['string', 'number', 'boolean'] as const).flatMap((type) => {
    const those = facts.filter((fact) => fact.type === type && fact.typeFor === undefined);
    const isOne = { properties: { fact: { enum: those.map(({ name }) => name) } }, required: ['fact'] };
    const same = [
      where([isOne, plainly(EQUALITIES)], valueIs({ type })),
      where([isOne, plainly(MEMBERSHIPS)], valueIs({ type: 'array', items: { type } })),
    ];
    return type === 'number' ? same : [...same, where([isOne], { not: plainly(COMPARISONS) })];
  });
}

/** Of a fact with a closed set of values no other is ever met. */
function valuesSchemas({ name, values, type, typeFor }: FactDefinition): readonly Schema[] {
  if (values === undefined || type !== 'string' || typeFor !== undefined) return [];
  const one = { enum: [...values] };
  return [
    where([isFact(name), plainly(EQUALITIES)], valueIs(one)),
    where([isFact(name), plainly(MEMBERSHIPS)], valueIs({ type: 'array', items: one })),
  ];
}
