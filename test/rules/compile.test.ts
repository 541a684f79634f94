import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileProgram } from '../../src/rules/compile.js';
import { ERROR, HIT, NO_HIT } from '../../src/rules/outcome.js';
import { anyFacts, anyRuleSet, vectorOf, versionOf } from './arbitraries.js';
import { reference } from './reference.js';

describe('missing: as-undefined', () => {
  test('the same rules hit as in json-rules-engine, and the same ones fail', async () => {
    await fc.assert(
      fc.asyncProperty(anyRuleSet('as-undefined'), anyFacts, async (document, facts) => {
        const expected = (await reference(document, facts)).map((result) =>
          result === undefined ? ERROR : result.hit ? HIT : NO_HIT,
        );
        const program = compileProgram([versionOf(document)]);
        expect([...program.evaluate(vectorOf(program, facts))]).toEqual(expected);
      }),
      { numRuns: 4000 },
    );
  });
});

describe('generated functions', () => {
  test('give the states that closures give, in chunks of any size', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyRuleSet('unknown'), anyRuleSet('as-undefined')), { minLength: 1, maxLength: 3 }),
        anyFacts,
        fc.integer({ min: 1, max: 20 }),
        (documents, facts, chunkSize) => {
          const versions = documents.map(versionOf);
          const generated = compileProgram(versions, { codegen: true, chunkSize });
          const plain = compileProgram(versions, { codegen: false });
          const values = vectorOf(plain, facts);
          expect(generated.slots).toEqual(plain.slots);
          expect([...generated.evaluate(values)]).toEqual([...plain.evaluate(values)]);
        },
      ),
      { numRuns: 4000 },
    );
  });
});
