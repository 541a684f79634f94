import type { FactCatalogue, FactDefinition } from '../catalogue.js';
import { NAME_PATTERN, REASON_PATTERN } from '../check/shape.js';
import type { Json } from '../document/document.js';
import { LIMITS } from '../document/json-limits.js';
import { DECORATORS, MAX_DECORATORS, OPERATORS } from '../document/operators.js';
import { FORBIDDEN_STEPS, MAX_PATH_STEPS } from '../document/path.js';
import { OUTCOMES, SCA_EXEMPTIONS, THREE_DS_DEMANDS } from '../outcome.js';
import { isFact, object, text, whole, type Schema } from './schema-parts.js';
import { testSchema } from './test-schema.js';

/**
 * The JSON Schema (2020-12) of rule-set documents, so that an editor completes facts, parameters, operators and
 * outcomes. It says what it can; `checkRuleSet` says the rest.
 */
export function ruleSetSchema(catalogue: FactCatalogue): Schema {
  const facts = [...catalogue.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Tollgate rule set',
    ...object(['id', 'description', 'owner', 'rules'], {
      $schema: { type: 'string', maxLength: 500 },
      id: { $ref: '#/$defs/name', description: 'The id of the rule set.' },
      kind: { enum: ['screening'], description: 'When the set is evaluated. Default screening.' },
      description: { ...text(2_000), description: 'What the set is for.' },
      owner: { ...text(200), description: 'Who answers for it.' },
      policy: policySchema(),
      thresholds: {
        type: 'array',
        maxItems: 20,
        description: 'What the sum of scores means, by rising score.',
        items: thresholdSchema(),
      },
      conditions: {
        type: 'object',
        description: 'Named conditions, referred to by {"condition": name}.',
        maxProperties: LIMITS.namedConditions,
        propertyNames: { $ref: '#/$defs/name' },
        additionalProperties: { $ref: '#/$defs/root' },
      },
      rules: { type: 'array', maxItems: LIMITS.rules, items: { $ref: '#/$defs/rule' } },
      limits: { type: 'array', maxItems: LIMITS.limits, items: { $ref: '#/$defs/limit' } },
    }),
    $defs: {
      name: { type: 'string', pattern: NAME_PATTERN },
      reason: {
        type: 'string',
        pattern: REASON_PATTERN,
        description: 'Stable reason code, for example velocity.card.',
      },
      rule: ruleSchema(),
      limit: limitSchema(catalogue.get('merchant.riskGrade')?.values),
      ...conditionSchemas(),
      test: testSchema(facts),
      operator: operatorSchema(),
      path: {
        type: 'string',
        pattern: `^\\$(\\.[A-Za-z_][A-Za-z0-9_-]{0,63}|\\[[0-9]{1,6}\\]){0,${MAX_PATH_STEPS}}$`,
        not: { pattern: `\\.(${FORBIDDEN_STEPS.join('|')})(?![A-Za-z0-9_-])` },
        description: 'A place in the value of the fact: $ followed by .name or [n] only.',
      },
      ...readSchemas(facts),
    },
  };
}

function policySchema(): Schema {
  return {
    description: 'What a missing input, a failing rule or a payment without 3-D Secure means.',
    ...object([], {
      missing: {
        description: 'What a test on a missing fact is. Default unknown.',
        oneOf: [
          { const: 'unknown', description: 'Three-valued logic: the rule may end as unknown.' },
          { const: 'as-undefined', description: 'As json-rules-engine with allowUndefinedFacts.' },
        ],
      },
      onUnknown: answer('What an unknown rule asks for, at most what it would ask for had it hit.'),
      onError: answer('What a rule that failed asks for, whatever its event.'),
      withoutThreeDs: answer("What the set's reviews become where 3-D Secure cannot run."),
    }),
  };
}

function answer(description: string): Schema {
  return { enum: ['accept', 'review', 'reject'], description: `${description} Default review.` };
}

function thresholdSchema(): Schema {
  return object(['score', 'outcome', 'reason'], {
    score: { ...whole(-1_000_000, 1_000_000), description: 'From this sum of scores on.' },
    outcome: outcomeSchema(),
    reason: { $ref: '#/$defs/reason' },
    threeDs: demandSchema(),
  });
}

function ruleSchema(): Schema {
  const params = object(['reason'], {
    reason: { $ref: '#/$defs/reason' },
    score: { ...whole(-1_000, 1_000), description: "Points added to the set's score." },
    threeDs: demandSchema(),
    exemption: {
      enum: [...SCA_EXEMPTIONS],
      description: 'An exemption asked for; dropped where challenge or mandate wins.',
    },
    message: { type: 'string', maxLength: 500, description: 'For people.' },
  });
  return {
    description: 'A json-rules-engine rule.',
    ...object(['name', 'conditions', 'event'], {
      name: { $ref: '#/$defs/name' },
      description: { type: 'string', maxLength: 2_000 },
      enabled: { type: 'boolean', description: 'False: kept but skipped.' },
      priority: whole(1, 1_000_000),
      conditions: { $ref: '#/$defs/root' },
      event: object(['type', 'params'], {
        type: {
          enum: [...OUTCOMES, 'score'],
          description:
            'What a hit asks for; score only adds points. block > allow > reject > review > accept.',
        },
        params,
      }),
    }),
  };
}

