import { documentHash } from '../document/canonical.js';
import type { FactSlot, Program } from '../program.js';
import type { Layout, Reference } from '../version-store.js';

/** What gives meaning to a program's fact vector and rule states; equal programs over equal tables have equal ids. */
export function layoutOf(program: Program, references: readonly Reference[] = []): Layout {
  const rest = {
    versions: program.versions.map(({ ruleSet, version, hash }) => ({ ruleSet, version, hash })),
    slots: program.slots.map(({ fact, params }) => (params === undefined ? { fact } : { fact, params })),
    rules: program.rules.map(({ ruleSet, rule }): readonly [string, string] => [ruleSet, rule.name]),
    limits: program.limits.map(({ ruleSet, limit }): readonly [string, string] => [ruleSet, limit.name]),
    ...(references.length === 0 ? {} : { references }),
  };
  return { id: documentHash(rest), ...rest };
}

/** The lists that slots read, each once, in the order of the slots. */
export function listsRead(slots: Layout['slots'] | readonly FactSlot[]): readonly string[] {
  const lists = slots.flatMap(({ fact, params }) => {
    const list = fact === 'list' ? params?.['list'] : undefined;
    return typeof list === 'string' ? [list] : [];
  });
  return [...new Set(lists)];
}
