import { expect, it } from 'vitest';
import { Gathered } from '../../../src/storage/mongo/gathered.js';

it('does at once what was asked for meanwhile, and tells each its own result', async () => {
  const batches: (readonly number[])[] = [];
  const doubled = new Gathered(async (items: readonly number[]) => {
    batches.push(items);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return items.map((item) => item * 2);
  });
  const results = await Promise.all(Array.from({ length: 450 }, (_, index) => doubled.do(index)));
  expect(results).toEqual(Array.from({ length: 450 }, (_, index) => index * 2));
  expect(batches.map(({ length }) => length)).toEqual([1, 200, 200, 49]);
  expect(batches.flat()).toEqual(Array.from({ length: 450 }, (_, index) => index));
  expect(await doubled.do(1000)).toBe(2000);
});

it('fails what went along with what failed, and nothing else', async () => {
  const gathered = new Gathered(async (items: readonly string[]) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (items.includes('bad')) throw new Error('refused');
    return items;
  });
  const ask = (item: string): Promise<string> => gathered.do(item).catch((error: Error) => error.message);
  expect(await Promise.all(['a', 'bad', 'c'].map(ask))).toEqual(['a', 'refused', 'refused']);
  expect(await Promise.all(['d', 'e'].map(ask))).toEqual(['d', 'e']);
});
