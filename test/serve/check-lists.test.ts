import { describe, expect, it } from 'vitest';
import { createListValueReader } from '../../src/facts/lists/normalise-value.js';
import { createPhoneReader } from '../../src/facts/normalise/phone.js';
import { readShippedRules, SHIPPED } from '../../src/serve/assets.js';
import { checkLists } from '../../src/serve/check-lists.js';

const readValue = createListValueReader(createPhoneReader());
const check = (entries: readonly string[]): unknown => {
  const list = { id: 'l', type: 'ip', kind: 'block', description: '', owner: '', entries } as const;
  return checkLists({ documents: [], lists: [list] }, readValue);
};

describe('the lists to start with', () => {
  it('are taken when every entry can be', () => {
    const shipped = readShippedRules(SHIPPED);
    expect(checkLists(shipped, readValue)).toBe(shipped);
    expect(check(['10.0.0.0/8', '::1'])).toBeDefined();
  });

  it('are refused as a whole otherwise', () => {
    expect(() => check(['10.0.0.0/8', 'here'])).toThrow(
      "lists.json: list 'l': 'here' is neither an IP address nor a range",
    );
  });
});
