import type { FactInput, FactPlan } from './fact-plan.js';

/** As what the facts of a decision were read that change between decisions; see `DecisionTrace.sources`. */
export function sourcesOf({ lists: read }: FactPlan, { context, lists, now }: FactInput): number[] {
  const sources = [context.site.revision, context.merchant.revision];
  if (read.length === 0) return sources;
  sources.push(now - (lists.knownAt?.() ?? now));
  for (const list of read) sources.push(lists.revision(list));
  return sources;
}

/** The same, by name. */
export interface RecordedSources {
  /** 0: it was not configured. */
  readonly site: number;
  /** 0: it was not configured, or the payment named none. */
  readonly merchant: number;
  /** How old the knowledge of lists was, ms; undefined: no list is read. */
  readonly listsAge: number | undefined;
  /** The last change of each list that was known; 0: there was none, or no such list. */
  readonly lists: ReadonlyMap<string, number>;
}

/** Reads what `sourcesOf` wrote; undefined for a record made before it was kept. `lists`: those that the layout reads. */
export function readSources(
  sources: readonly number[] | undefined,
  lists: readonly string[],
): RecordedSources | undefined {
  if (sources === undefined) return undefined;
  const [site = 0, merchant = 0, listsAge, ...revisions] = sources;
  return { site, merchant, listsAge, lists: new Map(lists.map((list, at) => [list, revisions[at] ?? 0])) };
}
