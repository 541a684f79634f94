import { expect, it } from 'vitest';
import { storeLayouts } from '../../src/decisions/store-layouts.js';
import type { Layout } from '../../src/rules/version-store.js';

const layout = (id: string): Layout => ({ id, versions: [], slots: [], rules: [], limits: [] });

it('layouts are stored once, however often rules are switched, and again where that failed', async () => {
  const put: string[] = [];
  let fails = false;
  const store = storeLayouts({
    async putLayout({ id }) {
      if (fails) throw new Error('away');
      put.push(id);
    },
  });
  await store([layout('a'), layout('b')]);
  fails = true;
  await expect(store([layout('a'), layout('c')])).rejects.toThrow('away');
  await store([layout('b'), layout('a')]);
  fails = false;
  await store([layout('c')]);
  await store([layout('c'), layout('a')]);
  expect(put).toEqual(['a', 'b', 'c']);
});