function limitSchema(grades: readonly string[] | undefined): Schema {
  return {
    description: 'A cumulative limit by calendar period.',
    ...object(['name', 'when', 'by', 'period', 'cap', 'reason'], {
      name: { $ref: '#/$defs/name' },
      description: { type: 'string', maxLength: 2_000 },
      enabled: { type: 'boolean' },
      when: { $ref: '#/$defs/root', description: 'Which payments count.' },
      by: {
        type: 'array',
        minItems: 1,
        maxItems: 4,
        items: text(64),
        description: 'Attributes whose values together make the key, for example ["owner"].',
      },
      period: { enum: ['day', 'month'] },
      zone: {
        ...text(64),
        description: 'Whose clock: merchant, site or an IANA time zone. Default merchant.',
      },
      cap: {
        description: 'The cap, in minor units of its currency.',
        ...object(['minor', 'currency'], {
          minor: whole(1, Number.MAX_SAFE_INTEGER),
          currency: { type: 'string', pattern: '^[A-Z]{3}$' },
        }),
      },
      gradeFactors: {
        type: 'object',
        description: "Multiplies the cap by the merchant's risk grade.",
        ...(grades === undefined ? {} : { propertyNames: { enum: [...grades] } }),
        additionalProperties: { type: 'number', minimum: 0, maximum: 1_000 },
      },
      outcome: {
        enum: ['block', 'reject', 'review'],
        description: 'What a payment over the cap gets. Default reject.',
      },
      reason: { $ref: '#/$defs/reason' },
      refunds: { enum: ['restore', 'keep'], description: 'Whether a refund gives room back. Default keep.' },
    }),
  };
}

function conditionSchemas(): { readonly [name: string]: Schema } {
  const note: { readonly [name: string]: Schema } = {
    name: { type: 'string', maxLength: 200, description: 'For people.' },
    priority: {
      ...whole(1, 1_000_000),
      description: 'Higher is evaluated sooner. Never changes the result.',
    },
  };
  const conditions: Schema = { type: 'array', items: { $ref: '#/$defs/condition' } };
  const refs = (names: readonly string[]): Json => names.map((name) => ({ $ref: `#/$defs/${name}` }));
  return {
    all: object(['all'], { all: { ...conditions, description: 'Every one must be true.' }, ...note }),
    any: object(['any'], { any: { ...conditions, description: 'One of them must be true.' }, ...note }),
    not: object(['not'], { not: { $ref: '#/$defs/condition' }, ...note }),
    named: object(['condition'], {
      condition: { $ref: '#/$defs/name', description: 'The name of a condition of this set.' },
      ...note,
    }),
    root: { anyOf: refs(['all', 'any', 'not', 'named']) },
    condition: { anyOf: refs(['all', 'any', 'not', 'named', 'test']) },
  };
}

function readSchemas(facts: readonly FactDefinition[]): { readonly [name: string]: Schema } {
  return {
    fact: {
      description: 'What is asked of the payment.',
      oneOf: facts.map((fact) => ({ const: fact.name, description: describe(fact) })),
    },
    reference: {
      ...object(['fact'], {
        fact: { $ref: '#/$defs/fact' },
        params: { type: 'object' },
        path: { $ref: '#/$defs/path' },
      }),
      allOf: [{ $ref: '#/$defs/params' }],
    },
    params: {
      allOf: facts.map((fact) => ({
        if: isFact(fact.name),
        // JSON Schema's keyword; nobody awaits this.
        // oxlint-disable-next-line unicorn/no-thenable
        then: {
          properties: {
            params: { ...(fact.params ?? { type: 'object', maxProperties: 0 }), ...fact.paramCases },
          },
          ...(Array.isArray(fact.params?.['required']) && fact.params['required'].length > 0
            ? { required: ['params'] }
            : {}),
        },
      })),
    },
  };
}

function describe({ description, type, values, range }: FactDefinition): string {
  const allowed = values === undefined ? '' : ` One of ${values.join(', ')}.`;
  const span = range === undefined ? '' : ` ${range[0]} to ${range[1]}.`;
  return `${description} (${type})${allowed}${span}`;
}

function operatorSchema(): Schema {
  return {
    description: `An operator, with up to ${MAX_DECORATORS} decorators before it: not:in, someFact:equal.`,
    anyOf: [
      { enum: [...OPERATORS, ...OPERATORS.map((name) => `not:${name}`)] },
      {
        type: 'string',
        pattern: `^((${DECORATORS.join('|')}):){0,${MAX_DECORATORS}}(${OPERATORS.join('|')})$`,
      },
    ],
  };
}

function outcomeSchema(): Schema {
  return { enum: [...OUTCOMES], description: 'block > allow > reject > review > accept.' };
}

function demandSchema(): Schema {
  return { enum: [...THREE_DS_DEMANDS], description: 'What is demanded of 3-D Secure; the strongest wins.' };
}
