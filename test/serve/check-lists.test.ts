import { describe, expect, it } from 'vitest';
import { createListValueReader } from '../../src/facts/normalise-list-value.js';
import { createPhoneReader } from '../../src/facts/normalise-phone.js';
import { readShippedRules, SHIPPED } from '../../src/serve/assets.js';
import { checkLists } from '../../src/serve/check-lists.js';

const readValue = createListValueReader(createPhoneReader());
const check = (more: object): unknown => {
  const list = { id: 'l', type: 'ip', kind: 'block', description: '', owner: '', entries: [] };
  return checkLists({ documents: [], lists: [{ ...list, ...more }] }, readValue);
};

describe('the lists to start with', () => {
  it('are taken when every entry can be', () => {
    const shipped = readShippedRules(SHIPPED);
    expect(checkLists(shipped, readValue)).toBe(shipped);
    expect(check({ entries: ['10.0.0.0/8', '::1'] })).toBeDefined();
  });

  it.each([
    [
      { entries: ['10.0.0.0/8', 'here'] },
      "lists.json: list 'l': 'here' is neither an IP address nor a range",
    ],
    [{ type: 'moon' }, "lists.json: list 'l': there is no type 'moon'"],
    [{ kind: 'allow', entries: ['10.0.0.1'] }, "lists.json: list 'l': entries of an allow list need an end"],
  ])('are refused as a whole otherwise: %j', (more, message) => {
    expect(() => check(more)).toThrow(message);
  });
});
