import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pageOf } from '../../src/paging/paging.js';

describe('pageOf', () => {
  it('gives every item once, in order, whatever the page size', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string()), fc.integer({ min: 1, max: 10 }), (keys, size) => {
        const items = keys.toSorted();
        const seen: string[] = [];
        let token = '';
        do {
          const page = pageOf(items, (key) => key, { size, token });
          expect(page.items.length).toBeLessThanOrEqual(size);
          seen.push(...page.items);
          token = page.next;
        } while (token !== '');
        expect(seen).toEqual(items);
      }),
    );
  });

  it('refuses a token that it did not give', () => {
    expect(() => pageOf(['a'], (key) => key, { size: 1, token: 'garbage' })).toThrow('page_token');
  });
});
