import { describe, expect, it } from 'vitest';
import { readSources, sourcesOf } from '../../../src/decisions/evaluate/sources.js';
import type { FactInput, FactPlan, ListLookup } from '../../../src/decisions/evaluate/fact-plan.js';

const REVISIONS: Readonly<Record<string, number>> = { cards: 7, emails: 12 };
/** Lists with no store behind them. */
const BARE: ListLookup = {
  has: () => false,
  typeOf: () => undefined,
  revision: (list) => REVISIONS[list] ?? 0,
};
const LISTS: ListLookup = { ...BARE, knownAt: () => 850 };

function recorded(lists: readonly string[], lookup: ListLookup = LISTS): number[] {
  const context = { site: { revision: 3 }, merchant: { revision: 0 } } as FactInput['context'];
  const input: Pick<FactInput, 'context' | 'lists' | 'now'> = { context, lists: lookup, now: 1000 };
  return sourcesOf({ lists } as FactPlan, input as FactInput);
}

describe('as what facts were read', () => {
  it('is kept as a few numbers, and read back by name', () => {
    const lists = ['emails', 'gone', 'cards'];
    const numbers = recorded(lists);
    expect(numbers).toEqual([3, 0, 150, 12, 0, 7]);
    expect(readSources(numbers, lists)).toEqual({
      site: 3,
      merchant: 0,
      listsAge: 150,
      lists: new Map([
        ['emails', 12],
        ['gone', 0],
        ['cards', 7],
      ]),
    });
  });

  it('says nothing of lists where none is read, and no age where no store is behind them', () => {
    expect(recorded([])).toEqual([3, 0]);
    expect(readSources([3, 0], [])).toMatchObject({ listsAge: undefined, lists: new Map() });
    expect(recorded(['cards'], BARE)).toEqual([3, 0, 0, 7]);
  });

  it('is not known of a record made before it was kept', () => {
    expect(readSources(undefined, ['cards'])).toBeUndefined();
  });
});
