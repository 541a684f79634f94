import { describe, expect, it } from 'vitest';
import { limitMark, mentionOf, ruleHit } from '../../../src/decisions/record/rule-hits.js';

const hit = (ruleSet: string, rule: string, state = 'hit') => ({ ruleSet, rule, state, score: 0 });
const recordOf = (...hits: readonly object[]): string =>
  JSON.stringify({ schema: 1, hits, site: 'one', limits: [] });
const limitsOf = (...limits: readonly object[]): string => JSON.stringify({ schema: 1, hits: [], limits });

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

describe('whether a limit counted', () => {
  const record = limitsOf(
    { ruleSet: 'a', limit: 'held', state: 'held' },
    { ruleSet: 'a', limit: 'refused', state: 'refused' },
    { ruleSet: 'a', limit: 'keyless', state: 'unheld', why: 'no-key' },
    { ruleSet: 'a', limit: 'blind', state: 'unheld', why: 'input-missing' },
  );
  it.each([
    ['a', 'held', true],
    ['b', 'held', false],
    ['a', 'refused', true],
    ['a', 'keyless', true],
    ['a', 'blind', false],
  ])('%s#%s: %s', (ruleSet, limit, expected) => {
    expect(ruleHit(record, limitMark(ruleSet, limit))).toBe(expected);
    expect(ruleHit(record, `${ruleSet}/${limit}`)).toBe(false);
    expect(record).toContain(mentionOf(limitMark('a', limit)));
  });
});
