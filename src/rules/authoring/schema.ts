import type { FactCatalogue } from '../catalogue.js';
import { NAME_PATTERN, REASON_PATTERN } from '../check/shape.js';
import { LIMITS } from '../document/json-limits.js';
import { FORBIDDEN_STEPS, MAX_PATH_STEPS } from '../document/path.js';
import { OUTCOMES, SCA_EXEMPTIONS, THREE_DS_DEMANDS } from '../outcome.js';
import { conditionSchemas, operatorSchema, readSchemas } from './condition-schema.js';
import { limitSchema } from './limit-schema.js';
import { object, text, whole, type Schema } from './schema-parts.js';
import { testSchema } from './test-schema.js';
import { DEMAND_MEANINGS, EXEMPTION_MEANINGS, OUTCOME_MEANINGS } from './vocabulary.js';
import { choice, offered, parameterSchemas, type OfferedWord } from './words.js';

/** What there is to choose from beside the catalogue. What is not among it may be written too. */
export interface AuthoringHints {
  /** Reason codes in use. */
  readonly reasons: readonly OfferedWord[];
  /** Lists that ship. */
  readonly lists: readonly OfferedWord[];
  /** The attributes that limits may count by. */
  readonly attributes: readonly OfferedWord[];
}

const NO_HINTS: AuthoringHints = { reasons: [], lists: [], attributes: [] };

/**
 * The JSON Schema (2020-12) of rule-set documents, so that an editor completes facts, parameters, operators and
 * outcomes. It says what it can; `checkRuleSet` says the rest.
 */
export function ruleSetSchema(catalogue: FactCatalogue, hints: AuthoringHints = NO_HINTS): Schema {
  const parameters = parameterSchemas(catalogue);
  const facts = [...catalogue.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Tollgate rule set',
    ...object(['id', 'description', 'owner', 'rules'], {
      $schema: {
        type: 'string',
        maxLength: 500,
        description: 'This schema, by which an editor completes the file.',
      },
      id: { $ref: '#/$defs/name', description: 'The id of the rule set.' },
      kind: {
        ...choice([{ word: 'screening', description: 'Before the payment goes on; the default.' }]),
        description: 'When the set is evaluated. Default screening.',
      },
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
      rules: {
        type: 'array',
        maxItems: LIMITS.rules,
        items: { $ref: '#/$defs/rule' },
        description: 'The rules. All are evaluated; their order means nothing but the order of reasons.',
      },
      limits: {
        type: 'array',
        maxItems: LIMITS.limits,
        items: { $ref: '#/$defs/limit' },
        description: 'Cumulative limits: amounts are reserved before a payment goes on.',
      },
    }),
    $defs: {
      name: { type: 'string', pattern: NAME_PATTERN },
      reason: {
        type: 'string',
        pattern: REASON_PATTERN,
        ...(hints.reasons.length === 0 ? {} : choice(hints.reasons, 'open')),
        description: 'Stable reason code, for example velocity.card: sites and reports depend on it.',
      },
      rule: ruleSchema(),
      limit: limitSchema(catalogue.get('merchant.riskGrade')?.values, hints.attributes),
      ...conditionSchemas(facts),
      test: testSchema(facts),
      operator: operatorSchema(),
      path: {
        type: 'string',
        pattern: `^\\$(\\.[A-Za-z_][A-Za-z0-9_-]{0,63}|\\[[0-9]{1,6}\\]){0,${MAX_PATH_STEPS}}$`,
        not: { pattern: `\\.(${FORBIDDEN_STEPS.join('|')})(?![A-Za-z0-9_-])` },
        description: 'A place in the value of the fact: $ followed by .name or [n] only.',
      },
      ...readSchemas(facts, (fact) => parameters.of(fact, hints.lists)),
      ...parameters.definitions(),
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
  const words = offered(['accept', 'review', 'reject'], OUTCOME_MEANINGS);
  return { ...choice(words), description: `${description} Default review.` };
}

function thresholdSchema(): Schema {
  return object(['score', 'outcome', 'reason'], {
    score: { ...whole(-1_000_000, 1_000_000), description: 'From this sum of scores on.' },
    outcome: outcomeSchema(),
    reason: { $ref: '#/$defs/reason' },
    threeDs: demandSchema(),
  });
}

/** A score without points asks for nothing. By pattern, since editors offer what an `if` lists. */
const POINTS_OF_SCORE: Schema = {
  if: { properties: { type: { pattern: '^score$' } }, required: ['type'] },
  // JSON Schema's keyword; nobody awaits this.
  // oxlint-disable-next-line unicorn/no-thenable
  then: { properties: { params: { required: ['score'], properties: { score: { not: { const: 0 } } } } } },
};

function ruleSchema(): Schema {
  const params = object(['reason'], {
    reason: { $ref: '#/$defs/reason' },
    score: { ...whole(-1_000, 1_000), description: "Points added to the set's score." },
    threeDs: demandSchema(),
    exemption: {
      ...choice(offered(SCA_EXEMPTIONS, EXEMPTION_MEANINGS)),
      description: 'An exemption asked for; dropped where challenge or mandate wins.',
    },
    message: { type: 'string', maxLength: 500, description: 'For people.' },
  });
  return {
    description: 'A json-rules-engine rule.',
    ...object(['name', 'conditions', 'event'], {
      name: { $ref: '#/$defs/name', description: 'Its name in the set: 1 to 64 of a-z, 0-9 and "-".' },
      description: { type: 'string', maxLength: 2_000, description: 'What a colleague should know.' },
      enabled: { type: 'boolean', description: 'False: kept but skipped.' },
      priority: { ...whole(1, 1_000_000), description: 'Taken, and without meaning: no rule wins by it.' },
      conditions: { $ref: '#/$defs/root', description: 'When it hits: all, any, not, or a named condition.' },
      event: {
        ...object(['type', 'params'], {
          type: {
            ...choice(offered([...OUTCOMES, 'score'], OUTCOME_MEANINGS)),
            description:
              'What a hit asks for; score only adds points. block > allow > reject > review > accept.',
          },
          params: { ...params, description: 'Reason, points, demand and exemption.' },
        }),
        description: 'What a hit asks for.',
        ...POINTS_OF_SCORE,
      },
    }),
  };
}

function outcomeSchema(): Schema {
  return {
    ...choice(offered(OUTCOMES, OUTCOME_MEANINGS)),
    description: 'block > allow > reject > review > accept.',
  };
}

function demandSchema(): Schema {
  return {
    ...choice(offered(THREE_DS_DEMANDS, DEMAND_MEANINGS)),
    description: 'What is demanded of 3-D Secure; the strongest wins.',
  };
}
