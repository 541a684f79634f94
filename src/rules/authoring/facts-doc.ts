import type { FactCatalogue, FactDefinition, FactSource } from '../catalogue.js';
import { paramsTable, type Lexicon } from './params-doc.js';

const SOURCES: Readonly<Record<FactSource, string>> = {
  request: 'From the request',
  site: 'From the site and the merchant',
  clock: 'From the time of the decision',
  rates: 'From the exchange rates',
  velocity: 'From the stream of payments',
  list: 'From the lists',
  geography: 'From geography',
  history: "From the payer's history",
};

/** The reference of all facts, in Markdown, generated from the catalogue. */
export function factsDoc(catalogue: FactCatalogue): string {
  const facts = [...catalogue.values()];
  const lexicon = lexiconOf(facts);
  const sections = Object.entries(SOURCES).flatMap(([source, title]) => {
    const those = facts.filter((fact) => fact.source === source);
    return those.length === 0 ? [] : [`## ${title}\n`, ...those.map((fact) => factText(fact, lexicon))];
  });
  return [
    '# Facts\n',
    'What rules may ask about a payment. Generated from the fact catalogue by `scripts/generate-schema.ts`; do not edit.\n',
    'Parameters and values are also in `rules/rule-set.schema.json`, by which an editor completes them.\n',
    'Every fact can be missing; what a test on a missing fact means is the policy of the rule set.\n',
    ...sections,
  ].join('\n');
}

/** Facts share their attributes; the fact that says what each of them means has the longest table. */
function lexiconOf(facts: readonly FactDefinition[]): Lexicon {
  let longest: Lexicon = { words: [], one: '' };
  for (const { name, meanings } of facts)
    for (const words of Object.values(meanings ?? {}).map(Object.keys))
      if (words.length > longest.words.length) longest = { words, one: `[attribute](#${name})` };
  return longest;
}

function factText(fact: FactDefinition, lexicon: Lexicon): string {
  const lines = [`### \`${fact.name}\`\n`, `${fact.description}\n`, `- Type: ${fact.type}`];
  if (fact.values !== undefined)
    lines.push(`- Values: ${fact.values.map((value) => `\`${value}\``).join(', ')}`);
  if (fact.form !== undefined) lines.push(`- Written as ${fact.form.says}`);
  if (fact.range !== undefined) lines.push(`- Range: ${fact.range[0]} to ${fact.range[1]}`);
  if (fact.personal === true) lines.push('- Personal: kept apart in records');
  if (fact.params === undefined)
    for (const { guard, lack, worth } of fact.guards?.({}, undefined) ?? [])
      if (worth === undefined) lines.push(`- Missing where ${lack}; guard: \`${JSON.stringify(guard)}\``);
  lines.push(...paramsTable(fact, lexicon));
  for (const [param, values] of Object.entries(fact.meanings ?? {}))
    lines.push(...meaningTable(param, values));
  if (fact.example !== undefined) lines.push('- Example:', '', fence(fact.example));
  return `${lines.join('\n')}\n`;
}

function meaningTable(param: string, values: { readonly [value: string]: string }): string[] {
  const rows = Object.entries(values).map(([value, meaning]) => `| \`${value}\` | ${meaning} |`);
  return [`- What \`${param}\` can be:`, '', '| value | meaning |', '| --- | --- |', ...rows, ''];
}

function fence(value: unknown): string {
  return `\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\`\n`;
}
