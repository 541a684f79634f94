import { expect, it } from 'vitest';
import { MembershipTable } from '../../../src/facts/lists/membership-table.js';

const SIZE = 250_000;

it('holds the entries of an import, which share their validity, in few bytes', () => {
  const table = new MembershipTable(SIZE);
  for (let key = 1; key <= SIZE; key++) table.set(key * 1_000_003, 0, Infinity);
  expect(table.size).toBe(SIZE);
  expect(table.bytes / SIZE).toBeLessThan(25);
});

it('holds entries that came one by one, each with an end of its own, in not many more', () => {
  const table = new MembershipTable();
  for (let key = 1; key <= SIZE; key++) table.set(key * 1_000_003, 0, 1_000 + key);
  expect(table.size).toBe(SIZE);
  expect(table.bytes / SIZE).toBeLessThan(45);
});
