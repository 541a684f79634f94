import type { ListReaders } from '../../facts/lists/list-readers.js';
import type { Page, PageQuery } from '../../paging/paging.js';
import type { Caller } from '../caller.js';
import type { Journal } from '../ports.js';
import type { DecisionRecord } from '../record.js';
import { counted, limitMark } from '../record/rule-hits.js';

/** A decision that a list had a part in. */
export interface ListDecision {
  readonly record: DecisionRecord;
  /** RULE_SET/RULE: those that read the list, in the version that decided, and hit. */
  readonly rules: readonly string[];
  /** RULE_SET/LIMIT: those that read it and counted the payment. */
  readonly limits: readonly string[];
}

/** Event time, epoch ms: from the first until before the second; undefined: without bound. */
export interface TimeRange {
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/**
 * Which decisions lists had a part in, newest first: those of the caller's sites. A page may be short, even empty, and yet
 * lead on.
 */
export type ListDecisions = (
  list: string,
  range: TimeRange,
  page: PageQuery,
  caller: Pick<Caller, 'sites'>,
) => Promise<Page<ListDecision>>;

/** Finds them by the rules that read the list and hit, and the limits that read it and counted. */
export function createListDecisions(
  journal: Pick<Journal, 'list'>,
  readers: Pick<ListReaders, 'everOf' | 'within'>,
): ListDecisions {
  async function partIn(list: string, record: DecisionRecord): Promise<Omit<ListDecision, 'record'>> {
    const rules: string[] = [];
    const limits: string[] = [];
    for (const version of record.ruleSets) {
      const reading = await readers.within(list, version);
      for (const { ruleSet, rule, state } of record.hits)
        if (state === 'hit' && ruleSet === version.ruleSet && reading.rules.includes(rule))
          rules.push(`${ruleSet}/${rule}`);
      for (const use of record.limits)
        if (counted(use) && use.ruleSet === version.ruleSet && reading.limits.includes(use.limit))
          limits.push(`${use.ruleSet}/${use.limit}`);
    }
    return { rules, limits };
  }

  return async (list, { from, to }, { size, token }, { sites }) => {
    const rules = marksOf(await readers.everOf(list));
    if (rules.length === 0) return { items: [], next: '' };
    const [site] = sites?.size === 1 ? sites : [];
    const filter = {
      rules,
      ...(site === undefined ? {} : { site }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    };
    const { entries, next } = await journal.list(filter, size, token === '' ? undefined : token);
    const items: ListDecision[] = [];
    for (const { decision } of entries) {
      if (decision === undefined || sites?.has(decision.site) === false) continue;
      const record = JSON.parse(decision.record) as DecisionRecord;
      const part = await partIn(list, record);
      if (part.rules.length + part.limits.length > 0) items.push({ record, ...part });
    }
    return { items, next: next ?? '' };
  };
}

/** What readers of a list are looked for by, each once. */
function marksOf(readers: Awaited<ReturnType<ListReaders['everOf']>>): readonly string[] {
  const marks = readers.flatMap(({ ruleSet, rules, limits }) => [
    ...rules.map((rule) => `${ruleSet}/${rule}`),
    ...limits.map((limit) => limitMark(ruleSet, limit)),
  ]);
  return [...new Set(marks)];
}
