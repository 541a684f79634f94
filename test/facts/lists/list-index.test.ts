import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { createKeyHash } from '../../../src/facts/attributes/key-hash.js';
import { ListIndex } from '../../../src/facts/lists/list-index.js';
import type {
  ListChange,
  ListEntry,
  ListInfo,
  ListStore,
  ListType,
} from '../../../src/facts/lists/list-store.js';

const hash = createKeyHash(Uint8Array.from({ length: 32 }, (_, i) => i));

function entry(value: string, validFrom = 0, validUntil = Infinity): ListEntry {
  return { value, validFrom, validUntil, reason: '', actor: '', source: '' };
}

function indexOf(type: ListType, ...entries: ListEntry[]): ListIndex {
  const index = new ListIndex(hash);
  index.replaceAll({ id: 'l', type }, entries, 1);
  return index;
}

/** A store that only tells changes, in batches of `size`. */
function storeOf(lists: ReadonlyMap<string, { type: ListType; changes: ListChange[] }>, size = 1000) {
  const asked: number[] = [];
  const infos = async () =>
    [...lists].map(([id, { type, changes }]): ListInfo => ({
      id,
      type,
      kind: 'block',
      description: '',
      owner: '',
      entries: changes.length,
      revision: changes.at(-1)?.revision ?? 0,
      settings: 0,
    }));
  const store = {
    heads: infos,
    log: async (list: string) =>
      (lists.get(list)?.changes ?? []).map(({ revision }) => ({ revision, added: 1 })),
    lists: infos,
    async *changes(list: string, after: number) {
      asked.push(after);
      const all = (lists.get(list)?.changes ?? []).filter((change) => change.revision > after);
      for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
    },
  } as unknown as ListStore;
  return { store, asked };
}

