/** Where a version holds: at all sites, at those of one group, or at one site. */
export type Scope = 'all' | `group:${string}` | `site:${string}`;

/** What a scope is compared with: a site, and the group that it belongs to ('' for none). */
export interface ScopedSite {
  readonly id: string;
  readonly group: string;
}

/** The scopes that a site is in, the most specific first. */
export function scopesOf({ id, group }: ScopedSite): readonly Scope[] {
  return group === '' ? [`site:${id}`, 'all'] : [`site:${id}`, `group:${group}`, 'all'];
}

/** What a scope names: `site` or `group`, and its id; '' for all sites. */
export function partsOfScope(scope: Scope): { readonly kind: 'all' | 'group' | 'site'; readonly id: string } {
  const [kind, id] = split(scope);
  return kind === 'site' || kind === 'group' ? { kind, id } : { kind: 'all', id: '' };
}

/** The scope that a text names (`all`, `group:ID`, `site:ID`; '' is `all`); undefined where it names none. */
export function readScope(text: string): Scope | undefined {
  if (text === '' || text === 'all') return 'all';
  const [kind, id] = split(text);
  if (id === '' || id.length > 64) return undefined;
  if (kind === 'site') return `site:${id}`;
  return kind === 'group' ? `group:${id}` : undefined;
}

/** For people: `all sites`, `site shop-de`, `group eu`. */
export function scopeText(scope: Scope): string {
  const { kind, id } = partsOfScope(scope);
  return kind === 'all' ? 'all sites' : `${kind} ${id}`;
}

function split(text: string): readonly [kind: string, id: string] {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}
