import type { Json } from '../../../rules/document/document.js';
import { ATTRIBUTES } from '../../attributes.js';
import { HISTORY_QUESTIONS } from './specs.js';

type Schema = { readonly [keyword: string]: Json };

/** JSON Schema: where a parameter has one of these values, the others must be so. */
function where(param: string, values: readonly string[], others: Schema): Schema {
  const has = { properties: { [param]: { enum: [...values] } }, required: [param] };
  // JSON Schema's keyword; nobody awaits this.
  // oxlint-disable-next-line unicorn/no-thenable
  return { if: has, then: others };
}

const AGGREGATES: readonly Schema[] = [
  where('fn', ['count'], { properties: { of: false } }),
  where('fn', ['distinct'], { properties: { of: { enum: [...ATTRIBUTES] } }, required: ['of'] }),
  where('fn', ['sum', 'avg', 'max', 'min', 'stddev'], {
    properties: { of: { type: 'string', pattern: '^amount(:|$)' } },
  }),
];

/** What a `velocity` takes beside its `fn`: as parse.ts has it, for editors. */
export const VELOCITY_CASES: Schema = {
  allOf: [
    ...AGGREGATES,
    where('fn', ['ratio'], {
      properties: {
        of: { type: 'array', items: { properties: { fn: { not: { const: 'ratio' } } }, allOf: AGGREGATES } },
        events: false,
        filter: false,
        clock: false,
      },
      required: ['of'],
    }),
  ],
};

/** What a `history` takes beside its `what`. */
export const HISTORY_CASES: Schema = {
  allOf: [
    where(
      'what',
      HISTORY_QUESTIONS.filter((what) => what !== 'goodOrders'),
      { properties: { goodAfterDays: false } },
    ),
  ],
};
