import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as prettier from 'prettier';
import { afterAll, describe, expect, it } from 'vitest';
import { STARTER_KINDS } from '../../src/rehearsal/starter.js';
import { createFolder, tollgate } from './support/run.js';

const folder = createFolder();
afterAll(() => folder.remove());
const place = (name: string): string => {
  const path = join(folder.path, name);
  if (!existsSync(path)) mkdirSync(path);
  return path;
};

describe('rules new', () => {
  it.each(STARTER_KINDS)('writes a %s set that is checked, tested and laid out at once', async (kind) => {
    const path = place(`new-${kind}`);
    const made = await tollgate(['rules', 'new', 'mine', '--kind', kind, '--folder', path]);
    expect(made).toMatchObject({ code: 0, err: '' });
    const rules = join(path, 'mine.rules.json');
    expect(await tollgate(['rules', 'check', rules])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\S+: good, \d rules?(, 1 limit)?\n$/) as string,
    });
    const tested = await tollgate(['rules', 'test', path]);
    expect(tested).toMatchObject({ code: 0, err: '' });
    expect(tested.out).not.toContain('No case');
    expect(await tollgate(['rules', 'fmt', path, '--check'])).toMatchObject({ code: 0, err: '' });
    expect(readdirSync(path).toSorted()).toEqual([
      'cases.schema.json',
      'mine.cases.json',
      'mine.rules.json',
      'rule-set.schema.json',
    ]);
  });

  it('asks a list that the folder has, where it has some', async () => {
    const path = place('with-lists');
    const lists = { lists: [{ id: 'spammers', type: 'email', kind: 'block', description: 'd', owner: 'o' }] };
    folder.file('with-lists/lists.json', JSON.stringify(lists));
    await tollgate(['rules', 'new', 'mine', '--kind', 'list', '--folder', path]);
    expect(readFileSync(join(path, 'mine.rules.json'), 'utf8')).toContain('"list": "spammers"');
    expect(await tollgate(['rules', 'test', path])).toMatchObject({ code: 0, err: '' });
  });

  it('makes the folder, and says where there is something else', async () => {
    const path = join(folder.path, 'made', 'deep');
    expect(await tollgate(['rules', 'new', 'mine', '--folder', path])).toMatchObject({ code: 0, err: '' });
    expect(readdirSync(path)).toContain('mine.rules.json');
    const file = folder.file('no-folder', '');
    expect(await tollgate(['rules', 'new', 'mine', '--folder', file])).toMatchObject({
      code: 2,
      err: `tollgate: ${file}: is no folder\n`,
    });
  });

  it('overwrites nothing', async () => {
    const path = place('taken');
    folder.file('taken/mine.cases.json', 'mine');
    const { code, err } = await tollgate(['rules', 'new', 'mine', '--folder', path]);
    expect({ code, err }).toEqual({
      code: 2,
      err: `tollgate: ${join(path, 'mine.cases.json')}: is there already; choose another id\n`,
    });
    expect(readdirSync(path)).toEqual(['mine.cases.json']);
    expect(readFileSync(join(path, 'mine.cases.json'), 'utf8')).toBe('mine');
  });

  it('refuses what is no id', async () => {
    expect(await tollgate(['rules', 'new', 'My Set', '--folder', folder.path])).toMatchObject({
      code: 2,
      err: `tollgate: 'My Set' is no id: 1 to 64 of a-z, 0-9 and "-"\n`,
    });
  });
});

describe('rules check', () => {
  it('takes a folder, and tells the line of what is wrong', async () => {
    const path = place('to-check');
    await tollgate(['rules', 'new', 'good', '--folder', path]);
    const text = readFileSync(join(path, 'good.rules.json'), 'utf8');
    const wrong = text.replace('"good"', '"wrong"').replace('"velocity"', '"velocty"');
    const line = wrong.split('\n').findIndex((one) => one.includes('velocty')) + 1;
    folder.file('to-check/wrong.rules.json', wrong);
    const { code, out } = await tollgate(['rules', 'check', path]);
    expect(code).toBe(1);
    expect(out).toContain(`${join(path, 'good.rules.json')}: good`);
    expect(out).toMatch(new RegExp(`error +${line} +card-burst +/rules/0/conditions/all/1/fact +no fact`));
    const results = JSON.parse((await tollgate(['rules', 'check', path, '--json'])).out) as object[];
    expect(results).toMatchObject([
      { valid: true, findings: [] },
      { valid: false, findings: [{ line }] },
    ]);
    expect(await tollgate(['rules', 'check', place('empty')])).toMatchObject({ code: 2 });
  });
});

describe('rules test', () => {
  it('of cases that name their rule sets looks at no other', async () => {
    const path = place('to-test');
    await tollgate(['rules', 'new', 'mine', '--folder', path]);
    const cases = JSON.parse(readFileSync(join(path, 'mine.cases.json'), 'utf8')) as object;
    const file = folder.file('to-test/other.cases.json', JSON.stringify({ ruleSets: ['mine'], ...cases }));
    folder.file('to-test/broken.rules.json', '{');
    expect(await tollgate(['rules', 'test', file])).toMatchObject({ code: 0, err: '' });
  });
});

