import type { Condition, RuleSetDocument } from '../document/document.js';

/** Tells who asks a named condition, be it through others, for people: `rules a, b and limit c`; nobody: ''. */
export function usersOf({ rules, limits = [], conditions = {} }: RuleSetDocument): (name: string) => string {
  const askedBy = new Map<string, string[]>();
  for (const [outer, condition] of Object.entries(conditions))
    for (const inner of new Set(namesIn(condition))) listed(askedBy, inner).push(outer);
  const rulesBy = owners(rules.map(({ name, conditions: asked }) => [name, asked]));
  const limitsBy = owners(limits.map(({ name, when }) => [name, when]));
  const known = new Map<string, string>();
  return (name) => {
    let text = known.get(name);
    if (text === undefined) {
      const through = new Set([name]);
      for (const inner of through) for (const outer of askedBy.get(inner) ?? []) through.add(outer);
      const told = [ownersText('rule', rulesBy, through), ownersText('limit', limitsBy, through)];
      known.set(name, (text = told.filter((one) => one !== '').join(' and ')));
    }
    return text;
  };
}

/** By named condition: who asks it, with their places. */
type Owners = ReadonlyMap<string, readonly (readonly [place: number, name: string])[]>;

function owners(all: readonly (readonly [name: string, condition: Condition])[]): Owners {
  const by = new Map<string, [number, string][]>();
  for (const [place, [name, condition]] of all.entries())
    for (const inner of new Set(namesIn(condition))) listed(by, inner).push([place, name]);
  return by;
}

function listed<T>(by: Map<string, T[]>, key: string): T[] {
  let list = by.get(key);
  if (list === undefined) by.set(key, (list = []));
  return list;
}

/** More would hide the change itself. */
const MOST = 5;

function ownersText(what: string, by: Owners, through: ReadonlySet<string>): string {
  const found = new Map([...through].flatMap((name) => by.get(name) ?? []));
  if (found.size === 0) return '';
  const names = [...found].sort(([a], [b]) => a - b).map(([, name]) => name);
  const more = names.length > MOST ? ` and ${names.length - MOST} more` : '';
  return `${what}${names.length === 1 ? '' : 's'} ${names.slice(0, MOST).join(', ')}${more}`;
}

/** The named conditions that a condition refers to itself. */
function namesIn(condition: Condition): readonly string[] {
  if ('condition' in condition) return [condition.condition];
  if ('not' in condition) return namesIn(condition.not);
  const inner = 'all' in condition ? condition.all : 'any' in condition ? condition.any : [];
  return inner.flatMap(namesIn);
}
