import type { RuleSetDocument } from '../rules/document/document.js';
import type { CaseFile, Expectation } from './case-file.js';

/** Rules and limits, as `set/name`, that no case speaks of. */
export interface Uncovered {
  /** No case expects it to hit (a limit: to be exceeded). */
  readonly neverHit: readonly string[];
  /** No case expects it not to hit (a limit: to be held): a near miss is missing. */
  readonly neverMissed: readonly string[];
}

/** What the cases leave untold about the rules and limits that are switched on. */
export function uncovered(documents: readonly RuleSetDocument[], files: readonly CaseFile[]): Uncovered {
  const expectations = files.flatMap(({ cases }) =>
    cases.flatMap((form): (Expectation | undefined)[] => [
      form.expect,
      ...form.stream.map((entry) => ('payment' in entry ? entry.expect : undefined)),
    ]),
  );
  const named = (...lists: readonly ('hits' | 'notHits' | 'exceeded' | 'held')[]): ReadonlySet<string> =>
    new Set(expectations.flatMap((expect) => lists.flatMap((list) => expect?.[list] ?? [])));
  const told = { hit: named('hits', 'exceeded'), missed: named('notHits', 'held') };
  const all = documents.flatMap(({ id, rules, limits }) =>
    [...rules, ...(limits ?? [])]
      .filter(({ enabled }) => enabled !== false)
      .map(({ name }) => ({ id, name })),
  );
  const without = (names: ReadonlySet<string>): string[] =>
    all
      .filter(({ id, name }) => !names.has(name) && !names.has(`${id}/${name}`))
      .map(({ id, name }) => `${id}/${name}`);
  return { neverHit: without(told.hit), neverMissed: without(told.missed) };
}
