import * as fc from 'fast-check';
import type { Ender, ListEntry, ListStore, ListUpdate } from '../../../src/facts/lists/list-store.js';
import { T0 } from './entries.js';
import { ListModel, type Told } from './list-model.js';

const value = fc.integer({ min: 0, max: 3 }).map((number) => `v${number}`);
const entry = fc.record({
  value,
  /** From the moment of the change. */
  from: fc.oneof(fc.constant(0), fc.integer({ min: -4, max: 8 })),
  lasts: fc.option(fc.integer({ min: 1, max: 8 }), { nil: Infinity }),
});
const pause = fc.integer({ min: 0, max: 3 });

/** Something that is done to a list. */
export const listStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      pause,
      entries: fc.array(entry, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('remove' as const),
      pause,
      values: fc.uniqueArray(value, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('import' as const),
      pause,
      entries: fc.array(entry, { maxLength: 5 }),
      replace: fc.boolean(),
      dryRun: fc.boolean(),
      size: fc.integer({ min: 1, max: 3 }),
    }),
  },
);
type ListStep = typeof listStep extends fc.Arbitrary<infer T> ? T : never;

/** Before everything that steps say, and after it: 10 steps of at most 3, and entries of at most 16. */
export const FIRST = T0 - 10;
export const LAST = T0 + 60;

/** What was known after a revision. */
export interface Known {
  readonly revision: number;
  readonly at: number;
  readonly model: ListModel;
}

/** Does one step after the other to a list and to a model of it; tells what each did. */
export async function* takeSteps(
  store: ListStore,
  list: string,
  steps: readonly ListStep[],
): AsyncGenerator<{
  readonly update: ListUpdate;
  readonly told: ListUpdate;
  readonly known: readonly Known[];
}> {
  const known: Known[] = [{ revision: 0, at: -Infinity, model: new ListModel(FIRST, LAST) }];
  let now = T0;
  for (const [number, step] of steps.entries()) {
    now += step.pause;
    const before = known.at(-1);
    if (before === undefined) return;
    const model = before.model.copy();
    const { told, update } = await takeStep(store, list, step, number, now, model);
    const changed = told.added + told.removed > 0 && !(step.do === 'import' && step.dryRun);
    if (changed) known.push({ revision: update.revision, at: now, model });
    yield { update, told: { ...told, revision: changed ? update.revision : before.revision }, known };
  }
}

async function takeStep(
  store: ListStore,
  list: string,
  step: ListStep,
  number: number,
  now: number,
  model: ListModel,
): Promise<{ readonly told: Told; readonly update: ListUpdate }> {
  const by: Ender = { actor: `remover ${number}`, reason: `because ${number}` };
  if (step.do === 'remove')
    return {
      told: model.remove(step.values, by, now),
      update: await store.remove(list, step.values, by, now),
    };
  const entries = step.entries.map(({ value, from, lasts }, index): ListEntry => ({
    value,
    reason: `reason ${number}.${index}`,
    actor: `actor ${number}`,
    source: 'steps',
    validFrom: now + from,
    validUntil: now + from + lasts,
  }));
  if (step.do === 'add')
    return { told: model.add(entries, now), update: await store.add(list, entries, now) };
  const { replace, dryRun, size } = step;
  const update = await store.import(list, inBatches(entries, size), { replace, dryRun, by, now: () => now });
  return { told: replace ? model.replace(entries, by, now) : model.add(entries, now), update };
}

async function* inBatches(entries: readonly ListEntry[], size: number): AsyncIterable<readonly ListEntry[]> {
  for (let at = 0; at < entries.length; at += size) yield entries.slice(at, at + size);
}
