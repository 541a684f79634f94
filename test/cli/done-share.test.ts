import { describe, expect, it } from 'vitest';
import { doneShare, shareWithin } from '../../src/cli/stream/done-share.js';

async function* parts(...sizes: readonly number[]): AsyncGenerator<readonly number[]> {
  for (const size of sizes) yield Array.from({ length: size }, (_, at) => at);
}

describe('how much is done', () => {
  it('is what is answered, not what is read', async () => {
    const read = { share: 0 };
    const done = doneShare<number>(() => read.share);
    const source = done.through(parts(10, 10));
    expect(done.share()).toBe(0);
    await source.next();
    // The whole file was small enough to be read at once, half of it is passed on.
    read.share = 0.5;
    for (let i = 0; i < 5; i++) done.answered();
    expect(done.share()).toBe(0.25);
    await source.next();
    read.share = 1;
    for (let i = 0; i < 15; i++) done.answered();
    expect(done.share()).toBe(1);
  });

  it('never goes back, also when more comes at the end than was thought', async () => {
    const done = doneShare<number>(() => 1);
    const source = done.through(parts(10, 30));
    await source.next();
    for (let i = 0; i < 8; i++) done.answered();
    expect(done.share()).toBe(0.8);
    await source.next();
    expect(done.share()).toBe(0.8);
  });

  it('is not known for a source without a size', () => {
    expect(doneShare<number>(() => undefined).share()).toBeUndefined();
  });

  it('goes by the limit where that comes first', () => {
    expect(shareWithin(0.1, 5, 10)).toBe(0.5);
    expect(shareWithin(0.9, 5, 10)).toBe(0.9);
    expect(shareWithin(undefined, 5, 10)).toBe(0.5);
    expect(shareWithin(0.1, 5, undefined)).toBe(0.1);
  });
});
