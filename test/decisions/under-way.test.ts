import { describe, expect, it } from 'vitest';
import { UnderWay } from '../../src/decisions/under-way.js';

type Answer = { readonly repeated: boolean };
type Ends = { readonly done: (answer: Answer) => void; readonly fail: (error: unknown) => void };

const RAW = new Uint8Array(1);

function open() {
  const calls = new UnderWay<Answer>(() => true, 'REQUEST_ID_REUSED');
  const begin = (): { readonly answer: Promise<Answer>; readonly ends: Ends } => {
    let ends: Ends | undefined;
    const answer = calls.begin('id', RAW, (done, fail) => (ends = { done, fail }));
    if (ends === undefined) throw new Error('a call begins at once');
    return { answer, ends };
  };
  return { calls, begin };
}

describe('calls under way', () => {
  it('are not forgotten because an earlier one of the same id is told twice that it failed', async () => {
    const { calls, begin } = open();
    const first = begin();
    first.ends.fail(new Error('the store is away'));
    await expect(first.answer).rejects.toThrow('the store is away');
    const second = begin();
    first.ends.fail(new Error('the store is away'));
    expect(calls.has('id')).toBe(true);
    second.ends.done({ repeated: false });
    expect(await second.answer).toEqual({ repeated: false });
    expect(calls.size).toBe(0);
  });

  it('do not stay when they cannot even begin', async () => {
    const { calls } = open();
    const answer = calls.begin('id', RAW, () => {
      throw new Error('too many');
    });
    await expect(answer).rejects.toThrow('too many');
    expect(calls.size).toBe(0);
  });
});
