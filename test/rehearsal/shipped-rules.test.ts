import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FACT_CATALOGUE } from '../../src/facts/catalogue.js';
import type { CaseResult } from '../../src/rehearsal/run-cases.js';
import { testRuleFiles } from '../../src/rehearsal/test-rule-files.js';

const folder = new URL('../../rules/', import.meta.url);
const files = readdirSync(folder)
  .filter((name) => /(\.rules|\.cases|^lists)\.json$/.test(name))
  .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }));
const report = await testRuleFiles(files, FACT_CATALOGUE);

/** What an author would read. */
function said({ failures }: CaseResult): string {
  return failures.map(({ place, text, facts }) => [`${place}: ${text}`, ...facts].join('\n')).join('\n');
}

describe('shipped rules', () => {
  it('pass the static checks without a word', () => {
    expect(report.problems).toEqual([]);
  });

  it('have a golden case for every rule and limit that makes it hit, and a near miss', () => {
    expect(report.uncovered).toEqual({ neverHit: [], neverMissed: [] });
  });

  for (const { name, problems, cases } of report.files)
    describe(name, () => {
      it('is a good file of cases', () => expect(problems).toEqual([]));
      for (const result of cases) it(result.name, () => expect(said(result)).toBe(''));
    });
});
