import type { ListReaders } from '../../facts/lists/list-readers.js';
import type { Page, PageQuery } from '../../paging/paging.js';
import type { Caller } from '../caller.js';
import type { Journal } from '../ports.js';
import type { DecisionRecord } from '../record.js';

/** A decision that a list had a part in. */
export interface ListDecision {
  readonly record: DecisionRecord;
  /** RULE_SET/RULE: those that read the list, in the version that decided, and hit. */
  readonly rules: readonly string[];
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

/** Finds them by the rules that read the list and hit. */
export function createListDecisions(
  journal: Pick<Journal, 'list'>,
  readers: Pick<ListReaders, 'everOf' | 'rulesOf'>,
): ListDecisions {
  async function partIn(list: string, record: DecisionRecord): Promise<readonly string[]> {
    const rules: string[] = [];
    for (const version of record.ruleSets) {
      const reading = await readers.rulesOf(list, version);
      for (const { ruleSet, rule, state } of record.hits)
        if (state === 'hit' && ruleSet === version.ruleSet && reading.includes(rule))
          rules.push(`${ruleSet}/${rule}`);
    }
    return rules;
  }

  return async (list, { from, to }, { size, token }, { sites }) => {
    const rules = await readers.everOf(list);
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
      if (part.length > 0) items.push({ record, rules: part });
    }
    return { items, next: next ?? '' };
  };
}
