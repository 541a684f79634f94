import type { Condition, RuleSetDocument } from '../document/document.js';

/** Who asks a named condition, be it through others, for people: `rules a, b and limit c`; nobody: ''. */
export function usersText({ rules, limits = [], conditions = {} }: RuleSetDocument, name: string): string {
  const askedBy = new Map<string, string[]>();
  for (const [outer, condition] of Object.entries(conditions))
    for (const inner of namesIn(condition)) askedBy.set(inner, [...(askedBy.get(inner) ?? []), outer]);
  const through = new Set([name]);
  for (const inner of through) for (const outer of askedBy.get(inner) ?? []) through.add(outer);
  const asks = (condition: Condition): boolean => namesIn(condition).some((one) => through.has(one));
  const told = [
    listed(
      'rule',
      rules.filter((rule) => asks(rule.conditions)),
    ),
    listed(
      'limit',
      limits.filter((limit) => asks(limit.when)),
    ),
  ];
  return told.filter((text) => text !== '').join(' and ');
}

/** More would hide the change itself. */
const MOST = 5;

function listed(what: string, owners: readonly { readonly name: string }[]): string {
  if (owners.length === 0) return '';
  const names = owners.slice(0, MOST).map(({ name }) => name);
  const more = owners.length > MOST ? ` and ${owners.length - MOST} more` : '';
  return `${what}${owners.length === 1 ? '' : 's'} ${names.join(', ')}${more}`;
}

/** The named conditions that a condition refers to itself. */
function namesIn(condition: Condition): readonly string[] {
  if ('condition' in condition) return [condition.condition];
  if ('not' in condition) return namesIn(condition.not);
  const inner = 'all' in condition ? condition.all : 'any' in condition ? condition.any : [];
  return inner.flatMap(namesIn);
}