describe('lists in memory', () => {
  it('does not know a list that it was never given', () => {
    const index = indexOf('email');
    expect(index.has('other', 'a@example.com', 0)).toBeUndefined();
    expect(index.typeOf('other')).toBeUndefined();
    expect(index.has('l', 'a@example.com', 0)).toBe(false);
    expect(index.typeOf('l')).toBe('email');
  });

  it('holds an entry from its beginning to just before its end', () => {
    const index = indexOf('email', entry('a@example.com', 10, 20));
    expect([9, 10, 19, 20].map((at) => index.has('l', 'a@example.com', at))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('covers a domain’s subdomains and nothing else', () => {
    const index = indexOf('email-domain', entry('trash.example'), entry('co.uk'));
    for (const on of ['trash.example', 'a.trash.example', 'b.a.trash.example', 'x.co.uk'])
      expect(index.has('l', on, 0)).toBe(true);
    for (const off of ['example', 'notrash.example', 'trash.example.com', 'uk', ''])
      expect(index.has('l', off, 0)).toBe(false);
  });

  it('covers BINs by their prefixes, but not shorter ones', () => {
    const index = indexOf('bin', entry('4111'), entry('53424811'));
    for (const on of ['4111', '411199', '53424811', '53424811999']) expect(index.has('l', on, 0)).toBe(true);
    for (const off of ['411', '4112', '534248', '53424812', '5342481'])
      expect(index.has('l', off, 0)).toBe(false);
  });

  it('takes entries that do not fit the type for nothing', () => {
    const index = indexOf('ip', entry('not an address'));
    expect(index.has('l', 'not an address', 0)).toBe(false);
    expect(indexOf('bin', entry('x')).has('l', 'x', 0)).toBe(false);
  });

  it('covers exactly the addresses of its ranges', () => {
    const v4 = fc.tuple(
      fc.constantFrom('198.51.100.0', '198.51.100.129', '10.0.0.1', '255.255.255.255', '0.0.0.0'),
      fc.nat(32),
    );
    const v6 = fc.tuple(
      fc.constantFrom('2001:db8:0:0:0:0:0:0', '2001:db8:1:0:0:0:0:ff', 'fe80:0:0:0:0:0:0:1'),
      fc.nat(128),
    );
    const asked = fc.constantFrom(
      '198.51.100.1',
      '198.51.100.130',
      '198.51.101.0',
      '10.0.0.1',
      '11.0.0.1',
      '::ffff:10.0.0.1',
      '2001:db8::1',
      '2001:db8:1::fe',
      '2001:db9::',
      'fe80::1',
      '0.0.0.0',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(v4, v6), { maxLength: 5 }), asked, (ranges, ip) => {
        const index = indexOf('ip', ...ranges.map(([address, prefix]) => entry(`${address}/${prefix}`)));
        const address = ipaddr.process(ip);
        const expected = ranges.some(([base, prefix]) => {
          const range = ipaddr.parse(base);
          return range.kind() === address.kind() && address.match(range, prefix);
        });
        expect(index.has('l', ip, 0)).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it('answers as of any moment like a naive list of memberships, in however many steps it followed', async () => {
    const operation = fc.record({
      value: fc.constantFrom('a', 'b', 'c', 'd'),
      remove: fc.boolean(),
      step: fc.nat(3),
      lasts: fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { maxLength: 40 }),
        fc.array(fc.nat(4), { minLength: 1 }),
        async (operations, cuts) => {
          // The naive model: what a store keeps, ended by rewriting the end only.
          const memberships: { value: string; from: number; until: number }[] = [];
          const changes: ListChange[] = [];
          let now = 0;
          for (const [step, { value, remove, step: later, lasts }] of operations.entries()) {
            now += later;
            const revision = step + 1;
            const at = now;
            const told = (m: { value: string; from: number; until: number }): void => {
              changes.push({ list: 'l', revision, entry: entry(m.value, m.from, m.until) });
            };
            const inForce = memberships.find((m) => m.value === value && m.from <= at && at < m.until);
            if (inForce !== undefined) {
              inForce.until = at;
              told(inForce);
            }
            if (remove) continue;
            const added = { value, from: at, until: lasts === undefined ? Infinity : at + lasts };
            // Ended and begun in the same moment: one membership with the new end.
            const same = memberships.find((m) => m.value === value && m.from === at);
            if (same === undefined) memberships.push(added);
            else same.until = added.until;
            told(added);
          }
          const index = new ListIndex(hash);
          const known: ListChange[] = [];
          const { store } = storeOf(new Map([['l', { type: 'customer', changes: known }]]));
          let upTo = 0;
          for (const cut of [...cuts, operations.length]) {
            known.push(...changes.filter(({ revision }) => revision > upTo && revision <= upTo + cut));
            upTo += cut;
            await index.follow(store);
          }
          for (let at = -1; at < now + 12; at++)
            for (const value of ['a', 'b', 'c', 'd']) {
              const expected = memberships.some((m) => m.value === value && m.from <= at && at < m.until);
              expect(index.has('l', value, at)).toBe(expected);
            }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('follows a store from the revision it has, and again after more changes', async () => {
    const changes: ListChange[] = [{ list: 'l', revision: 1, entry: entry('a') }];
    const { store, asked } = storeOf(new Map([['l', { type: 'device', changes }]]));
    const index = new ListIndex(hash);
    expect(await index.follow(store)).toBe(1);
    expect(index.has('l', 'a', 5)).toBe(true);
    changes.push(
      { list: 'l', revision: 2, entry: entry('a', 0, 7) },
      { list: 'l', revision: 2, entry: entry('b', 7) },
    );
    expect(await index.follow(store)).toBe(2);
    expect([index.has('l', 'a', 8), index.has('l', 'b', 8), index.has('l', 'a', 6)]).toEqual([
      false,
      true,
      true,
    ]);
    expect(await index.follow(store)).toBe(0);
    expect(asked).toEqual([0, 1]);
    expect(index.revision('l')).toBe(2);
  });

  it('knows an empty list after following', async () => {
    const { store } = storeOf(new Map([['l', { type: 'device', changes: [] }]]));
    const index = new ListIndex(hash);
    await index.follow(store);
    expect(index.has('l', 'a', 0)).toBe(false);
  });

  it('shows nothing of a large import before all of it is there', async () => {
    const changes = Array.from({ length: 20_000 }, (_, i): ListChange => ({
      list: 'l',
      revision: 1,
      entry: entry(`v${i}`),
    }));
    const index = new ListIndex(hash);
    index.replaceAll({ id: 'l', type: 'device' }, [entry('old')], 0);
    const seen = new Set<number>();
    const { store } = storeOf(new Map([['l', { type: 'device', changes }]]), 500);
    const slow = {
      heads: () => store.heads(),
      log: () => store.log('l', 1, undefined),
      async *changes(list: string, after: number) {
        for await (const batch of store.changes(list, after)) {
          seen.add(
            changes.filter((_, i) => i % 1000 === 0).filter((c) => index.has('l', c.entry.value, 1)).length,
          );
          yield batch;
        }
      },
    } as unknown as ListStore;
    const passes = [index.follow(slow), index.follow(slow)];
    expect(await Promise.all(passes)).toEqual([20_000, 0]);
    expect([...seen]).toEqual([0]);
    expect(index.has('l', 'v0', 1)).toBe(true);
    expect(index.has('l', 'v19999', 1)).toBe(true);
    expect(index.has('l', 'old', 1)).toBe(true);
  });

  it('knows what was changed before it was asked to follow, also while a pass is under way', async () => {
    const changes: ListChange[] = [];
    const { store } = storeOf(new Map([['l', { type: 'device', changes }]]));
    let goOn = (): void => undefined;
    let passes = 0;
    const slow = {
      ...store,
      heads: async () => {
        const lists = await store.heads();
        passes += 1;
        if (passes === 1) await new Promise<void>((resolve) => (goOn = resolve));
        return lists;
      },
    } as unknown as ListStore;
    const index = new ListIndex(hash);
    await index.follow(store);
    const early = index.follow(slow);
    await new Promise((resolve) => setImmediate(resolve));
    // The pass has looked already; who changes a list now and follows must see the change.
    changes.push({ list: 'l', revision: 1, entry: entry('blocked') });
    const late = [index.follow(slow), index.follow(slow)];
    goOn();
    await early;
    expect(await Promise.all(late)).toEqual([1, 1]);
    expect(index.has('l', 'blocked', 1)).toBe(true);
    expect(passes).toBe(2);
  });

  it('keeps what it had when the store fails half-way', async () => {
    const index = indexOf('device', entry('a'));
    const failing = {
      heads: async () => [{ id: 'l', type: 'device', revision: 9 }],
      log: async () => [],
      async *changes() {
        yield Array.from({ length: 6000 }, (_, i) => ({ list: 'l', revision: 9, entry: entry(`x${i}`) }));
        throw new Error('away');
      },
    } as unknown as ListStore;
    await expect(index.follow(failing)).rejects.toThrow('away');
    expect([index.has('l', 'a', 0), index.has('l', 'x1', 0), index.revision('l')]).toEqual([true, false, 1]);
  });

  it('says of a list that is read for the first time that it is not whole, until it is', async () => {
    const index = new ListIndex(hash);
    let fails = true;
    const store = {
      heads: async () => [{ id: 'l', type: 'device', revision: 1 }],
      log: async () => [],
      async *changes() {
        yield [{ list: 'l', revision: 1, entry: entry('a') }];
        if (fails) throw new Error('away');
      },
    } as unknown as ListStore;
    await expect(index.follow(store)).rejects.toThrow('away');
    expect([index.typeOf('l'), index.isWhole('l')]).toEqual(['device', false]);
    fails = false;
    await index.follow(store);
    expect(index.isWhole('l')).toBe(true);
  });

  it('finds each of many entries, whether they end together or each by itself', () => {
    const size = 250_000;
    const alike = Array.from({ length: size }, (_, i) => entry(`fp_${i}`));
    const imported = new ListIndex(hash);
    imported.replaceAll({ id: 'l', type: 'card' }, alike, 1);
    const ownEnds = new ListIndex(hash);
    const ending = alike.map(({ value }, i) => entry(value, 0, 1_000 + i));
    ownEnds.replaceAll({ id: 'l', type: 'card' }, ending, 1);
    const wrong = alike.filter(
      ({ value }, i) =>
        imported.has('l', value, 1) !== true ||
        ownEnds.has('l', value, 999 + i) !== true ||
        ownEnds.has('l', value, 1_000 + i) !== false,
    );
    expect(wrong).toEqual([]);
    expect(imported.has('l', `fp_${size}`, 1)).toBe(false);
  });
});
