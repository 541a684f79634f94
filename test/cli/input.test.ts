import { rmSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { StreamEntrySchema } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { goodRows } from '../../src/cli/input/bad-row.js';
import { openCsv } from '../../src/cli/input/csv.js';
import { openBytes } from '../../src/cli/input/files.js';
import { readLines, readNdjson } from '../../src/cli/input/rows.js';
import { parseMessage } from '../../src/cli/json-message.js';
import { createFolder } from './support/run.js';

const folder = createFolder();
afterAll(() => folder.remove());
const host = {} as never;

async function* pieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}
const text = (of: string): AsyncGenerator<Buffer> => pieces(Buffer.from(of), [1000]);
async function all<T>(parts: AsyncIterable<readonly T[]>): Promise<T[]> {
  const found: T[] = [];
  for await (const part of parts) found.push(...part);
  return found;
}

describe('lines', () => {
  it('are the same however the bytes arrive, with the numbers an editor shows', async () => {
    const cases = fc.record({
      lines: fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀', ',', '"'), maxLength: 6 }), {
        maxLength: 20,
      }),
      end: fc.constantFrom('\n', '\r\n'),
      last: fc.boolean(),
      sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ lines, end, last, sizes }) => {
        const bytes = Buffer.from(lines.join(end) + (last ? end : ''));
        const expected = lines
          .map((line, index) => ({ text: line, number: index + 1 }))
          .filter((line) => line.text !== '');
        expect(await all(readLines(pieces(bytes, sizes), 'f'))).toEqual(expected);
      }),
    );
  });

  it('are unpacked by content, whatever the name', async () => {
    const path = folder.file('packed.txt', gzipSync('one\ntwo\n'));
    const source = await openBytes(path, host);
    expect(await all(readLines(source.bytes, path))).toEqual([
      { text: 'one', number: 1 },
      { text: 'two', number: 2 },
    ]);
    expect(source.share()).toBe(1);
  });

  it('name a file that is broken off', async () => {
    const whole = gzipSync('one\ntwo\n'.repeat(5000));
    const path = folder.file('broken.gz', whole.subarray(0, whole.length - 12));
    const source = await openBytes(path, host);
    await expect(all(readLines(source.bytes, path))).rejects.toThrow(`${path}: cannot be read to the end`);
  });

  it('are refused in another encoding, naming the line, but may hold the sign for a letter that was lost', async () => {
    const latin = Buffer.concat([Buffer.from('a\n\nb\n'), Buffer.from('Jos\u00e9\nc\n', 'latin1')]);
    await expect(all(readLines(pieces(latin, [2]), 'f'))).rejects.toThrow('f line 4: not UTF-8 text');
    const wide = Buffer.from('\uFEFFa\n', 'utf16le');
    await expect(all(readLines(pieces(wide, [9]), 'f'))).rejects.toThrow('f line 1: not UTF-8 text');
    expect(await all(readLines(text('Jos\uFFFD'), 'f'))).toEqual([{ text: 'Jos\uFFFD', number: 1 }]);
  });

  it('are refused beyond 4 MiB', async () => {
    const long = pieces(Buffer.from(`a\n${'x'.repeat(5 * 1024 * 1024)}`), [1024 * 1024]);
    await expect(all(readLines(long, 'f'))).rejects.toThrow('f line 2: longer than 4 MiB');
  });

  it('drop a byte-order mark', async () => {
    expect(await all(readLines(pieces(Buffer.from('\uFEFFa\r\nb'), [1]), 'f'))).toEqual([
      { text: 'a', number: 1 },
      { text: 'b', number: 2 },
    ]);
  });

  it('name a file that goes away before it is read', async () => {
    const path = folder.file('gone.txt', 'one\n');
    const source = await openBytes(path, host);
    rmSync(path);
    await expect(all(readLines(source.bytes, path))).rejects.toThrow(`${path}: `);
  });

  it('name the line that is no JSON object', async () => {
    expect(await all(readNdjson(text('{"a":1}\n\n{oops\n[1]\n{"b":2}'), 'f'))).toEqual([
      { json: { a: 1 }, line: 1 },
      { problem: expect.stringMatching(/^not JSON: /), line: 3 },
      { problem: 'not a JSON object', line: 4 },
      { json: { b: 2 }, line: 5 },
    ]);
  });

  it('come before the first that cannot be used, which is thrown', async () => {
    const seen: number[] = [];
    const reading = async (): Promise<void> => {
      const lines = readNdjson(text('{"a":1}\n{"a":2}\noops\n{"a":4}\n'), 'f');
      for await (const rows of goodRows(lines, 'f')) seen.push(...rows.map((row) => row.line));
    };
    await expect(reading()).rejects.toThrow(/^f line 3: not JSON/);
    expect(seen).toEqual([1, 2]);
  });

  it('come before the first in another encoding, too', async () => {
    const seen: string[] = [];
    const reading = async (): Promise<void> => {
      const bytes = Buffer.from('a\nb\n\u00e9\nc\n', 'latin1');
      for await (const lines of readLines(pieces(bytes, [100]), 'f')) {
        seen.push(...lines.map((line) => line.text));
      }
    };
    await expect(reading()).rejects.toThrow('f line 3: not UTF-8 text');
    expect(seen).toEqual(['a', 'b']);
  });

  it('are unpacked from standard input as well, however the bytes arrive', async () => {
    for (const size of [1, 7, 1000]) {
      const stdin = pieces(gzipSync('one\ntwo\n'), [size]);
      const source = await openBytes('-', { stdin } as never);
      expect(await all(readLines(source.bytes, source.name))).toMatchObject([
        { text: 'one' },
        { text: 'two' },
      ]);
    }
    const source = await openBytes('-', { stdin: text('o') } as never);
    expect(await all(readLines(source.bytes, source.name))).toEqual([{ text: 'o', number: 1 }]);
  });
});

