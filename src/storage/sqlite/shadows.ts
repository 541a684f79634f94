import type {
  DecisionDifference,
  DifferencePlace,
  ShadowStore,
} from '../../decisions/shadow/shadow-store.js';
import type { Connection } from './connection.js';

/** Differences handed over at a time: so many hold up neither thread for long. */
const AT_ONCE = 100;

/** What shadows said, as the main thread sees it: long reads go in steps, between which decisions are stored. */
export function sqliteShadows(connection: Connection): ShadowStore {
  return {
    async add(batch) {
      const { at, additions } = batch;
      await connection.call('shadows.add', [
        { ...batch, additions: additions.map((one) => ({ ...one, differences: [] })) },
      ]);
      for (const { run, differences } of additions)
        for (let from = 0; from < differences.length; from += AT_ONCE)
          await connection.call('shadows.keep', [run, differences.slice(from, from + AT_ONCE), at]);
    },
    runs: (ruleSet, version) => connection.call('shadows.runs', [ruleSet, version]),

    async *buckets(run, from, to) {
      let after = { hour: from, live: -1 };
      for (;;) {
        const buckets = await connection.call('shadows.buckets', [run, after, to]);
        const last = buckets.at(-1);
        if (last === undefined) return;
        yield buckets;
        after = { hour: last.hour, live: last.liveVersion };
      }
    },

    async differences(run, filter, limit, start) {
      const differences: DecisionDifference[] = [];
      let after: DifferencePlace | undefined = start;
      do {
        const step = await connection.call('shadows.differences', [
          run,
          filter,
          limit - differences.length,
          after,
        ]);
        differences.push(...step.differences);
        after = step.next;
      } while (after !== undefined && differences.length < limit);
      return { differences, next: after };
    },

    async trim(retention) {
      for (let left = true; left;) left = await connection.call('shadows.trim', [retention]);
    },
  };
}
