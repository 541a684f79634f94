import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TransientMap } from '../../src/collections/transient-map.js';

/** Few keys, so that they come again; many that fall on one place. */
const numbers = fc.integer({ min: 0, max: 40 }).map((key) => key * 2 ** 25 + (key % 3));
const texts = fc.integer({ min: 0, max: 40 }).map((key) => `id-${String(key)}`);
const step = <K extends string | number>(keys: fc.Arbitrary<K>) =>
  fc.record({ key: keys, what: fc.constantFrom('set', 'set', 'delete', 'clear-most' as const) });

function compare<K extends string | number>(steps: readonly { key: K; what: string }[]): void {
  const map = new TransientMap<K, { readonly at: number }>();
  const model = new Map<K, { readonly at: number }>();
  for (const [at, { key, what }] of steps.entries()) {
    if (what === 'set') {
      const value = { at };
      map.set(key, value);
      model.set(key, value);
    } else if (what === 'delete') expect(map.delete(key)).toBe(model.delete(key));
    else
      for (const other of [...model.keys()].slice(1)) {
        map.delete(other);
        model.delete(other);
      }
    expect(map.size).toBe(model.size);
    expect(map.get(key)).toBe(model.get(key));
    expect(map.has(key)).toBe(model.has(key));
  }
  for (const [key, value] of model) expect(map.get(key)).toBe(value);
  expect(new Set(map.values())).toEqual(new Set(model.values()));
}

describe('TransientMap', () => {
  it('holds what a Map holds, by number', () => {
    fc.assert(fc.property(fc.array(step(numbers), { maxLength: 200 }), compare));
  });

  it('holds what a Map holds, by text', () => {
    fc.assert(fc.property(fc.array(step(texts), { maxLength: 200 }), compare));
  });

  it('grows with what it holds', () => {
    const map = new TransientMap<number, { readonly key: number }>();
    for (let key = 0; key < 5000; key++) map.set(key, { key });
    for (let key = 0; key < 5000; key += 2) expect(map.delete(key)).toBe(true);
    expect(map.size).toBe(2500);
    for (let key = 0; key < 5000; key++) expect(map.get(key)?.key).toBe(key % 2 === 0 ? undefined : key);
  });
});
