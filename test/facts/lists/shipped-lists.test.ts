import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseListsFile } from '../../../src/facts/lists/shipped-lists.js';

const list = { id: 'cards', type: 'card', kind: 'block' };
const read = (...lists: readonly unknown[]): unknown => parseListsFile(JSON.stringify({ lists }));

describe('a lists file', () => {
  it('that ships can be read', () => {
    expect(parseListsFile(readFileSync('rules/lists.json', 'utf8'))).toHaveProperty('ok');
  });

  it('gives every list its entries, or the file that holds them', () => {
    const none = { ...list, description: '', owner: '', source: { entries: [] } };
    expect(read(list)).toEqual({ ok: [none] });
    expect(read({ ...list, owner: 'ana', entries: ['fp-1'] })).toEqual({
      ok: [{ ...none, owner: 'ana', source: { entries: ['fp-1'] } }],
    });
    expect(read({ ...list, file: 'cards.txt' })).toEqual({
      ok: [{ ...none, source: { file: 'cards.txt' } }],
    });
  });

  it.each<[unknown, string]>([
    [{ ...list, entires: ['fp-1'] }, "list 'cards': there is no field 'entires'"],
    [null, 'lists[0]: not a JSON object'],
    [{ ...list, id: 7 }, 'lists[0]: id: 1 to 64 of [a-z0-9-]'],
    [{ ...list, id: 'Cards' }, "list 'Cards': id: 1 to 64 of [a-z0-9-]"],
    [{ ...list, type: 'moon' }, "list 'cards': type: one of card, bin, "],
    [{ ...list, kind: 'blocked' }, "list 'cards': kind: one of block, allow, "],
    [{ ...list, owner: 7 }, "list 'cards': owner: a text of at most 128 characters"],
    [{ ...list, entries: 'fp-1' }, "list 'cards': entries: an array of texts"],
    [{ ...list, type: 'bin', entries: [411111] }, "list 'cards': entries: an array of texts"],
    [{ ...list, file: '' }, "list 'cards': file: the name of a file"],
    [{ ...list, entries: [], file: 'cards.txt' }, "list 'cards': has both entries and a file"],
    [{ ...list, kind: 'allow', entries: ['fp-1'] }, "list 'cards': entries of an allow list need an end"],
    [{ ...list, kind: 'allow', file: 'cards.txt' }, "list 'cards': entries of an allow list need an end"],
  ])('with %j is refused', (one, problem) => {
    expect(read(one)).toEqual({ problems: [expect.stringContaining(problem)] });
  });

  it('names all that is wrong with it', () => {
    expect(read({ ...list, entires: [] }, list, list, {})).toEqual({
      problems: [
        "list 'cards': there is no field 'entires'",
        "list 'cards': stands twice",
        "list 'cards': stands twice",
        'lists[3]: id: 1 to 64 of [a-z0-9-]',
        expect.stringMatching(/^lists\[3\]: type: /),
        expect.stringMatching(/^lists\[3\]: kind: /),
      ],
    });
  });

  it.each([
    ['{', /^not JSON: /],
    ['null', /^must be \{"lists": \[...\]\}/],
    ['[]', /^must be/],
    ['{"lists": {}}', /^must be/],
    ['{"lists": [], "more": []}', /^must be/],
    [
      '{"lists": [{"id": "a", "type": "ip", "kind": "block", "kind": "watch"}]}',
      /^\/lists\/0\/kind: stands twice/,
    ],
  ])('%s is none', (text, problem) => {
    expect(parseListsFile(text)).toEqual({ problems: [expect.stringMatching(problem)] });
  });
});
