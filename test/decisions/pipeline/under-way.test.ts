import { describe, expect, it } from 'vitest';
import { TollgateError } from '../../../src/errors/errors.js';
import { CallerOrder } from '../../../src/decisions/pipeline/caller-order.js';
import { UnderWay, type Call } from '../../../src/decisions/pipeline/under-way.js';

type Answer = { readonly repeated: boolean };

const RAW = new Uint8Array(1);

function open() {
  const calls = new UnderWay<Answer>(new CallerOrder(), (a, b) => a.length === b.length, 'REQUEST_ID_REUSED');
  const begin = (): Call<Answer> => calls.begin(['id'], RAW);
  return { calls, begin };
}

describe('calls under way', () => {
  it('are not forgotten because an earlier one of the same id is told twice that it failed', async () => {
    const { calls, begin } = open();
    const first = begin();
    first.fail(new Error('the store is away'));
    await expect(first.answer).rejects.toThrow('the store is away');
    const second = begin();
    first.fail(new Error('the store is away'));
    expect(calls.has('id')).toBe(true);
    second.done({ repeated: false });
    expect(await second.answer).toEqual({ repeated: false });
    expect(calls.size).toBe(0);
  });

  it('use their id only when they succeed: what says something else is tried after one that failed', async () => {
    const { calls, begin } = open();
    const first = begin();
    const other = calls.follow('id', new Uint8Array(2), undefined, {
      again: async () => ({ repeated: false }),
      repeated: nothing,
    });
    first.fail(new TollgateError('REQUEST_ID_REUSED', 'used before'));
    await expect(first.answer).rejects.toThrow('used before');
    expect(await other).toEqual({ repeated: false });
  });

  it('are known by each of their ids, until they end', async () => {
    const calls = new UnderWay<Answer>(new CallerOrder(), (a, b) => a.length === b.length, 'EVENT_ID_REUSED');
    const call = calls.begin(['payment', 'event'], RAW);
    expect([calls.has('payment'), calls.has('event'), calls.size]).toEqual([true, true, 1]);
    const again = async (): Promise<Answer> => ({ repeated: false });
    const other = calls.follow('event', new Uint8Array(2), undefined, { again, repeated: nothing });
    call.done({ repeated: false });
    await expect(other).rejects.toMatchObject({ code: 'EVENT_ID_REUSED' });
    await call.answer;
    expect([calls.has('payment'), calls.has('event'), calls.size]).toEqual([false, false, 0]);
  });
});

function nothing(): void {
  // Nobody counts.
}
