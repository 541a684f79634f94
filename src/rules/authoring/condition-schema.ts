import type { FactDefinition } from '../catalogue.js';
import type { Json } from '../document/document.js';
import { DECORATORS, MAX_DECORATORS, OPERATORS } from '../document/operators.js';
import { isFact, NOTE, object, type Schema } from './schema-parts.js';

type Schemas = { readonly [name: string]: Schema };

/** Groups, names and what may stand where; an editor begins with a snippet. */
export function conditionSchemas(facts: readonly FactDefinition[]): Schemas {
  const conditions: Schema = { type: 'array', items: { $ref: '#/$defs/condition' } };
  const refs = (names: readonly string[]): Json => names.map((name) => ({ $ref: `#/$defs/${name}` }));
  const not: Schema = { $ref: '#/$defs/condition', description: 'It must not be true.' };
  return {
    all: object(['all'], { all: { ...conditions, description: 'Every one must be true.' }, ...NOTE }),
    any: object(['any'], { any: { ...conditions, description: 'One of them must be true.' }, ...NOTE }),
    not: object(['not'], { not, ...NOTE }),
    named: object(['condition'], {
      condition: { $ref: '#/$defs/name', description: 'The name of a condition of this set.' },
      ...NOTE,
    }),
    root: { anyOf: refs(['all', 'any', 'not', 'named']), defaultSnippets: GROUPS },
    condition: {
      anyOf: refs(['all', 'any', 'not', 'named', 'test']),
      defaultSnippets: [...GROUPS, ...facts.flatMap(snippetOf)],
    },
  };
}

const GROUPS: readonly Json[] = [
  { label: 'all', description: 'Every one must be true.', body: { all: ['$1'] } },
  { label: 'any', description: 'One of them must be true.', body: { any: ['$1'] } },
  { label: 'not', description: 'It must not be true.', body: { not: { all: ['$1'] } } },
  {
    label: 'named condition',
    description: 'A condition of this set, by its name.',
    body: { condition: '$1' },
  },
];

function snippetOf({ name, description, example }: FactDefinition): readonly Json[] {
  return example === undefined ? [] : [{ label: name, description, body: example }];
}

/** The facts there are, and what their parameters can be. */
export function readSchemas(
  facts: readonly FactDefinition[],
  parametersOf: (fact: FactDefinition) => Schema | undefined,
): Schemas {
  return {
    fact: {
      description: 'What is asked of the payment.',
      oneOf: facts.map((fact) => ({ const: fact.name, description: describe(fact) })),
    },
    reference: {
      ...object(['fact'], {
        fact: { $ref: '#/$defs/fact' },
        params: { type: 'object', description: 'Parameters of the fact.' },
        path: { $ref: '#/$defs/path' },
      }),
      description: 'Another fact to compare with.',
      allOf: [{ $ref: '#/$defs/params' }],
    },
    params: {
      allOf: facts.map((fact) => ({
        if: isFact(fact.name),
        // JSON Schema's keyword; nobody awaits this.
        // oxlint-disable-next-line unicorn/no-thenable
        then: {
          properties: { params: { ...(parametersOf(fact) ?? NO_PARAMETERS), ...fact.paramCases } },
          ...(Array.isArray(fact.params?.['required']) && fact.params['required'].length > 0
            ? { required: ['params'] }
            : {}),
        },
      })),
    },
  };
}

const NO_PARAMETERS: Schema = { type: 'object', maxProperties: 0, description: 'This fact takes none.' };

function describe({ description, type, values, range }: FactDefinition): string {
  const allowed = values === undefined ? '' : ` One of ${values.join(', ')}.`;
  const span = range === undefined ? '' : ` ${range[0]} to ${range[1]}.`;
  return `${description} (${type})${allowed}${span}`;
}

/** How operators are written; which of them are offered depends on the fact. */
export function operatorSchema(): Schema {
  return {
    type: 'string',
    pattern: `^((${DECORATORS.join('|')}):){0,${MAX_DECORATORS}}(${OPERATORS.join('|')})$`,
    description: `How the fact is compared, with up to ${MAX_DECORATORS} decorators before it: not:in, someFact:equal.`,
  };
}
