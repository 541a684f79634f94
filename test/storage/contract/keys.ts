import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeyLogEntry } from '../../../src/identity/key-store.js';
import type { StoreFactory, TestDatabase, TestStore } from './factory.js';

const made = (no: number, id = `key-${no}`): KeyLogEntry => ({
  no,
  at: 1_000 * no,
  by: 'ana',
  action: 'created',
  credential: {
    id,
    kind: 'key',
    name: 'shop',
    roles: ['site', 'viewer'],
    sites: ['es', 'fr'],
    secretHash: 'hash',
    subject: '',
    expiresAt: 9_000,
  },
});
const revoked: KeyLogEntry = { no: 2, at: 2_000, by: 'ben', action: 'revoked', id: 'key-1', reason: 'lost' };

/** What every store of keys promises. */
export function keysContract(factory: StoreFactory): void {
  describe(`keys on ${factory.name}`, () => {
    let database: TestDatabase;
    let store: TestStore;
    beforeEach(async () => {
      database = await factory.create();
      store = await database.open();
    });
    afterEach(async () => {
      await store.close();
      await database.drop();
    });

    it('keeps the log as it was written, and gives it in parts', async () => {
      expect(await store.keys.log(0, 9)).toEqual([]);
      expect(await store.keys.append(made(1))).toBe('stored');
      expect(await store.keys.append(revoked)).toBe('stored');
      expect(await store.keys.append(made(3))).toBe('stored');
      await store.close();
      store = await database.open();
      expect(await store.keys.log(0, 9)).toEqual([made(1), revoked, made(3)]);
      expect(await store.keys.log(0, 2)).toEqual([made(1), revoked]);
      expect(await store.keys.log(2, 9)).toEqual([made(3)]);
    });

    it('keeps an entry without end without one', async () => {
      const { credential, ...rest } = made(1) as KeyLogEntry & { readonly action: 'created' };
      await store.keys.append({ ...rest, credential: { ...credential, expiresAt: undefined } });
      const [entry] = await store.keys.log(0, 1);
      expect(entry).toMatchObject({ action: 'created', credential: { id: 'key-1' } });
      expect(entry).not.toHaveProperty('credential.expiresAt', expect.anything());
    });

    it('lets one of several next entries through, and none that is not the next', async () => {
      expect(await store.keys.append(made(2))).toBe('stale');
      const other = factory.shared ? await database.open() : store;
      const results = await Promise.all(
        ['a', 'b', 'c', 'd'].map((id, at) => (at % 2 === 0 ? store : other).keys.append(made(1, id))),
      );
      expect(results.toSorted()).toEqual(['stale', 'stale', 'stale', 'stored']);
      const won = ['a', 'b', 'c', 'd'][results.indexOf('stored')];
      expect(await other.keys.log(0, 9)).toEqual([made(1, won)]);
      expect(await store.keys.append(made(1))).toBe('stale');
      if (other !== store) await other.close();
    });

    it('keeps the last use of each, whatever order they are told in', async () => {
      await store.keys.used([]);
      await store.keys.used([
        { id: 'key-1', at: 500 },
        { id: 'key-2', at: 100 },
      ]);
      await store.keys.used([
        { id: 'key-1', at: 400 },
        { id: 'key-2', at: 200 },
      ]);
      const uses = await store.keys.uses();
      expect(uses.toSorted((one, other) => one.at - other.at)).toEqual([
        { id: 'key-2', at: 200 },
        { id: 'key-1', at: 500 },
      ]);
    });
  });
}
