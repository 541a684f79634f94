import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { KeyedTurns } from '../../src/collections/keyed-turns.js';

/** Work that ends when it is told to. */
class Work {
  started = false;
  #end: { resolve: () => void; reject: (error: Error) => void } | undefined;

  readonly begin = (): Promise<void> => {
    this.started = true;
    return new Promise((resolve, reject) => {
      this.#end = { resolve, reject };
    });
  };

  end(well: boolean): void {
    if (well) this.#end?.resolve();
    else this.#end?.reject(new Error('it failed'));
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('begins each work exactly when all before it that shares a key has ended, or begun where both go together', async () => {
  const keys = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 });
  const works = fc.array(
    fc.record({ keys, well: fc.boolean(), group: fc.constantFrom(undefined, 'in', 'out') }),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  await fc.assert(
    fc.asyncProperty(works, fc.infiniteStream(fc.nat()), async (asked, picks) => {
      const last = new Map();
      const turns = new KeyedTurns(last);
      const all = asked.map((one) => ({ ...one, work: new Work(), over: false }));
      const results: Promise<boolean>[] = [];
      const succeeded = (result: Promise<void>): Promise<boolean> =>
        result.then(
          () => true,
          () => false,
        );
      // At each step the next is asked for, or one that is under way ends.
      for (let steps = all.length * 2; steps > 0; steps -= 1) {
        const known = all.slice(0, results.length);
        const running = known.filter(({ work, over }) => work.started && !over);
        const next = all[results.length];
        const pick = (picks.next().value as number) % (running.length + (next === undefined ? 0 : 1));
        const ending = running[pick];
        if (ending !== undefined) {
          ending.over = true;
          ending.work.end(ending.well);
        } else if (next !== undefined) {
          const { group, work } = next;
          const result =
            group === undefined
              ? turns.alone(next.keys, work.begin)
              : turns.together(group, next.keys, work.begin);
          results.push(succeeded(result));
        }
        await turn();
        const soFar = all.slice(0, results.length);
        const started: boolean[] = [];
        for (const { keys, group } of soFar) {
          const inTheWay = soFar.slice(0, started.length).filter((one, place) => {
            if (one.over || !one.keys.some((key) => keys.includes(key))) return false;
            return group === undefined || group !== one.group || started[place] !== true;
          });
          started.push(inTheWay.length === 0);
        }
        expect(soFar.map(({ work }) => work.started)).toEqual(started);
      }
      expect(await Promise.all(results)).toEqual(all.map(({ well }) => well));
      await turn();
      expect(last.size).toBe(0);
    }),
    { numRuns: 200 },
  );
});

it('gives back what the work gives, and its failure to its own caller only', async () => {
  const turns = new KeyedTurns();
  const failing = turns.alone(['a'], () => Promise.reject(new Error('it failed')));
  const next = turns.alone(['a', 'b'], async () => 7);
  await expect(failing).rejects.toThrow('it failed');
  expect(await next).toBe(7);
});

it('takes work that throws at once for failed work', async () => {
  const turns = new KeyedTurns();
  const failing = turns.alone(['a'], () => {
    throw new Error('at once');
  });
  await expect(failing).rejects.toThrow('at once');
  expect(await turns.alone(['a'], async () => 1)).toBe(1);
});

it('keeps nothing of work that is over, however long a key is never free', async () => {
  const lines = new Map();
  const turns = new KeyedTurns(lines);
  const works = Array.from({ length: 20 }, () => new Work());
  let last: Promise<void> | undefined;
  for (const [index, work] of works.entries()) {
    last = turns.together('in', ['a'], work.begin);
    await turn();
    works[index - 1]?.end(true);
    await turn();
  }
  works.at(-1)?.end(true);
  const [line] = [...lines.values()] as readonly { readonly ended: Promise<unknown> }[];
  expect(await line?.ended).toBeUndefined();
  await last;
  await turn();
  expect(lines.size).toBe(0);
});
