import { documentHash } from '../document/canonical.js';
import type { Program } from '../program.js';
import type { Layout } from '../version-store.js';

/** What gives meaning to a program's fact vector and rule states; equal programs have equal ids. */
export function layoutOf(program: Program): Layout {
  const rest = {
    versions: program.versions.map(({ ruleSet, version, hash }) => ({ ruleSet, version, hash })),
    slots: program.slots.map(({ fact, params }) => (params === undefined ? { fact } : { fact, params })),
    rules: program.rules.map(({ ruleSet, rule }): readonly [string, string] => [ruleSet, rule.name]),
    limits: program.limits.map(({ ruleSet, limit }): readonly [string, string] => [ruleSet, limit.name]),
  };
  return { id: documentHash(rest), ...rest };
}