describe('rules fmt', () => {
  const odd =
    '{"rules":[{"event":{"params":{"reason":"x"},"type":"review"},"name":"a","conditions":{"all":[]}}],"id":"a","owner":"o","description":"d"}';
  const even = `{
  "id": "a",
  "description": "d",
  "owner": "o",
  "rules": [
    { "name": "a", "conditions": { "all": [] }, "event": { "type": "review", "params": { "reason": "x" } } }
  ]
}
`;

  it('leaves what ships as it is', async () => {
    expect(await tollgate(['rules', 'fmt', 'rules', '--check'])).toMatchObject({ code: 0, err: '' });
  });

  it('names what is laid out otherwise, and writes it only without --check', async () => {
    const file = folder.file('odd.rules.json', odd);
    const checked = await tollgate(['rules', 'fmt', file, '--check']);
    expect(checked).toMatchObject({
      code: 1,
      err: expect.stringContaining(`${file}: not in the layout`) as string,
    });
    expect(readFileSync(file, 'utf8')).toBe(odd);
    expect(await tollgate(['rules', 'fmt', file])).toMatchObject({ code: 0, out: `${file} written.\n` });
    expect(readFileSync(file, 'utf8')).toBe(even);
    expect(await tollgate(['rules', 'fmt', file, '--check'])).toMatchObject({ code: 0 });
    expect(await prettier.check(even, { parser: 'json', printWidth: 110 })).toBe(true);
  });

  it('reads standard input', async () => {
    expect(await tollgate(['rules', 'fmt', '-'], { stdin: odd })).toEqual({ code: 0, out: even, err: '' });
  });

  it('loses nothing: what stands twice has to go first', async () => {
    const { code, err, out } = await tollgate(['rules', 'fmt', '-'], {
      stdin: '{"id":"a","rules":[],"id":"b"}',
    });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe(
      'tollgate: standard input: /id: stands twice in one object; take one of them out first\n',
    );
  });
});

describe('rules diff of two files', () => {
  it('needs no server', async () => {
    const old = readFileSync('rules/velocity.rules.json', 'utf8');
    const document = JSON.parse(old) as {
      rules: { conditions: { all: { value: unknown }[] } }[];
    };
    const test = document.rules[0]?.conditions.all[1];
    if (test !== undefined) test.value = 8;
    document.rules.pop();
    const from = folder.file('old.rules.json', old);
    const to = folder.file('new.rules.json', JSON.stringify(document));
    const diff = ['rules', 'diff', from, to, '--server', '127.0.0.1:1'];
    const { code, out, err } = await tollgate(diff);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^- [a-z-]+: rule removed: [a-z]+ \(/m);
    expect(out).toMatch(/^~ card-burst: velocity count of payments by card in 10m, at least: 4 -> 8$/m);
    const { changes } = JSON.parse((await tollgate([...diff, '--json'])).out) as {
      changes: { fromJson: string; toJson: string }[];
    };
    expect(changes.map(({ fromJson, toJson }) => [fromJson, toJson])).toContainEqual(['4', '8']);
    expect(await tollgate(['rules', 'diff', from, from])).toMatchObject({ out: 'No difference.\n' });
  });

  it('says whom a named condition concerns, and what is no rule', async () => {
    const test = (value: number) => ({
      all: [{ fact: 'payment.amountMinor', operator: 'greaterThan', value }],
    });
    const asks = (condition: string) => ({ all: [{ condition }] });
    const document = (value: number, cap: number) => ({
      id: 'named',
      description: 'd',
      owner: 'o',
      conditions: { large: test(value), indirect: asks('large'), idle: test(value) },
      rules: ['large', 'indirect', 'other'].map((name) => ({
        name,
        conditions: name === 'other' ? test(1) : asks(name),
        event: { type: 'review', params: { reason: name } },
      })),
      limits: [
        {
          name: 'large',
          when: asks('indirect'),
          by: ['card'],
          period: 'day',
          cap: { minor: cap, currency: 'EUR' },
          reason: 'l',
        },
      ],
    });
    const from = folder.file('a.rules.json', JSON.stringify(document(5, 100)));
    const to = folder.file('b.rules.json', JSON.stringify(document(8, 200)));
    const { out } = await tollgate(['rules', 'diff', from, to]);
    expect(out.split('\n').slice(0, -1)).toEqual([
      '~ condition large: payment.amountMinor, more than: 5 -> 8 (asked by rules large, indirect and limit large)',
      '~ condition idle: payment.amountMinor, more than: 5 -> 8 (asked by nobody)',
      '~ limit large: cap minor: 100 -> 200',
    ]);
  });

  it('says what is wrong with a file, and when there is none to compare with', async () => {
    const bad = folder.file('bad.rules.json', '{"id": "a"}');
    const { code, err } = await tollgate(['rules', 'diff', bad, bad]);
    expect(code).toBe(1);
    expect(err).toContain(`tollgate: ${bad}: has errors\n`);
    expect(await tollgate(['rules', 'diff', bad])).toMatchObject({ code: 2 });
  });
});

describe('rules explain', () => {
  it('says what one rule does, or all of a set, without a server', async () => {
    const one = ['rules', 'explain', 'rules/velocity.rules.json', 'card-burst'];
    const { code, out, err } = await tollgate([...one, '--server', '127.0.0.1:1']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('velocity/card-burst\n  The fifth payment of a card within ten minutes.\n');
    expect(out).toContain('    - the payment has: card\n');
    expect(out).toContain('\nWhat it asks:\n  has: Whether');
    const whole = await tollgate(['rules', 'explain', 'rules/limits.rules.json', '--json']);
    const { members } = JSON.parse(whole.out) as { members: { kind: string; name: string }[] };
    expect(members.filter(({ kind }) => kind === 'limit').map(({ name }) => name)).toContain('account-day');
  });

  it('names the rules there are, where there is none of that name', async () => {
    const { code, err } = await tollgate(['rules', 'explain', 'rules/email.rules.json', 'nobody']);
    expect(code).toBe(2);
    expect(err).toMatch(/no rule or limit is named 'nobody'; there are [a-z-]+, /);
  });
});
