import { expect, it } from 'vitest';
import { decodePersonal, encodePersonal } from '../../../src/decisions/record/personal-part.js';

const part = { request: Uint8Array.of(1, 2, 3), facts: { 'e-mail': 'ana@x.org' } };
const bytes = encodePersonal(part.request, part.facts);

it('reads what it wrote', () => {
  const read = decodePersonal(bytes);
  expect({ ...read, request: Uint8Array.from(read.request) }).toEqual(part);
});

it('says that a part is damaged without quoting it', () => {
  const damaged = bytes.slice(0, -1);
  expect(() => decodePersonal(damaged)).toThrow(/^the facts of a personal part are not JSON$/);
  expect(() => decodePersonal(bytes.slice(0, 6))).toThrow('cut short');
  expect(() => decodePersonal(Uint8Array.of(9, 0, 0, 0, 0))).toThrow('version 1');
});
