import { describe, expect, it } from 'vitest';
import { mentionOf, ruleHit } from '../../../src/decisions/record/rule-hits.js';

const hit = (ruleSet: string, rule: string, state = 'hit') => ({ ruleSet, rule, state, score: 0 });
const recordOf = (...hits: readonly object[]): string => JSON.stringify({ schema: 1, hits, site: 'one' });

describe('whether a rule hit', () => {
  const record = recordOf(hit('a', 'one'), hit('b', 'two', 'unknown'), hit('c', 'one'), hit('d', 'two'));
  it.each([
    ['a/one', true],
    ['c/one', true],
    ['b/one', false],
    ['b/two', false],
    ['d/two', true],
    ['a/on', false],
    ['a/three', false],
    ['one', false],
  ])('%s: %s', (rule, expected) => {
    expect(ruleHit(record, rule)).toBe(expected);
  });

  it('is mentioned in every record in which it did', () => {
    expect(record).toContain(mentionOf('c/one'));
    expect(recordOf()).not.toContain(mentionOf('c/one'));
  });
});
