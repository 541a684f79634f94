import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FACT_CATALOGUE } from '../../src/facts/catalogue.js';
import { testRuleFiles } from '../../src/rehearsal/test-rule-files.js';
import { checkRuleSet } from '../../src/rules/check/check.js';

const root = new URL('../../', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, root), 'utf8');
const examples = (name: string): readonly string[] =>
  [...read(name).matchAll(/^```json\n(.*?)^```/gms)].map((match) => match[1] ?? '');

describe('the guides', () => {
  it('show a case that passes as it stands', async () => {
    const [example = ''] = examples('rules/README.md');
    const report = await testRuleFiles(
      [
        { name: 'lists.json', text: read('rules/lists.json') },
        { name: 'velocity.rules.json', text: read('rules/velocity.rules.json') },
        { name: 'velocity.cases.json', text: example },
      ],
      FACT_CATALOGUE,
    );
    expect(report).toMatchObject({ passed: 1, failed: 0 });
  });

  it('show a rule set and a limit that pass the checks without a word', () => {
    const [set = '', limit = ''] = examples('docs/rules.md');
    const document = { ...(JSON.parse(set) as object), limits: [JSON.parse(limit)] };
    expect(checkRuleSet(document, { catalogue: FACT_CATALOGUE }).findings).toEqual([]);
  });
});
