import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FACT_CATALOGUE } from '../../src/facts/catalogue.js';
import { testRuleFiles } from '../../src/rehearsal/test-rule-files.js';
import { checkRuleSet } from '../../src/rules/check/check.js';

const root = new URL('../../', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, root), 'utf8');
const examples = (name: string): readonly string[] =>
  [...read(name).matchAll(/^```json\n(.*?)^```/gms)].map((match) => match[1] ?? '');

type Fields = Readonly<Record<string, unknown>> & { readonly name?: string };

/** What the reader of the guide has by now. */
interface Written {
  readonly set: Fields & { readonly rules: readonly Fields[]; readonly limits?: readonly Fields[] };
  readonly file: Fields & { readonly cases: readonly Fields[] };
}

const replaced = (list: readonly Fields[] = [], item: Fields): readonly Fields[] => [
  ...list.filter(({ name }) => name !== item.name),
  item,
];

/** Puts an example where the guide says it goes. */
function put({ set, file }: Written, example: Fields): Written {
  if ('rules' in example) return { set: example as Written['set'], file };
  if ('event' in example) return { set: { ...set, rules: replaced(set.rules, example) }, file };
  if ('when' in example) return { set: { ...set, limits: replaced(set.limits, example) }, file };
  if ('stream' in example) return { set, file: { ...file, cases: replaced(file.cases, example) } };
  if ('lists' in example) return { set, file: { ...file, ...example } };
  return { set: { ...set, ...example }, file };
}

function run({ set, file }: Written, cases: readonly Fields[]) {
  return testRuleFiles(
    [
      { name: 'gift-cards.rules.json', text: JSON.stringify(set) },
      { name: 'gift-cards.cases.json', text: JSON.stringify({ ...file, cases }) },
    ],
    FACT_CATALOGUE,
  );
}

/** What is pointed out on the way, and cured by a later step. */
const CURED = ['score-without-threshold', 'missing-guard'];

const isStory = (example: Fields): boolean => !('cases' in example);

describe('the guide to rules', () => {
  const told = examples('rules/README.md').map((text) => JSON.parse(text) as Fields);
  const story = told.filter(isStory);

  it('builds a set whose every case passes where it stands, and at the end all that still hold', async () => {
    let written: Written = { set: { rules: [] }, file: { cases: [] } };
    let cases = 0;
    for (const example of story) {
      written = put(written, example);
      if ('stream' in example) {
        cases += 1;
        const { files } = await run(written, [example]);
        expect([example.name, files[0]?.cases[0]?.failures]).toEqual([example.name, []]);
      } else if ('event' in example || 'when' in example || 'rules' in example) {
        const { findings } = checkRuleSet(written.set, { catalogue: FACT_CATALOGUE });
        const serious = findings.filter(({ code }) => !CURED.includes(code));
        expect({ name: example.name, serious }).toEqual({ name: example.name, serious: [] });
      }
    }
    expect(cases).toBeGreaterThan(8);
    expect(checkRuleSet(written.set, { catalogue: FACT_CATALOGUE }).findings).toEqual([]);
    // The guard of step 6 takes the unknown away.
    const last = await run(
      written,
      written.file.cases.filter(({ name }) => name !== 'a card of unknown funding leaves the rule unknown'),
    );
    expect(last.files[0]?.cases.filter(({ passed }) => !passed)).toEqual([]);
    expect(last.uncovered.neverHit).toEqual([]);
  });

  it('is written in the layout that files have', async () => {
    const { formatted } = await import('../../src/rules/authoring/format.js');
    const { format } = await import('prettier');
    for (const text of examples('rules/README.md')) {
      const ordered = formatted(text);
      if (!('ok' in ordered)) throw new Error(ordered.problem);
      // On its own a small example may stand on one line.
      expect(await format(ordered.ok, { parser: 'json', printWidth: 110 })).toBe(ordered.ok);
      expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(JSON.parse(ordered.ok)));
    }
  });

  it('shows a whole file of cases that passes as it stands', async () => {
    const [example] = told.filter((one) => !isStory(one));
    const report = await testRuleFiles(
      [
        { name: 'lists.json', text: read('rules/lists.json') },
        { name: 'velocity.rules.json', text: read('rules/velocity.rules.json') },
        { name: 'velocity.cases.json', text: JSON.stringify(example) },
      ],
      FACT_CATALOGUE,
    );
    expect(report).toMatchObject({ passed: 1, failed: 0 });
  });
});

describe('the guide to the language', () => {
  it('shows a rule set and a limit that pass the checks without a word', () => {
    const [set = '', limit = ''] = examples('docs/rules.md');
    const document = { ...(JSON.parse(set) as object), limits: [JSON.parse(limit)] };
    expect(checkRuleSet(document, { catalogue: FACT_CATALOGUE }).findings).toEqual([]);
  });
});
