import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parseCaseFile } from '../../src/rehearsal/case-file.js';
import { CASES_SCHEMA } from '../../src/rehearsal/case-schema.js';
import { unsupportedKeywords } from '../../src/rules/document/schema-subset.js';

const folder = new URL('../../rules/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const problems = (file: unknown): readonly string[] => {
  const parsed = parseCaseFile(typeof file === 'string' ? file : JSON.stringify(file));
  return 'ok' in parsed ? [] : parsed.problems;
};
const aCase = (entry: object, more: object = {}) => ({ cases: [{ name: 'a', stream: [entry], ...more }] });

describe('the schema of cases', () => {
  it('is what lies beside the rules for editors', () => {
    expect(JSON.parse(read('cases.schema.json'))).toEqual(CASES_SCHEMA);
  });

  it('uses no keyword that the check would pass over', () => {
    expect(unsupportedKeywords(CASES_SCHEMA).filter((name) => name !== '$schema')).toEqual([]);
  });

  it('is taken by a validator that is not ours, with all shipped cases', () => {
    const validate = new Ajv2020({ strict: false }).compile(CASES_SCHEMA);
    const names = readdirSync(folder).filter((name) => name.endsWith('.cases.json'));
    expect(names.length).toBeGreaterThan(8);
    for (const name of names)
      expect([name, validate(JSON.parse(read(name))), validate.errors]).toEqual([name, true, null]);
  });
});

describe('a file of cases', () => {
  it('names the place of what is wrong', () => {
    expect(problems(aCase({ payment: { amount: '25 euro' } }))).toEqual([
      expect.stringMatching(/^\/cases\/0\/stream\/0\/payment\/amount: must match/),
    ]);
    expect(problems(aCase({ payment: { emial: 'a@b.c' } }))).toEqual([
      expect.stringMatching(
        /^\/cases\/0\/stream\/0\/payment\/emial: "emial" is not known here; known are site, /,
      ),
    ]);
    expect(problems(aCase({ payment: {} }, { expect: { outcome: 'refuse' } }))).toEqual([
      '/cases/0/expect/outcome: must be one of accept, review, reject, allow, block',
    ]);
    expect(problems(aCase({ at: 'yesterday', payment: {} }))).toEqual([
      expect.stringMatching(/^\/cases\/0\/stream\/0\/at: must match/),
    ]);
    expect(problems(aCase({ event: 'declined' }))).toEqual(['/cases/0/stream/0: needs "of"']);
  });

  it('must be JSON, and of sane size and depth', () => {
    expect(problems('{')).toEqual([expect.stringMatching(/^not JSON: /)]);
    expect(problems('['.repeat(200) + ']'.repeat(200))).toEqual([
      'the file is nested more than 80 levels deep',
    ]);
    expect(problems('null')).toEqual([expect.stringContaining('must be object')]);
  });

  it('says nothing twice in one object, of which one would be lost without a word', () => {
    const text = '{"cases": [{"name": "a", "stream": [], "expect": {"outcome": "reject"}, "expect": {}}]}';
    expect(problems(text)).toEqual(['/cases/0/expect: stands twice; only the last would count']);
  });

  it('has no two cases of one name', () => {
    const one = { name: 'a', stream: [{ payment: {} }] };
    expect(problems({ cases: [one, one] })).toEqual(['two cases are named "a"']);
  });
});