describe('CSV', () => {
  it('reads quotes, delimiters, a byte-order mark and line ends', async () => {
    const file = await openCsv(text('\uFEFFa;b\r\n"x;""y""";2\r\n\r\n3;"4\n5"\r\n'), 'f.csv', ';');
    expect(file.columns).toEqual(['a', 'b']);
    expect((await all(goodRows(file.rows, 'f.csv'))).map((row) => row.values)).toEqual([
      ['x;"y"', '2'],
      ['3', '4\n5'],
    ]);
  });

  it('has columns of any name, also of what every object has', async () => {
    const file = await openCsv(text('__proto__,constructor\n1,2\n'), 'f.csv', ',');
    expect(file.columns).toEqual(['__proto__', 'constructor']);
    expect((await all(file.rows)).flat()).toMatchObject([{ values: ['1', '2'] }]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('names the line with too few values, and the one with a broken quote', async () => {
    const few = await openCsv(text('a,b\n1,2\n3\n4,5\n'), 'f.csv', ',');
    expect(await all(few.rows)).toEqual([
      { values: ['1', '2'], line: 2 },
      { problem: '1 values where the head has 2 columns', line: 3 },
      { values: ['4', '5'], line: 4 },
    ]);
    const quote = async () => all((await openCsv(text('a,b\n1,2\n3,"4"x\n'), 'f.csv', ',')).rows);
    await expect(quote()).rejects.toThrow(/^f\.csv line 3: not CSV/);
    await expect(openCsv(text(''), 'f.csv', ',')).rejects.toThrow('f.csv: empty');
    const latin = Buffer.from('a,b\n1,2\n3,\u00e9\n', 'latin1');
    const encoded = async () => all((await openCsv(pieces(latin, [12]), 'f.csv', ',')).rows);
    await expect(encoded()).rejects.toThrow('f.csv line 3: not UTF-8 text');
  });

  it('names the line that a row begins on, whatever lines its values hold', async () => {
    const rows = 'a,b\n"1\n\n2",x\n\n3,"y\r\nz\n"\n4\n5,6\n';
    const file = await openCsv(text(rows), 'f.csv', ',');
    expect((await all(file.rows)).flat().map(({ line }) => line)).toEqual([2, 6, 9, 10]);
    const mixed = await openCsv(text('a,b\n1,2\r\n3\r\n5,6\n'), 'f.csv', ',');
    expect((await all(mixed.rows)).flat()).toEqual([
      { values: ['1', '2'], line: 2 },
      { problem: '1 values where the head has 2 columns', line: 3 },
      { values: ['5', '6'], line: 4 },
    ]);
    const broken = async () => all((await openCsv(text('a,b\r\n1,"x\r\ny"\r\n3,"4"z'), 'f.csv', ',')).rows);
    await expect(broken()).rejects.toThrow(/^f\.csv line 4: not CSV/);
  });

  it('takes no more for one value than a line may hold, though a quote is not closed', async () => {
    const line = Buffer.alloc(1024 * 1024, 'x');
    line[line.length - 1] = 0x0a;
    let read = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      yield Buffer.from('a\n1\n"');
      for (; read < 20; read += 1) yield line;
    }
    const rows = async () => all((await openCsv(endless(), 'f.csv', ',')).rows);
    await expect(rows()).rejects.toThrow(/^f\.csv line \d+: not CSV: Max Record Size/);
    expect(read).toBeLessThan(8);
  });

  it.each([
    ['a quote out of place', '3,un"quoted\n', 'f.csv line 3002: not CSV'],
    ['a quote that is not closed', '3,"open\n4,5\n', 'f.csv line 3004: not CSV'],
    ['a letter of another encoding', '3,\u00e9\n', 'f.csv line 3002: not UTF-8'],
  ])('gives every row before %s', async (_, odd, problem) => {
    const before = Array.from({ length: 3000 }, (__, at) => `${at},x\n`).join('');
    for (const size of [1_000_000, 777]) {
      const bytes = Buffer.from(`a,b\n${before}${odd}5,6\n`, 'latin1');
      const { rows } = await openCsv(pieces(bytes, [size]), 'f.csv', ',');
      let given = 0;
      const read = async (): Promise<void> => {
        for await (const part of rows) given += part.length;
      };
      await expect(read()).rejects.toThrow(problem);
      expect(given).toBe(3000);
    }
  });
});

describe('a message as JSON', () => {
  const parse = (json: unknown): readonly string[] => {
    const parsed = parseMessage(StreamEntrySchema, json);
    return 'problems' in parsed ? parsed.problems : [];
  };

  it('is read by the protobuf JSON mapping', () => {
    const screen = { requestId: 'r', payment: { amount: { minor: '5', currency: 'EUR' } } };
    const parsed = parseMessage(StreamEntrySchema, { screen });
    expect(parsed).toMatchObject({
      message: { entry: { case: 'screen', value: { payment: { amount: { minor: 5n } } } } },
    });
  });

  it('names every field at fault by its path', () => {
    const found = parse({
      screen: {
        requestID: 'r',
        payment: { amount: { minor: 'five' }, items: [{}, { quantity: 'two' }], kind: 'PAYMENT_KIND_GIFT' },
      },
    });
    expect(found).toHaveLength(4);
    expect(found[0]).toMatch(
      /^screen\.requestID: there is no such field; ScreenRequest has requestId, payment/,
    );
    expect(found.join('\n')).toMatch(/screen\.payment\.amount\.minor: /);
    expect(found.join('\n')).toMatch(/screen\.payment\.items\[1\]\.quantity: /);
    expect(found.join('\n')).toMatch(/screen\.payment\.kind: /);
  });

  it('with a map whose key is __proto__ is refused by its path, and changes no prototype', () => {
    const payment = JSON.parse('{"attributes":{"constructor":"x","__proto__":"y"}}') as unknown;
    expect(parse({ screen: { requestId: 'r', payment } })).toEqual([
      'screen.payment.attributes.__proto__: a name must not be __proto__',
    ]);
    expect(parse(JSON.parse('{"__proto__":{"polluted":true}}'))).toEqual([
      '__proto__: a name must not be __proto__',
    ]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('never throws, whatever the JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        const parsed = parseMessage(StreamEntrySchema, json);
        if ('problems' in parsed) expect(parsed.problems.length).toBeGreaterThan(0);
      }),
    );
  });
});
