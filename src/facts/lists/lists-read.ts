import { factReaders } from '../../rules/versions/fact-reads.js';
import type { RuleSetDocument } from '../../rules/document/document.js';

/** Who reads a list within one version of a rule set. */
export interface ReadersOfList {
  /** Names, in document order. */
  readonly rules: readonly string[];
  readonly limits: readonly string[];
}

/** The lists that a checked document reads, with who does. */
export function listsRead(document: RuleSetDocument): ReadonlyMap<string, ReadersOfList> {
  const lists = new Map<string, { rules: Set<string>; limits: Set<string> }>();
  for (const { kind, name, params } of factReaders(document, 'list')) {
    const { list } = params;
    if (typeof list !== 'string') continue;
    const readers = lists.get(list) ?? { rules: new Set(), limits: new Set() };
    lists.set(list, readers);
    readers[kind === 'rule' ? 'rules' : 'limits'].add(name);
  }
  return new Map(
    [...lists].map(([list, { rules, limits }]) => [list, { rules: [...rules], limits: [...limits] }]),
  );
}
