import type { Scope } from '../publish/scope.js';
import type { Publication, RuleVersionStore } from '../version-store.js';

/** Publications that are read at a time: few roll-backs need more. */
const PAGE = 100;

/**
 * The version that a roll-back leads to: the one that was active before the present one, as if what roll-backs undid had
 * never been; 0: none was, since it had been taken out of service; undefined: none had ever been. Reads no more of the log
 * (newest first) than it takes.
 */
export async function versionBefore(
  active: number,
  log: AsyncIterable<Publication>,
): Promise<number | undefined> {
  /** What the roll-backs met so far went back to: all between them and its publication was undone. */
  const undone: number[] = [];
  for await (const { step, to } of log) {
    if (step === 'roll-back') {
      undone.push(to);
      continue;
    }
    while (undone.at(-1) === to) undone.pop();
    if (undone.length === 0 && to !== active) return to;
  }
  return undefined;
}

/** What changed the active version of a scope of a rule set, newest first. Reads no more than is asked for. */
export async function* activeChanges(
  store: Pick<RuleVersionStore, 'publications'>,
  ruleSet: string,
  scope: Scope,
): AsyncGenerator<Publication> {
  for await (const publication of publicationsIn(store, ruleSet, scope))
    if (publication.from !== publication.to) yield publication;
}

/** Everything that was published of a rule set in these scopes, likewise. */
export async function* publicationsIn(
  store: Pick<RuleVersionStore, 'publications'>,
  ruleSet: string,
  ...scopes: readonly Scope[]
): AsyncGenerator<Publication> {
  let before: number | undefined;
  do {
    const page: readonly Publication[] = await store.publications(ruleSet, PAGE, before);
    yield* page.filter(({ scope }) => scopes.includes(scope));
    before = page.length < PAGE ? undefined : page.at(-1)?.revision;
  } while (before !== undefined);
}
