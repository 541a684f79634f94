import type { Condition, RuleSetDocument } from '../../rules/document/document.js';
import { readsOf, slotKey, testsOf } from '../../rules/document/resolve.js';
import type { ConditionReader } from '../../rules/explain/condition-reader.js';
import { readText, valueText } from '../../rules/explain/text.js';
import type { FactValue } from '../../rules/program.js';
import type { Layout } from '../../rules/version-store.js';
import type { FactExplanation, ListMembership } from '../explanation.js';
import { ageText, momentText } from '../../world/age-text.js';
import type { Sources } from './sources.js';

/** A rule or limit, and what it reads. */
export interface Reader {
  /** `RULE_SET/RULE` */
  readonly name: string;
  readonly document: RuleSetDocument;
  readonly conditions: Condition;
}

/** The facts that rules and limits read, in the order of the layout, with their sources. */
export function factsRead(
  readers: readonly Reader[],
  nodeOf: ConditionReader,
  { slots }: Layout,
  values: readonly FactValue[],
  sources: Sources,
  memberships: ReadonlyMap<string, ListMembership>,
): FactExplanation[] {
  const readBy = readersByKey(readers, nodeOf);
  return slots.flatMap(({ fact, params }, slot) => {
    const key = slotKey(fact, params);
    const names = readBy.get(key);
    const membership = memberships.get(key);
    if (names === undefined) return [];
    const from = sources.of(fact, params);
    const oldest = from.reduce<number | undefined>(
      (age, source) => (source.age === undefined ? age : Math.max(age ?? source.age, source.age)),
      undefined,
    );
    const value = values[slot];
    return [
      {
        fact,
        params,
        value,
        source: sources.wordOf(fact),
        sources: from,
        asOf: from.find(({ age }) => age === oldest)?.asOf,
        age: oldest,
        membership,
        readBy: [...names],
        text: `${readText({ fact, params, path: '', key: '', steps: undefined })}: ${valueText(value)}; ${fromText(from, oldest)}${membershipText(membership)}`,
      },
    ];
  });
}

function membershipText(membership: ListMembership | undefined): string {
  if (membership === undefined) return '';
  const { since, actor, reason } = membership;
  return `; on it since ${momentText(since)}, by ${actor || 'nobody named'}${reason === '' ? '' : ` (${reason})`}`;
}

function fromText(sources: FactExplanation['sources'], age: number | undefined): string {
  const names = sources.map(({ origin, id }) => (origin === 'list' ? `list ${id}` : origin)).join(', ');
  if (age === undefined) return `from ${names}`;
  return age === 0 ? `from ${names}, as of the decision` : `from ${names}, ${ageText(age)} old`;
}

function readersByKey(
  readers: readonly Reader[],
  nodeOf: ConditionReader,
): ReadonlyMap<string, ReadonlySet<string>> {
  const readBy = new Map<string, Set<string>>();
  for (const { name, document, conditions } of readers)
    for (const test of testsOf(nodeOf(document, conditions)))
      for (const { key } of readsOf(test)) {
        const names = readBy.get(key);
        if (names === undefined) readBy.set(key, new Set([name]));
        else names.add(name);
      }
  return readBy;
}
