import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { entriesOf, type Format } from '../../src/cli/commands/lists/entry-file.js';
import { LinePlaces } from '../../src/cli/input/line-places.js';

/** The values of a file whose bytes come so many at a time. */
async function valuesOf(text: string, path: string, format?: Format, piece = 7): Promise<readonly string[]> {
  const bytes = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / piece) }, (_, index) =>
    bytes.subarray(index * piece, (index + 1) * piece),
  );
  const file = { path, name: path, bytes: Readable.from(pieces) as AsyncIterable<Buffer>, format };
  const values: string[] = [];
  for await (const entries of entriesOf(file, new LinePlaces()))
    for (const { value, reason } of entries) values.push(reason === '' ? value : `${value}: ${reason}`);
  return values;
}

const LINES = '# of the week\n\n a.test \r\nb.test';
const OBJECTS = '{"value": "a.test", "reason": "why"}\n{"value":"b.test"}\n';
const TABLE = 'reason,value\nwhy,a.test\n,b.test\n';

describe('a file of list entries', () => {
  it.each(['a.txt', 'backup.json', '-', 'a', 'a.gz'])('called %s is what is in it', async (path) => {
    expect(await valuesOf(LINES, path)).toEqual(['a.test', 'b.test']);
    expect(await valuesOf(OBJECTS, path)).toEqual(['a.test: why', 'b.test']);
    expect(await valuesOf(`\uFEFF${TABLE}`, path)).toEqual(['a.test: why', 'b.test']);
    expect(await valuesOf(TABLE.replace('reason,value', '"reason","value"'), path)).toEqual([
      'a.test: why',
      'b.test',
    ]);
    expect(await valuesOf(`\uFEFF${OBJECTS}`, path)).toEqual(['a.test: why', 'b.test']);
    expect(await valuesOf(TABLE.replace('reason,value', 'Reason, VALUE'), path)).toEqual([
      'a.test: why',
      'b.test',
    ]);
  });

  it.each([
    ['{6F9619FF-8B86-D011-B42D-00CF4FC964FF}\n{x}\n', ['{6F9619FF-8B86-D011-B42D-00CF4FC964FF}', '{x}']],
    ['12\n"value"\n', ['12', '"value"']],
    ['a,value\nb\n', ['a,value', 'b']],
    ['one', ['one']],
    ['', []],
    [`# ${'long '.repeat(30_000)}\na\n`, ['a']],
  ])('of %j holds one value a line', async (text, values) => {
    expect(await valuesOf(text, 'ids', undefined, 4096)).toEqual(values);
  });

  it('is what it is said to be, or called', async () => {
    expect(await valuesOf('{"value":"a"}\n', 'a.txt', 'lines')).toEqual(['{"value":"a"}']);
    await expect(valuesOf('a\n', 'a.ndjson')).rejects.toThrow('a.ndjson line 1: not JSON');
    await expect(valuesOf('a\n', 'a.csv.gz')).rejects.toThrow('there must be value');
  });

  it('says each name once', async () => {
    await expect(valuesOf('{"value":"a"}\n{"value":"b","value":"c"}\n', 'a')).rejects.toThrow(
      'a line 2: /value stands there twice',
    );
    await expect(valuesOf('value,Value\na,b\n', 'a.csv')).rejects.toThrow('column value stands there twice');
  });
});
