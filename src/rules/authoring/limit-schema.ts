import { object, text, whole, type Schema } from './schema-parts.js';
import { OUTCOME_MEANINGS } from './vocabulary.js';
import { choice, offered, type OfferedWord } from './words.js';

/** A cumulative limit, with the risk grades there are and the attributes it may count by. */
export function limitSchema(
  grades: readonly string[] | undefined,
  attributes: readonly OfferedWord[],
): Schema {
  return {
    description: 'A cumulative limit by calendar period.',
    ...object(['name', 'when', 'by', 'period', 'cap', 'reason'], {
      name: { $ref: '#/$defs/name', description: 'Its name in the set: 1 to 64 of a-z, 0-9 and "-".' },
      description: { type: 'string', maxLength: 2_000, description: 'What a colleague should know.' },
      enabled: { type: 'boolean', description: 'False: kept but skipped.' },
      when: { $ref: '#/$defs/root', description: 'Which payments count.' },
      by: {
        type: 'array',
        minItems: 1,
        maxItems: 4,
        items: { ...text(64), ...(attributes.length === 0 ? {} : choice(attributes, 'open')) },
        description: 'Attributes whose values together make the key, for example ["owner"].',
      },
      period: {
        ...choice([
          { word: 'day', description: 'A calendar day.' },
          { word: 'month', description: 'A calendar month.' },
        ]),
        description: 'The calendar period that the cap is for.',
      },
      zone: {
        ...text(64),
        ...choice(
          [
            { word: 'merchant', description: 'The clock of the merchant; the default.' },
            { word: 'site', description: 'The clock of the site.' },
            { word: 'UTC', description: 'A fixed zone, by its IANA name: begins and ends for all at once.' },
          ],
          'open',
        ),
        description: 'Whose clock: merchant, site or an IANA time zone. Default merchant.',
      },
      cap: {
        description: 'The cap, in minor units of its currency.',
        ...object(['minor', 'currency'], {
          minor: { ...whole(1, Number.MAX_SAFE_INTEGER), description: 'Minor units: 50000 is 500.00 EUR.' },
          currency: {
            type: 'string',
            pattern: '^[A-Z]{3}$',
            examples: ['EUR', 'USD'],
            description: 'ISO 4217 code.',
          },
        }),
      },
      gradeFactors: {
        type: 'object',
        description: "Multiplies the cap by the merchant's risk grade.",
        ...(grades === undefined ? {} : { propertyNames: gradeNames(grades) }),
        additionalProperties: {
          type: 'number',
          minimum: 0,
          maximum: 1_000,
          description: 'The factor; a grade that is left out has 1.',
        },
      },
      outcome: {
        ...choice(offered(['block', 'reject', 'review'], OUTCOME_MEANINGS)),
        description: 'What a payment over the cap gets. Default reject.',
      },
      reason: { $ref: '#/$defs/reason' },
      refunds: {
        ...choice([
          { word: 'keep', description: 'A refund gives no room back; the default.' },
          { word: 'restore', description: 'A refund gives room back.' },
        ]),
        description: 'Whether a refund gives room back. Default keep.',
      },
    }),
  };
}

function gradeNames(grades: readonly string[]): Schema {
  return { enum: [...grades], enumDescriptions: grades.map((grade) => `Merchants of risk grade ${grade}.`) };
}
